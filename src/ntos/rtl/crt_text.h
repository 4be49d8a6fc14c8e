#pragma once
// What narrow and wide strings of the C library share, as templates over the character.

#include <utility>

#include "ntos/rtl/crt.h"

namespace drydock::ntos::crt {

inline constexpr int kErrorInvalid = 22;         ///< EINVAL, as the secure functions return it
inline constexpr int kErrorTooSmall = 34;        ///< ERANGE
inline constexpr SIZE_T kTruncate = ~SIZE_T{0};  ///< _TRUNCATE
inline constexpr int kTruncated = 80;            ///< STRUNCATE

template <class C>
SIZE_T length_of(const C* text, SIZE_T limit = ~SIZE_T{0}) {
  SIZE_T length = 0;
  while (length < limit && text[length] != 0) ++length;
  return length;
}

template <class C>
C* copy_text(C* to, const C* from) {
  for (C* at = to; (*at = *from) != 0; ++at) ++from;
  return to;
}

/// strncpy: pads with zeros, and leaves no terminator if `from` is too long.
template <class C>
C* copy_counted(C* to, const C* from, SIZE_T count) {
  SIZE_T i = 0;
  for (; i < count && from[i] != 0; ++i) to[i] = from[i];
  for (; i < count; ++i) to[i] = 0;
  return to;
}

template <class C>
C* append_counted(C* to, const C* from, SIZE_T count) {
  C* at = to + length_of(to);
  for (; count > 0 && *from != 0; --count) *at++ = *from++;
  *at = 0;
  return to;
}

template <class C, class Fold>
int compare_text(const C* a, const C* b, SIZE_T count, Fold fold) {
  for (; count > 0; --count, ++a, ++b) {
    auto left = fold(*a), right = fold(*b);
    if (left != right) return left < right ? -1 : 1;
    if (left == 0) return 0;
  }
  return 0;
}

template <class C>
C* find_first(const C* text, C character) {
  for (;; ++text) {
    if (*text == character) return const_cast<C*>(text);
    if (*text == 0) return nullptr;
  }
}

template <class C>
C* find_last(const C* text, C character) {
  const C* found = nullptr;
  for (;; ++text) {
    if (*text == character) found = text;
    if (*text == 0) return const_cast<C*>(found);
  }
}

template <class C>
C* find_part(const C* text, const C* part) {
  for (;; ++text) {
    SIZE_T i = 0;
    while (part[i] != 0 && text[i] == part[i]) ++i;
    if (part[i] == 0) return const_cast<C*>(text);
    if (*text == 0) return nullptr;
  }
}

template <class C>
bool in_set(C character, const C* set) {
  for (; *set != 0; ++set)
    if (*set == character) return true;
  return false;
}

template <class C>
SIZE_T span(const C* text, const C* set, bool wanted) {
  SIZE_T length = 0;
  while (text[length] != 0 && in_set(text[length], set) == wanted) ++length;
  return length;
}

template <class C>
C* reverse(C* text) {
  SIZE_T length = length_of(text);
  for (SIZE_T i = 0; i < length / 2; ++i) std::swap(text[i], text[length - 1 - i]);
  return text;
}

/// strncpy_s with what strcpy_s is besides: at most `count` characters and a terminator, or an emptied buffer.
template <class C>
int copy_secure(C* to, SIZE_T capacity, const C* from, SIZE_T count) {
  if (to == nullptr || capacity == 0) return kErrorInvalid;
  if (from == nullptr) {
    *to = 0;
    return kErrorInvalid;
  }
  bool truncating = count == kTruncate;
  for (SIZE_T i = 0; i < capacity; ++i) {
    if (i == count || from[i] == 0) {
      to[i] = 0;
      return 0;
    }
    to[i] = from[i];
  }
  to[truncating ? capacity - 1 : 0] = 0;
  return truncating ? kTruncated : kErrorTooSmall;
}

template <class C>
int append_secure(C* to, SIZE_T capacity, const C* from, SIZE_T count) {
  if (to == nullptr || capacity == 0) return kErrorInvalid;
  SIZE_T used = length_of(to, capacity);
  if (used == capacity) {
    *to = 0;
    return kErrorInvalid;
  }
  int result = copy_secure(to + used, capacity - used, from, count);
  if (result != 0 && result != kTruncated) *to = 0;
  return result;
}

template <class C>
LONG parse_decimal(const C* text) {
  while (*text == ' ' || (*text >= 9 && *text <= 13)) ++text;
  bool negative = *text == '-';
  if (*text == '-' || *text == '+') ++text;
  ULONG value = 0;
  for (; *text >= '0' && *text <= '9'; ++text) value = value * 10 + static_cast<ULONG>(*text - '0');
  return static_cast<LONG>(negative ? 0 - value : value);
}

/// The digits of `magnitude` with an optional minus. Empties the buffer if they do not fit.
template <class C>
int write_number(ULONGLONG magnitude, bool negative, C* to, SIZE_T capacity, int radix) {
  if (to == nullptr || capacity == 0) return kErrorInvalid;
  if (radix < 2 || radix > 36) {
    *to = 0;
    return kErrorInvalid;
  }
  C digits[66];
  SIZE_T length = 0;
  do {
    digits[length++] = static_cast<C>("0123456789abcdefghijklmnopqrstuvwxyz"[magnitude % radix]);
    magnitude /= radix;
  } while (magnitude != 0);
  if (negative) digits[length++] = '-';
  if (length + 1 > capacity) {
    *to = 0;
    return kErrorTooSmall;
  }
  while (length > 0) *to++ = digits[--length];
  *to = 0;
  return 0;
}

template <class C>
int write_signed(LONGLONG value, unsigned bits, C* to, SIZE_T capacity, int radix) {
  // Only base 10 shows a sign; the others show the bits.
  bool negative = value < 0 && radix == 10;
  auto magnitude = negative ? 0 - static_cast<ULONGLONG>(value) : static_cast<ULONGLONG>(value);
  if (!negative && bits == 32) magnitude &= 0xFFFFFFFF;
  return write_number(magnitude, negative, to, capacity, radix);
}

}  // namespace drydock::ntos::crt
