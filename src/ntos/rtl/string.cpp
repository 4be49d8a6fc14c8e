#include "ntos/rtl/string.h"

#include <type_traits>

#include "ntos/ex/pool.h"
#include "ntos/rtl/crt.h"
#include "ntos/rtl/upcase.h"

namespace drydock::ntos {

namespace {

constexpr ULONG kStringTag = 0x67727453;  // 'Strg'

template <class C>
using UnsignedOf = std::conditional_t<sizeof(C) == 1, UCHAR, USHORT>;

char upcase_ansi(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}

template <class C>
LONG compare_chars(const C* a, SIZE_T a_chars, const C* b, SIZE_T b_chars, bool ignore_case) {
  SIZE_T common = a_chars < b_chars ? a_chars : b_chars;
  for (SIZE_T i = 0; i < common; ++i) {
    C left = a[i], right = b[i];
    if (left == right) continue;
    if (ignore_case) {
      if constexpr (sizeof(C) == 2) {
        left = rtl::upcase(left), right = rtl::upcase(right);
      } else {
        left = upcase_ansi(left), right = upcase_ansi(right);
      }
    }
    if (left != right)
      return static_cast<LONG>(static_cast<UnsignedOf<C>>(left)) - static_cast<LONG>(static_cast<UnsignedOf<C>>(right));
  }
  return static_cast<LONG>(a_chars) - static_cast<LONG>(b_chars);
}

SIZE_T chars_of(PCUNICODE_STRING string) {
  return string->Length / sizeof(WCHAR);
}

/// A buffer of `bytes` for `to`, its own or a new one. The length is the caller's to set.
NTSTATUS prepare(UNICODE_STRING* to, SIZE_T bytes, bool allocate) {
  if (bytes > UNICODE_STRING_MAX_BYTES + 1u) return STATUS_INVALID_PARAMETER_2;
  if (!allocate) return bytes <= to->MaximumLength ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
  void* buffer = rtl::allocate_string(bytes);
  if (buffer == nullptr) return STATUS_NO_MEMORY;
  to->Buffer = static_cast<PWCH>(buffer);
  to->MaximumLength = static_cast<USHORT>(bytes);
  return STATUS_SUCCESS;
}

template <class Map>
NTSTATUS map_string(UNICODE_STRING* to, PCUNICODE_STRING from, bool allocate, Map map) {
  NTSTATUS status = prepare(to, from->Length, allocate);
  if (!NT_SUCCESS(status)) return status;
  for (SIZE_T i = 0; i < chars_of(from); ++i) to->Buffer[i] = map(from->Buffer[i]);
  to->Length = from->Length;
  return STATUS_SUCCESS;
}

char to_ansi(WCHAR c) {
  return c < 0x100 ? static_cast<char>(c) : '?';
}
WCHAR from_ansi(char c) {
  return static_cast<UCHAR>(c);
}

template <class Map>
NTSTATUS to_ansi_string(STRING* to, PCUNICODE_STRING from, bool allocate, Map map) {
  SIZE_T length = chars_of(from);
  SIZE_T bytes = length + 1;
  if (allocate) {
    void* buffer = rtl::allocate_string(bytes);
    if (buffer == nullptr) return STATUS_NO_MEMORY;
    to->Buffer = static_cast<PCHAR>(buffer);
    to->MaximumLength = static_cast<USHORT>(bytes);
  }
  NTSTATUS status = STATUS_SUCCESS;
  if (bytes > to->MaximumLength) {
    if (to->MaximumLength == 0) return STATUS_BUFFER_OVERFLOW;
    length = to->MaximumLength - 1;
    status = STATUS_BUFFER_OVERFLOW;
  }
  for (SIZE_T i = 0; i < length; ++i) to->Buffer[i] = map(from->Buffer[i]);
  to->Buffer[length] = 0;
  to->Length = static_cast<USHORT>(length);
  return status;
}

}  // namespace

VOID NTAPI RtlInitString(STRING* to, PCSZ from) {
  SIZE_T length = from == nullptr ? 0 : crt::strlen(from);
  to->Length = static_cast<USHORT>(length);
  to->MaximumLength = static_cast<USHORT>(from == nullptr ? 0 : length + 1);
  to->Buffer = const_cast<PCHAR>(from);
}

VOID NTAPI RtlInitAnsiString(STRING* to, PCSZ from) {
  RtlInitString(to, from);
}

NTSTATUS NTAPI RtlInitAnsiStringEx(STRING* to, PCSZ from) {
  if (from != nullptr && crt::strlen(from) > 0xFFFE) return STATUS_NAME_TOO_LONG;
  RtlInitString(to, from);
  return STATUS_SUCCESS;
}

VOID NTAPI RtlInitUnicodeString(UNICODE_STRING* to, PCWSTR from) {
  SIZE_T bytes = from == nullptr ? 0 : crt::wcslen(from) * sizeof(WCHAR);
  if (bytes > 0xFFFC) bytes = 0xFFFC;
  to->Length = static_cast<USHORT>(bytes);
  to->MaximumLength = static_cast<USHORT>(from == nullptr ? 0 : bytes + sizeof(WCHAR));
  to->Buffer = const_cast<PWCH>(from);
}

NTSTATUS NTAPI RtlInitUnicodeStringEx(UNICODE_STRING* to, PCWSTR from) {
  if (from != nullptr && crt::wcslen(from) * sizeof(WCHAR) > 0xFFFC) {
    *to = {};
    return STATUS_NAME_TOO_LONG;
  }
  RtlInitUnicodeString(to, from);
  return STATUS_SUCCESS;
}

VOID NTAPI RtlCopyString(STRING* to, const STRING* from) {
  USHORT length = 0;
  if (from != nullptr) {
    length = from->Length < to->MaximumLength ? from->Length : to->MaximumLength;
    crt::memmove(to->Buffer, from->Buffer, length);
  }
  to->Length = length;
}

VOID NTAPI RtlCopyUnicodeString(UNICODE_STRING* to, PCUNICODE_STRING from) {
  USHORT length = 0;
  if (from != nullptr) {
    length = from->Length < to->MaximumLength ? from->Length : to->MaximumLength;
    crt::memmove(to->Buffer, from->Buffer, length);
    if (length + sizeof(WCHAR) <= to->MaximumLength) to->Buffer[length / sizeof(WCHAR)] = 0;
  }
  to->Length = length;
}

NTSTATUS NTAPI RtlAppendUnicodeToString(UNICODE_STRING* to, PCWSTR from) {
  if (from == nullptr) return STATUS_SUCCESS;
  UNICODE_STRING part;
  RtlInitUnicodeString(&part, from);
  return RtlAppendUnicodeStringToString(to, &part);
}

NTSTATUS NTAPI RtlAppendUnicodeStringToString(UNICODE_STRING* to, PCUNICODE_STRING from) {
  if (from->Length == 0) return STATUS_SUCCESS;
  SIZE_T length = to->Length + SIZE_T{from->Length};
  if (length > to->MaximumLength) return STATUS_BUFFER_TOO_SMALL;
  crt::memmove(reinterpret_cast<PCHAR>(to->Buffer) + to->Length, from->Buffer, from->Length);
  to->Length = static_cast<USHORT>(length);
  if (length + sizeof(WCHAR) <= to->MaximumLength) to->Buffer[length / sizeof(WCHAR)] = 0;
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAppendAsciizToString(STRING* to, PCSZ from) {
  if (from == nullptr) return STATUS_SUCCESS;
  STRING part;
  RtlInitString(&part, from);
  return RtlAppendStringToString(to, &part);
}

NTSTATUS NTAPI RtlAppendStringToString(STRING* to, const STRING* from) {
  SIZE_T length = to->Length + SIZE_T{from->Length};
  if (length > to->MaximumLength) return STATUS_BUFFER_TOO_SMALL;
  crt::memmove(to->Buffer + to->Length, from->Buffer, from->Length);
  to->Length = static_cast<USHORT>(length);
  return STATUS_SUCCESS;
}

BOOLEAN NTAPI RtlCreateUnicodeString(UNICODE_STRING* to, PCWSTR from) {
  SIZE_T bytes = (crt::wcslen(from) + 1) * sizeof(WCHAR);
  if (bytes > 0xFFFE || !NT_SUCCESS(prepare(to, bytes, true))) return FALSE;
  crt::memmove(to->Buffer, from, bytes);
  to->Length = static_cast<USHORT>(bytes - sizeof(WCHAR));
  return TRUE;
}

NTSTATUS NTAPI RtlDuplicateUnicodeString(ULONG flags, PCUNICODE_STRING from, UNICODE_STRING* to) {
  constexpr ULONG kTerminate = 1, kAllocateForEmpty = 2;
  if ((flags & ~(kTerminate | kAllocateForEmpty)) != 0 || to == nullptr ||
      (flags & (kTerminate | kAllocateForEmpty)) == kAllocateForEmpty)
    return STATUS_INVALID_PARAMETER;
  USHORT length = from == nullptr ? 0 : from->Length;
  if (length == 0 && (flags & kAllocateForEmpty) == 0) {
    *to = {};
    return STATUS_SUCCESS;
  }
  bool terminate = (flags & kTerminate) != 0;
  NTSTATUS status = prepare(to, length + (terminate ? sizeof(WCHAR) : 0), true);
  if (!NT_SUCCESS(status)) return status;
  if (length != 0) crt::memmove(to->Buffer, from->Buffer, length);
  if (terminate) to->Buffer[length / sizeof(WCHAR)] = 0;
  to->Length = length;
  return STATUS_SUCCESS;
}

VOID NTAPI RtlFreeUnicodeString(UNICODE_STRING* string) {
  if (string->Buffer == nullptr) return;
  ExFreePool(string->Buffer);
  *string = {};
}

VOID NTAPI RtlFreeAnsiString(STRING* string) {
  if (string->Buffer == nullptr) return;
  ExFreePool(string->Buffer);
  *string = {};
}

LONG NTAPI RtlCompareUnicodeStrings(PCWCH a, SIZE_T a_chars, PCWCH b, SIZE_T b_chars, BOOLEAN ignore_case) {
  return compare_chars(a, a_chars, b, b_chars, ignore_case);
}
LONG NTAPI RtlCompareUnicodeString(PCUNICODE_STRING a, PCUNICODE_STRING b, BOOLEAN ignore_case) {
  return compare_chars(a->Buffer, chars_of(a), b->Buffer, chars_of(b), ignore_case);
}
LONG NTAPI RtlCompareString(const STRING* a, const STRING* b, BOOLEAN ignore_case) {
  return compare_chars(a->Buffer, a->Length, b->Buffer, b->Length, ignore_case);
}
BOOLEAN NTAPI RtlEqualUnicodeString(PCUNICODE_STRING a, PCUNICODE_STRING b, BOOLEAN ignore_case) {
  return a->Length == b->Length && RtlCompareUnicodeString(a, b, ignore_case) == 0;
}
BOOLEAN NTAPI RtlEqualString(const STRING* a, const STRING* b, BOOLEAN ignore_case) {
  return a->Length == b->Length && RtlCompareString(a, b, ignore_case) == 0;
}
BOOLEAN NTAPI RtlPrefixUnicodeString(PCUNICODE_STRING prefix, PCUNICODE_STRING whole, BOOLEAN ignore_case) {
  SIZE_T length = chars_of(prefix);
  return chars_of(whole) >= length && compare_chars(prefix->Buffer, length, whole->Buffer, length, ignore_case) == 0;
}
BOOLEAN NTAPI RtlPrefixString(const STRING* prefix, const STRING* whole, BOOLEAN ignore_case) {
  SIZE_T length = prefix->Length;
  return whole->Length >= length && compare_chars(prefix->Buffer, length, whole->Buffer, length, ignore_case) == 0;
}
BOOLEAN NTAPI RtlSuffixUnicodeString(PCUNICODE_STRING suffix, PCUNICODE_STRING whole, BOOLEAN ignore_case) {
  SIZE_T length = chars_of(suffix), total = chars_of(whole);
  return total >= length &&
         compare_chars(suffix->Buffer, length, whole->Buffer + (total - length), length, ignore_case) == 0;
}

NTSTATUS NTAPI RtlHashUnicodeString(PCUNICODE_STRING string, BOOLEAN ignore_case, ULONG algorithm, ULONG* hash) {
  if (string == nullptr || hash == nullptr || algorithm > 1) return STATUS_INVALID_PARAMETER;
  ULONG value = 0;
  for (SIZE_T i = 0; i < chars_of(string); ++i)
    value = value * 65599 + (ignore_case ? rtl::upcase(string->Buffer[i]) : string->Buffer[i]);
  *hash = value;
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlValidateUnicodeString(ULONG flags, PCUNICODE_STRING string) {
  if (flags != 0) return STATUS_INVALID_PARAMETER;
  if (string == nullptr) return STATUS_SUCCESS;
  bool sound = string->Length % 2 == 0 && string->MaximumLength % 2 == 0 && string->Length <= string->MaximumLength &&
               (string->Buffer != nullptr || string->MaximumLength == 0);
  return sound ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

WCHAR NTAPI RtlUpcaseUnicodeChar(WCHAR character) {
  return rtl::upcase(character);
}
WCHAR NTAPI RtlDowncaseUnicodeChar(WCHAR character) {
  return rtl::downcase(character);
}
CHAR NTAPI RtlUpperChar(CHAR character) {
  return upcase_ansi(character);
}

VOID NTAPI RtlUpperString(STRING* to, const STRING* from) {
  USHORT length = from->Length < to->MaximumLength ? from->Length : to->MaximumLength;
  for (USHORT i = 0; i < length; ++i) to->Buffer[i] = upcase_ansi(from->Buffer[i]);
  to->Length = length;
}

NTSTATUS NTAPI RtlUpcaseUnicodeString(UNICODE_STRING* to, PCUNICODE_STRING from, BOOLEAN allocate) {
  return map_string(to, from, allocate, rtl::upcase);
}
NTSTATUS NTAPI RtlDowncaseUnicodeString(UNICODE_STRING* to, PCUNICODE_STRING from, BOOLEAN allocate) {
  return map_string(to, from, allocate, rtl::downcase);
}

NTSTATUS NTAPI RtlAnsiStringToUnicodeString(UNICODE_STRING* to, const STRING* from, BOOLEAN allocate) {
  SIZE_T bytes = (SIZE_T{from->Length} + 1) * sizeof(WCHAR);
  if (bytes > 0xFFFE) return STATUS_INVALID_PARAMETER_2;
  NTSTATUS status = prepare(to, bytes, allocate);
  if (!NT_SUCCESS(status)) return status;
  for (USHORT i = 0; i < from->Length; ++i) to->Buffer[i] = from_ansi(from->Buffer[i]);
  to->Buffer[from->Length] = 0;
  to->Length = static_cast<USHORT>(bytes - sizeof(WCHAR));
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUnicodeStringToAnsiString(STRING* to, PCUNICODE_STRING from, BOOLEAN allocate) {
  return to_ansi_string(to, from, allocate, to_ansi);
}
NTSTATUS NTAPI RtlUpcaseUnicodeStringToAnsiString(STRING* to, PCUNICODE_STRING from, BOOLEAN allocate) {
  return to_ansi_string(to, from, allocate, [](WCHAR c) { return to_ansi(rtl::upcase(c)); });
}

ULONG NTAPI RtlxAnsiStringToUnicodeSize(const STRING* string) {
  return (string->Length + 1u) * sizeof(WCHAR);
}
ULONG NTAPI RtlxUnicodeStringToAnsiSize(PCUNICODE_STRING string) {
  return static_cast<ULONG>(chars_of(string)) + 1;
}
WCHAR NTAPI RtlAnsiCharToUnicodeChar(PUCHAR* at) {
  return *(*at)++;
}

NTSTATUS NTAPI RtlMultiByteToUnicodeN(PWCH to, ULONG to_bytes, ULONG* result, const CHAR* from, ULONG from_bytes) {
  ULONG count = to_bytes / 2 < from_bytes ? to_bytes / 2 : from_bytes;
  for (ULONG i = 0; i < count; ++i) to[i] = from_ansi(from[i]);
  if (result != nullptr) *result = count * 2;
  return STATUS_SUCCESS;
}
NTSTATUS NTAPI RtlMultiByteToUnicodeSize(ULONG* result, const CHAR*, ULONG from_bytes) {
  *result = from_bytes * 2;
  return STATUS_SUCCESS;
}
NTSTATUS NTAPI RtlUnicodeToMultiByteN(PCHAR to, ULONG to_bytes, ULONG* result, PCWCH from, ULONG from_bytes) {
  ULONG count = to_bytes < from_bytes / 2 ? to_bytes : from_bytes / 2;
  for (ULONG i = 0; i < count; ++i) to[i] = to_ansi(from[i]);
  if (result != nullptr) *result = count;
  return STATUS_SUCCESS;
}
NTSTATUS NTAPI RtlUnicodeToMultiByteSize(ULONG* result, PCWCH, ULONG from_bytes) {
  *result = from_bytes / 2;
  return STATUS_SUCCESS;
}

namespace rtl {

void* allocate_string(SIZE_T bytes) {
  return ExAllocatePoolWithTag(PagedPool, bytes, kStringTag);
}

namespace {

/// One code point of UTF-8; U+FFFD, and `damaged`, for what is not.
char32_t take_utf8(const char*& at, const char* end, bool& damaged) {
  auto lead = static_cast<UCHAR>(*at++);
  if (lead < 0x80) return lead;
  int more = lead >= 0xF0 && lead < 0xF5 ? 3 : lead >= 0xE0 && lead < 0xF0 ? 2 : lead >= 0xC2 && lead < 0xE0 ? 1 : -1;
  char32_t value = more == 3 ? lead & 7 : more == 2 ? lead & 15 : lead & 31;
  for (int i = 0; i < more; ++i) {
    if (at == end || (static_cast<UCHAR>(*at) & 0xC0) != 0x80) {
      more = -1;
      break;
    }
    value = value << 6 | (static_cast<UCHAR>(*at++) & 0x3F);
  }
  bool overlong = (more == 2 && value < 0x800) || (more == 3 && (value < 0x10000 || value > 0x10FFFF));
  if (more > 0 && !overlong && (value < 0xD800 || value > 0xDFFF)) return value;
  damaged = true;
  return 0xFFFD;
}

char32_t take_utf16(const char16_t*& at, const char16_t* end, bool& damaged) {
  char16_t first = *at++;
  if (first < 0xD800 || first > 0xDFFF) return first;
  if (first < 0xDC00 && at != end && *at >= 0xDC00 && *at <= 0xDFFF)
    return 0x10000 + ((first - 0xD800) << 10) + (*at++ - 0xDC00);
  damaged = true;
  return 0xFFFD;
}

unsigned put_utf8(char32_t value, char* to) {
  if (value < 0x80) return to[0] = static_cast<char>(value), 1;
  unsigned more = value < 0x800 ? 1 : value < 0x10000 ? 2 : 3;
  constexpr UCHAR kLead[] = {0, 0xC0, 0xE0, 0xF0};
  for (unsigned i = more; i > 0; --i, value >>= 6) to[i] = static_cast<char>(0x80 | (value & 0x3F));
  to[0] = static_cast<char>(kLead[more] | value);
  return more + 1;
}

unsigned put_utf16(char32_t value, char16_t* to) {
  if (value < 0x10000) return to[0] = static_cast<char16_t>(value), 1;
  to[0] = static_cast<char16_t>(0xD800 + ((value - 0x10000) >> 10));
  to[1] = static_cast<char16_t>(0xDC00 + (value & 0x3FF));
  return 2;
}

}  // namespace

std::string to_utf8(std::u16string_view text) {
  std::string result;
  bool damaged = false;
  for (const char16_t *at = text.data(), *end = at + text.size(); at != end;) {
    char bytes[4];
    result.append(bytes, put_utf8(take_utf16(at, end, damaged), bytes));
  }
  return result;
}

std::string to_utf8(PCUNICODE_STRING string) {
  return to_utf8(view(string));
}

std::u16string to_utf16(std::string_view text) {
  std::u16string result;
  bool damaged = false;
  for (const char *at = text.data(), *end = at + text.size(); at != end;) {
    char16_t units[2];
    result.append(units, put_utf16(take_utf8(at, end, damaged), units));
  }
  return result;
}

int compare_names(std::u16string_view a, std::u16string_view b) {
  LONG order = compare_chars(a.data(), a.size(), b.data(), b.size(), true);
  return order < 0 ? -1 : order > 0;
}

}  // namespace rtl

NTSTATUS NTAPI RtlUTF8ToUnicodeN(PWCH to, ULONG to_bytes, ULONG* result, const CHAR* from, ULONG from_bytes) {
  bool damaged = false, truncated = false;
  ULONG used = 0;
  for (const char *at = from, *end = from + from_bytes; at != end;) {
    char16_t units[2];
    ULONG bytes = rtl::put_utf16(rtl::take_utf8(at, end, damaged), units) * 2;
    if (to != nullptr) {
      if (used + bytes > to_bytes) {
        truncated = true;
        break;
      }
      crt::memcpy(reinterpret_cast<char*>(to) + used, units, bytes);
    }
    used += bytes;
  }
  if (result != nullptr) *result = used;
  return truncated ? STATUS_BUFFER_TOO_SMALL : damaged ? STATUS_SOME_NOT_MAPPED : STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUnicodeToUTF8N(PCHAR to, ULONG to_bytes, ULONG* result, PCWCH from, ULONG from_bytes) {
  bool damaged = false, truncated = false;
  ULONG used = 0;
  for (const char16_t *at = from, *end = from + from_bytes / 2; at != end;) {
    char units[4];
    ULONG bytes = rtl::put_utf8(rtl::take_utf16(at, end, damaged), units);
    if (to != nullptr) {
      if (used + bytes > to_bytes) {
        truncated = true;
        break;
      }
      crt::memcpy(to + used, units, bytes);
    }
    used += bytes;
  }
  if (result != nullptr) *result = used;
  return truncated ? STATUS_BUFFER_TOO_SMALL : damaged ? STATUS_SOME_NOT_MAPPED : STATUS_SUCCESS;
}

}  // namespace drydock::ntos
