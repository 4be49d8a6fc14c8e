// The most called functions of all. Short blocks are done here with registers that an NTAPI function need not save;
// long ones go to the host's library.

#include <emmintrin.h>

#include <cstring>

#include "ntos/rtl/crt.h"
#include "ntos/rtl/crt_text.h"

#pragma GCC optimize("no-tree-loop-distribute-patterns")

namespace drydock::ntos::crt {

namespace {

constexpr SIZE_T kShort = 256;

[[gnu::noinline, gnu::cold]] void* NTAPI set_long(void* to, int value, SIZE_T bytes) {
  return std::memset(to, value, bytes);
}

[[gnu::noinline, gnu::cold]] void* NTAPI move_long(void* to, const void* from, SIZE_T bytes) {
  return std::memmove(to, from, bytes);
}

template <class T>
T load(const void* from) {
  T value;
  __builtin_memcpy(&value, from, sizeof(T));
  return value;
}

template <class T>
void store(void* to, T value) {
  __builtin_memcpy(to, &value, sizeof(T));
}

/// The first and last sizeof(T) bytes of a block no longer than twice that: correct for overlapping blocks too.
template <class T>
void move_ends(char* to, const char* from, SIZE_T bytes) {
  T first = load<T>(from);
  T last = load<T>(from + bytes - sizeof(T));
  store(to, first);
  store(to + bytes - sizeof(T), last);
}

}  // namespace

void* NTAPI memset(void* to, int value, SIZE_T bytes) {
  if (__builtin_expect(bytes > kShort, 0)) return set_long(to, value, bytes);
  auto* at = static_cast<char*>(to);
  std::uint64_t eight = static_cast<std::uint8_t>(value) * 0x0101010101010101ull;
  if (bytes >= 16) {
    __m128i sixteen = _mm_set1_epi64x(static_cast<long long>(eight));
    for (SIZE_T i = 0; i + 16 <= bytes; i += 16) _mm_storeu_si128(reinterpret_cast<__m128i*>(at + i), sixteen);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(at + bytes - 16), sixteen);
  } else if (bytes >= 8) {
    store(at, eight);
    store(at + bytes - 8, eight);
  } else if (bytes >= 4) {
    store(at, static_cast<std::uint32_t>(eight));
    store(at + bytes - 4, static_cast<std::uint32_t>(eight));
  } else if (bytes >= 1) {
    at[0] = static_cast<char>(eight);
    at[bytes / 2] = static_cast<char>(eight);
    at[bytes - 1] = static_cast<char>(eight);
  }
  return to;
}

void* NTAPI memmove(void* to, const void* from, SIZE_T bytes) {
  if (__builtin_expect(bytes > kShort, 0)) return move_long(to, from, bytes);
  auto* target = static_cast<char*>(to);
  const auto* source = static_cast<const char*>(from);
  if (bytes > 32) {
    auto at = [&](SIZE_T i) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(source + i)); };
    auto put = [&](SIZE_T i, __m128i v) { _mm_storeu_si128(reinterpret_cast<__m128i*>(target + i), v); };
    if (static_cast<SIZE_T>(target - source) >= bytes) {
      __m128i last = at(bytes - 16);
      for (SIZE_T i = 0; i + 16 <= bytes; i += 16) put(i, at(i));
      put(bytes - 16, last);
    } else {
      __m128i first = at(0);
      for (SIZE_T i = bytes; i >= 16; i -= 16) put(i - 16, at(i - 16));
      put(0, first);
    }
  } else if (bytes >= 16) {
    move_ends<__m128i>(target, source, bytes);
  } else if (bytes >= 8) {
    move_ends<std::uint64_t>(target, source, bytes);
  } else if (bytes >= 4) {
    move_ends<std::uint32_t>(target, source, bytes);
  } else if (bytes >= 2) {
    move_ends<std::uint16_t>(target, source, bytes);
  } else if (bytes == 1) {
    *target = *source;
  }
  return to;
}

void* NTAPI memcpy(void* to, const void* from, SIZE_T bytes) {
  return memmove(to, from, bytes);
}

int NTAPI memcmp(const void* a, const void* b, SIZE_T bytes) {
  const auto* left = static_cast<const std::uint8_t*>(a);
  const auto* right = static_cast<const std::uint8_t*>(b);
  for (SIZE_T i = 0; i < bytes; ++i)
    if (left[i] != right[i]) return left[i] < right[i] ? -1 : 1;
  return 0;
}

void* NTAPI memchr(const void* from, int value, SIZE_T bytes) {
  const auto* at = static_cast<const std::uint8_t*>(from);
  for (SIZE_T i = 0; i < bytes; ++i)
    if (at[i] == static_cast<std::uint8_t>(value)) return const_cast<std::uint8_t*>(at + i);
  return nullptr;
}

int NTAPI memcpy_s(void* to, SIZE_T capacity, const void* from, SIZE_T bytes) {
  if (bytes == 0) return 0;
  if (to == nullptr) return kErrorInvalid;
  if (from == nullptr || capacity < bytes) {
    memset(to, 0, capacity);
    return from == nullptr ? kErrorInvalid : kErrorTooSmall;
  }
  memmove(to, from, bytes);
  return 0;
}

int NTAPI memmove_s(void* to, SIZE_T capacity, const void* from, SIZE_T bytes) {
  if (bytes == 0) return 0;
  if (to == nullptr || from == nullptr) return kErrorInvalid;
  if (capacity < bytes) return kErrorTooSmall;
  memmove(to, from, bytes);
  return 0;
}

}  // namespace drydock::ntos::crt
