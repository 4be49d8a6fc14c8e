#pragma once
// Counted strings. Lengths are in bytes. Buffers that a routine allocates are paged pool with tag 'Strg' or 'grtS' as
// on Windows and are freed by RtlFreeUnicodeString / RtlFreeAnsiString. IRQL: PASSIVE_LEVEL where upper case or code
// pages come in, any where bytes are only copied.

#include <string>
#include <string_view>

#include "nt/guid.h"
#include "nt/status.h"
#include "nt/string.h"

namespace drydock::ntos {

using namespace nt;

VOID NTAPI RtlInitString(STRING* to, PCSZ from);
VOID NTAPI RtlInitAnsiString(STRING* to, PCSZ from);
NTSTATUS NTAPI RtlInitAnsiStringEx(STRING* to, PCSZ from);
VOID NTAPI RtlInitUnicodeString(UNICODE_STRING* to, PCWSTR from);
NTSTATUS NTAPI RtlInitUnicodeStringEx(UNICODE_STRING* to, PCWSTR from);

VOID NTAPI RtlCopyString(STRING* to, const STRING* from);
/// Copies what fits; terminates if there is room. A null `from` empties `to`.
VOID NTAPI RtlCopyUnicodeString(UNICODE_STRING* to, PCUNICODE_STRING from);
/// STATUS_BUFFER_TOO_SMALL, and nothing changed, if it does not fit.
NTSTATUS NTAPI RtlAppendUnicodeToString(UNICODE_STRING* to, PCWSTR from);
NTSTATUS NTAPI RtlAppendUnicodeStringToString(UNICODE_STRING* to, PCUNICODE_STRING from);
NTSTATUS NTAPI RtlAppendAsciizToString(STRING* to, PCSZ from);
NTSTATUS NTAPI RtlAppendStringToString(STRING* to, const STRING* from);

BOOLEAN NTAPI RtlCreateUnicodeString(UNICODE_STRING* to, PCWSTR from);
NTSTATUS NTAPI RtlDuplicateUnicodeString(ULONG flags, PCUNICODE_STRING from, UNICODE_STRING* to);
VOID NTAPI RtlFreeUnicodeString(UNICODE_STRING* string);
VOID NTAPI RtlFreeAnsiString(STRING* string);

LONG NTAPI RtlCompareUnicodeString(PCUNICODE_STRING a, PCUNICODE_STRING b, BOOLEAN ignore_case);
LONG NTAPI RtlCompareUnicodeStrings(PCWCH a, SIZE_T a_chars, PCWCH b, SIZE_T b_chars, BOOLEAN ignore_case);
LONG NTAPI RtlCompareString(const STRING* a, const STRING* b, BOOLEAN ignore_case);
BOOLEAN NTAPI RtlEqualUnicodeString(PCUNICODE_STRING a, PCUNICODE_STRING b, BOOLEAN ignore_case);
BOOLEAN NTAPI RtlEqualString(const STRING* a, const STRING* b, BOOLEAN ignore_case);
BOOLEAN NTAPI RtlPrefixUnicodeString(PCUNICODE_STRING prefix, PCUNICODE_STRING whole, BOOLEAN ignore_case);
BOOLEAN NTAPI RtlPrefixString(const STRING* prefix, const STRING* whole, BOOLEAN ignore_case);
BOOLEAN NTAPI RtlSuffixUnicodeString(PCUNICODE_STRING suffix, PCUNICODE_STRING whole, BOOLEAN ignore_case);
NTSTATUS NTAPI RtlHashUnicodeString(PCUNICODE_STRING string, BOOLEAN ignore_case, ULONG algorithm, ULONG* hash);
NTSTATUS NTAPI RtlValidateUnicodeString(ULONG flags, PCUNICODE_STRING string);

WCHAR NTAPI RtlUpcaseUnicodeChar(WCHAR character);
WCHAR NTAPI RtlDowncaseUnicodeChar(WCHAR character);
CHAR NTAPI RtlUpperChar(CHAR character);
VOID NTAPI RtlUpperString(STRING* to, const STRING* from);
NTSTATUS NTAPI RtlUpcaseUnicodeString(UNICODE_STRING* to, PCUNICODE_STRING from, BOOLEAN allocate);
NTSTATUS NTAPI RtlDowncaseUnicodeString(UNICODE_STRING* to, PCUNICODE_STRING from, BOOLEAN allocate);

// The ANSI code page is Latin-1: every byte is the character of its number, others become '?'.
NTSTATUS NTAPI RtlAnsiStringToUnicodeString(UNICODE_STRING* to, const STRING* from, BOOLEAN allocate);
NTSTATUS NTAPI RtlUnicodeStringToAnsiString(STRING* to, PCUNICODE_STRING from, BOOLEAN allocate);
NTSTATUS NTAPI RtlUpcaseUnicodeStringToAnsiString(STRING* to, PCUNICODE_STRING from, BOOLEAN allocate);
ULONG NTAPI RtlxAnsiStringToUnicodeSize(const STRING* string);
ULONG NTAPI RtlxUnicodeStringToAnsiSize(PCUNICODE_STRING string);
WCHAR NTAPI RtlAnsiCharToUnicodeChar(PUCHAR* at);
NTSTATUS NTAPI RtlMultiByteToUnicodeN(PWCH to, ULONG to_bytes, ULONG* result, const CHAR* from, ULONG from_bytes);
NTSTATUS NTAPI RtlMultiByteToUnicodeSize(ULONG* result, const CHAR* from, ULONG from_bytes);
NTSTATUS NTAPI RtlUnicodeToMultiByteN(PCHAR to, ULONG to_bytes, ULONG* result, PCWCH from, ULONG from_bytes);
NTSTATUS NTAPI RtlUnicodeToMultiByteSize(ULONG* result, PCWCH from, ULONG from_bytes);
NTSTATUS NTAPI RtlUTF8ToUnicodeN(PWCH to, ULONG to_bytes, ULONG* result, const CHAR* from, ULONG from_bytes);
NTSTATUS NTAPI RtlUnicodeToUTF8N(PCHAR to, ULONG to_bytes, ULONG* result, PCWCH from, ULONG from_bytes);

NTSTATUS NTAPI RtlIntegerToUnicodeString(ULONG value, ULONG base, UNICODE_STRING* to);
NTSTATUS NTAPI RtlInt64ToUnicodeString(ULONGLONG value, ULONG base, UNICODE_STRING* to);
NTSTATUS NTAPI RtlUnicodeStringToInteger(PCUNICODE_STRING string, ULONG base, ULONG* value);
NTSTATUS NTAPI RtlCharToInteger(PCSZ string, ULONG base, ULONG* value);
NTSTATUS NTAPI RtlIntegerToChar(ULONG value, ULONG base, LONG length, PSZ to);
NTSTATUS NTAPI RtlStringFromGUID(const GUID* guid, UNICODE_STRING* to);
NTSTATUS NTAPI RtlGUIDFromString(PCUNICODE_STRING string, GUID* guid);

namespace rtl {

/// What the allocating routines use; null if refused.
void* allocate_string(SIZE_T bytes);

/// For reports and our own tables.
std::string to_utf8(PCUNICODE_STRING string);
std::string to_utf8(std::u16string_view text);
std::u16string to_utf16(std::string_view text);
inline std::u16string_view view(PCUNICODE_STRING string) {
  return {string->Buffer, static_cast<std::size_t>(string->Length / 2)};
}
/// Order of names in the object manager and registry: upper-cased, character by character.
int compare_names(std::u16string_view a, std::u16string_view b);

struct NameLess {
  using is_transparent = void;
  bool operator()(std::u16string_view a, std::u16string_view b) const { return compare_names(a, b) < 0; }
};

}  // namespace rtl

}  // namespace drydock::ntos
