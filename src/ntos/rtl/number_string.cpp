#include "ntos/rtl/string.h"

namespace drydock::ntos {

namespace {

bool base_is_valid(ULONG base) {
  return base == 0 || base == 2 || base == 8 || base == 10 || base == 16;
}

/// Digits of `value`, last first. Returns how many.
unsigned digits_of(ULONGLONG value, ULONG base, char (&digits)[66]) {
  unsigned length = 0;
  do {
    digits[length++] = "0123456789ABCDEF"[value % base];
    value /= base;
  } while (value != 0);
  return length;
}

NTSTATUS put_number(ULONGLONG value, ULONG base, UNICODE_STRING* to) {
  if (!base_is_valid(base)) return STATUS_INVALID_PARAMETER;
  char digits[66];
  unsigned length = digits_of(value, base == 0 ? 10 : base, digits);
  if (length * sizeof(WCHAR) > to->MaximumLength) return STATUS_BUFFER_OVERFLOW;
  for (unsigned i = 0; i < length; ++i) to->Buffer[i] = static_cast<WCHAR>(digits[length - 1 - i]);
  to->Length = static_cast<USHORT>(length * sizeof(WCHAR));
  if (to->Length + sizeof(WCHAR) <= to->MaximumLength) to->Buffer[length] = 0;
  return STATUS_SUCCESS;
}

/// Leading blanks, a sign, and with base 0 a prefix 0x, 0o or 0b, as RtlUnicodeStringToInteger takes them.
template <class Read>
NTSTATUS parse_number(Read character_at, ULONG base, ULONG* value) {
  if (!base_is_valid(base)) return STATUS_INVALID_PARAMETER;
  SIZE_T i = 0;
  while (character_at(i) != 0 && character_at(i) <= ' ') ++i;
  bool negative = character_at(i) == '-';
  if (negative || character_at(i) == '+') ++i;
  if (base == 0) {
    base = 10;
    if (character_at(i) == '0') {
      auto mark = character_at(i + 1);
      ULONG marked = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 0;
      if (marked != 0) {
        base = marked;
        i += 2;
      }
    }
  }
  ULONG result = 0;
  for (;; ++i) {
    auto c = character_at(i);
    ULONG digit = c >= '0' && c <= '9'   ? c - '0'
                  : c >= 'A' && c <= 'F' ? c - 'A' + 10
                  : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                         : ~0u;
    if (digit >= base) break;
    result = result * base + digit;
  }
  *value = negative ? 0 - result : result;
  return STATUS_SUCCESS;
}

int hex_digit(WCHAR c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// {xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}: which byte of the GUID, in memory order, each pair of digits fills.
constexpr unsigned kGuidChars = 38;
constexpr UCHAR kGuidByte[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
constexpr bool is_dash(unsigned position) {
  return position == 9 || position == 14 || position == 19 || position == 24;
}

}  // namespace

NTSTATUS NTAPI RtlIntegerToUnicodeString(ULONG value, ULONG base, UNICODE_STRING* to) {
  return put_number(value, base, to);
}

NTSTATUS NTAPI RtlInt64ToUnicodeString(ULONGLONG value, ULONG base, UNICODE_STRING* to) {
  return put_number(value, base, to);
}

NTSTATUS NTAPI RtlUnicodeStringToInteger(PCUNICODE_STRING string, ULONG base, ULONG* value) {
  SIZE_T length = string->Length / sizeof(WCHAR);
  return parse_number([&](SIZE_T i) -> ULONG { return i < length ? string->Buffer[i] : 0; }, base, value);
}

NTSTATUS NTAPI RtlCharToInteger(PCSZ string, ULONG base, ULONG* value) {
  return parse_number([&](SIZE_T i) -> ULONG { return static_cast<UCHAR>(string[i]); }, base, value);
}

NTSTATUS NTAPI RtlIntegerToChar(ULONG value, ULONG base, LONG length, PSZ to) {
  if (!base_is_valid(base)) return STATUS_INVALID_PARAMETER;
  char digits[66];
  auto count = static_cast<LONG>(digits_of(value, base == 0 ? 10 : base, digits));
  LONG room = length < 0 ? -length : length;
  if (count > room) return STATUS_BUFFER_OVERFLOW;
  if (length < 0)
    for (LONG i = room - count; i > 0; --i) *to++ = '0';
  for (LONG i = count; i > 0; --i) *to++ = digits[i - 1];
  if (length >= 0 && count < room) *to = 0;
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlStringFromGUID(const GUID* guid, UNICODE_STRING* to) {
  constexpr USHORT kBytes = kGuidChars * sizeof(WCHAR);
  to->Buffer = static_cast<PWCH>(rtl::allocate_string(kBytes + sizeof(WCHAR)));
  if (to->Buffer == nullptr) return STATUS_NO_MEMORY;
  to->Length = kBytes;
  to->MaximumLength = kBytes + sizeof(WCHAR);
  const auto* bytes = reinterpret_cast<const UCHAR*>(guid);
  WCHAR* at = to->Buffer;
  *at++ = '{';
  for (UCHAR index : kGuidByte) {
    if (is_dash(static_cast<unsigned>(at - to->Buffer))) *at++ = '-';
    *at++ = static_cast<WCHAR>("0123456789ABCDEF"[bytes[index] >> 4]);
    *at++ = static_cast<WCHAR>("0123456789ABCDEF"[bytes[index] & 15]);
  }
  *at++ = '}';
  *at = 0;
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlGUIDFromString(PCUNICODE_STRING string, GUID* guid) {
  if (string->Length < kGuidChars * sizeof(WCHAR)) return STATUS_INVALID_PARAMETER;
  const WCHAR* text = string->Buffer;
  if (text[0] != '{' || text[kGuidChars - 1] != '}') return STATUS_INVALID_PARAMETER;
  GUID result{};
  auto* bytes = reinterpret_cast<UCHAR*>(&result);
  unsigned at = 1;
  for (UCHAR index : kGuidByte) {
    if (is_dash(at) && text[at++] != '-') return STATUS_INVALID_PARAMETER;
    int high = hex_digit(text[at]), low = hex_digit(text[at + 1]);
    if (high < 0 || low < 0) return STATUS_INVALID_PARAMETER;
    bytes[index] = static_cast<UCHAR>(high << 4 | low);
    at += 2;
  }
  *guid = result;
  return STATUS_SUCCESS;
}

}  // namespace drydock::ntos
