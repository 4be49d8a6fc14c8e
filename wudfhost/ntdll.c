// The part of ntdll.dll that user-mode drivers of ours import, in the driver's calling convention. It runs in the host
// process and calls nobody.

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wudfhost.h"

#define NT __attribute__((ms_abi))

_Static_assert(offsetof(struct UmdfMailbox, registers) == 32, "turn.S");
_Static_assert(offsetof(struct UmdfRegisters, rip) == 128 && offsetof(struct UmdfRegisters, rflags) == 136, "turn.S");
_Static_assert(offsetof(struct UmdfRegisters, fx) == 160, "turn.S");
_Static_assert(sizeof(struct UmdfHello) <= 4096 && sizeof(struct UmdfMailbox) <= 4096, "one page");

typedef uint16_t WCHAR;
typedef struct {
  uint16_t Length, MaximumLength;
  WCHAR* Buffer;
} UNICODE_STRING;

static NT void* nt_memcpy(void* to, const void* from, size_t bytes) { return memcpy(to, from, bytes); }
static NT void* nt_memmove(void* to, const void* from, size_t bytes) { return memmove(to, from, bytes); }
static NT void* nt_memset(void* to, int value, size_t bytes) { return memset(to, value, bytes); }
static NT int nt_memcmp(const void* a, const void* b, size_t bytes) { return memcmp(a, b, bytes); }
static NT size_t nt_strlen(const char* text) { return strlen(text); }
static NT int nt_strcmp(const char* a, const char* b) { return strcmp(a, b); }

static NT size_t nt_wcslen(const WCHAR* text) {
  size_t length = 0;
  while (text[length] != 0) ++length;
  return length;
}

static NT size_t nt_RtlCompareMemory(const void* a, const void* b, size_t bytes) {
  const uint8_t *x = a, *y = b;
  size_t same = 0;
  while (same < bytes && x[same] == y[same]) ++same;
  return same;
}

static NT void nt_RtlInitUnicodeString(UNICODE_STRING* string, const WCHAR* text) {
  const size_t bytes = text ? nt_wcslen(text) * sizeof(WCHAR) : 0;
  string->Length = (uint16_t)(bytes > 0xFFFC ? 0xFFFC : bytes);
  string->MaximumLength = (uint16_t)(text ? string->Length + sizeof(WCHAR) : 0);
  string->Buffer = (WCHAR*)text;
}

static NT void nt_RtlCopyUnicodeString(UNICODE_STRING* to, const UNICODE_STRING* from) {
  if (!from) {
    to->Length = 0;
    return;
  }
  to->Length = from->Length < to->MaximumLength ? from->Length : to->MaximumLength;
  memcpy(to->Buffer, from->Buffer, to->Length);
  if (to->Length + sizeof(WCHAR) <= to->MaximumLength) to->Buffer[to->Length / sizeof(WCHAR)] = 0;
}

// Case is that of ASCII.
static WCHAR upper(WCHAR c) { return c >= 'a' && c <= 'z' ? (WCHAR)(c - 32) : c; }

static NT uint8_t nt_RtlEqualUnicodeString(const UNICODE_STRING* a, const UNICODE_STRING* b, uint8_t without_case) {
  if (a->Length != b->Length) return 0;
  for (size_t i = 0; i < a->Length / sizeof(WCHAR); ++i)
    if (without_case ? upper(a->Buffer[i]) != upper(b->Buffer[i]) : a->Buffer[i] != b->Buffer[i]) return 0;
  return 1;
}

const struct NtdllFunction umdf_ntdll[] = {
#define ENTRY(name) {#name, nt_##name},
    UMDF_NTDLL_FUNCTIONS(ENTRY)
#undef ENTRY
    {NULL, NULL},
};
