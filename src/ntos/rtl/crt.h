#pragma once
// The C library that ntoskrnl.exe exports. Semantics are Microsoft's (a truncating _vsnprintf returns -1 and may leave
// no terminator). Pointers are the driver's: a bad one faults here and is charged to the driver.
// IRQL: any. Cannot fail unless said.

#include "nt/base.h"

namespace drydock::ntos::crt {

using namespace nt;

// ---- memory ----
void* NTAPI memset(void* to, int value, SIZE_T bytes);
void* NTAPI memcpy(void* to, const void* from, SIZE_T bytes);
void* NTAPI memmove(void* to, const void* from, SIZE_T bytes);
int NTAPI memcmp(const void* a, const void* b, SIZE_T bytes);
void* NTAPI memchr(const void* from, int value, SIZE_T bytes);
int NTAPI memcpy_s(void* to, SIZE_T capacity, const void* from, SIZE_T bytes);
int NTAPI memmove_s(void* to, SIZE_T capacity, const void* from, SIZE_T bytes);

// ---- narrow strings ----
SIZE_T NTAPI strlen(const char* text);
SIZE_T NTAPI strnlen(const char* text, SIZE_T limit);
char* NTAPI strcpy(char* to, const char* from);
char* NTAPI strncpy(char* to, const char* from, SIZE_T count);
char* NTAPI strcat(char* to, const char* from);
char* NTAPI strncat(char* to, const char* from, SIZE_T count);
int NTAPI strcmp(const char* a, const char* b);
int NTAPI strncmp(const char* a, const char* b, SIZE_T count);
int NTAPI _stricmp(const char* a, const char* b);
int NTAPI _strnicmp(const char* a, const char* b, SIZE_T count);
char* NTAPI strchr(const char* text, int character);
char* NTAPI strrchr(const char* text, int character);
char* NTAPI strstr(const char* text, const char* part);
SIZE_T NTAPI strspn(const char* text, const char* set);
char* NTAPI _strlwr(char* text);
char* NTAPI _strupr(char* text);
char* NTAPI _strrev(char* text);
int NTAPI strcpy_s(char* to, SIZE_T capacity, const char* from);
int NTAPI strncpy_s(char* to, SIZE_T capacity, const char* from, SIZE_T count);
int NTAPI strcat_s(char* to, SIZE_T capacity, const char* from);
int NTAPI strncat_s(char* to, SIZE_T capacity, const char* from, SIZE_T count);

// ---- wide strings ----
SIZE_T NTAPI wcslen(const WCHAR* text);
SIZE_T NTAPI wcsnlen(const WCHAR* text, SIZE_T limit);
WCHAR* NTAPI wcscpy(WCHAR* to, const WCHAR* from);
WCHAR* NTAPI wcsncpy(WCHAR* to, const WCHAR* from, SIZE_T count);
WCHAR* NTAPI wcscat(WCHAR* to, const WCHAR* from);
WCHAR* NTAPI wcsncat(WCHAR* to, const WCHAR* from, SIZE_T count);
int NTAPI wcscmp(const WCHAR* a, const WCHAR* b);
int NTAPI wcsncmp(const WCHAR* a, const WCHAR* b, SIZE_T count);
int NTAPI _wcsicmp(const WCHAR* a, const WCHAR* b);
int NTAPI _wcsnicmp(const WCHAR* a, const WCHAR* b, SIZE_T count);
WCHAR* NTAPI wcschr(const WCHAR* text, WCHAR character);
WCHAR* NTAPI wcsrchr(const WCHAR* text, WCHAR character);
WCHAR* NTAPI wcsstr(const WCHAR* text, const WCHAR* part);
SIZE_T NTAPI wcsspn(const WCHAR* text, const WCHAR* set);
SIZE_T NTAPI wcscspn(const WCHAR* text, const WCHAR* set);
WCHAR* NTAPI _wcslwr(WCHAR* text);
WCHAR* NTAPI _wcsupr(WCHAR* text);
WCHAR* NTAPI _wcsrev(WCHAR* text);
int NTAPI wcscpy_s(WCHAR* to, SIZE_T capacity, const WCHAR* from);
int NTAPI wcsncpy_s(WCHAR* to, SIZE_T capacity, const WCHAR* from, SIZE_T count);
int NTAPI wcscat_s(WCHAR* to, SIZE_T capacity, const WCHAR* from);
int NTAPI wcsncat_s(WCHAR* to, SIZE_T capacity, const WCHAR* from, SIZE_T count);
SIZE_T NTAPI mbstowcs(WCHAR* to, const char* from, SIZE_T count);
SIZE_T NTAPI wcstombs(char* to, const WCHAR* from, SIZE_T count);

// ---- characters and numbers ----
int NTAPI tolower(int character);
int NTAPI toupper(int character);
WCHAR NTAPI towlower(WCHAR character);
WCHAR NTAPI towupper(WCHAR character);
int NTAPI isdigit(int character);
int NTAPI islower(int character);
int NTAPI isupper(int character);
int NTAPI isspace(int character);
int NTAPI isprint(int character);
int NTAPI isxdigit(int character);
int NTAPI atoi(const char* text);
LONG NTAPI atol(const char* text);
int NTAPI _wtoi(const WCHAR* text);
LONG NTAPI _wtol(const WCHAR* text);
char* NTAPI _itoa(int value, char* to, int radix);
WCHAR* NTAPI _itow(int value, WCHAR* to, int radix);
int NTAPI _itoa_s(int value, char* to, SIZE_T capacity, int radix);
int NTAPI _itow_s(int value, WCHAR* to, SIZE_T capacity, int radix);
int NTAPI _ultoa_s(ULONG value, char* to, SIZE_T capacity, int radix);
int NTAPI _ultow_s(ULONG value, WCHAR* to, SIZE_T capacity, int radix);
int NTAPI _i64toa_s(LONGLONG value, char* to, SIZE_T capacity, int radix);
int NTAPI _i64tow_s(LONGLONG value, WCHAR* to, SIZE_T capacity, int radix);
int NTAPI _ui64toa_s(ULONGLONG value, char* to, SIZE_T capacity, int radix);
int NTAPI _ui64tow_s(ULONGLONG value, WCHAR* to, SIZE_T capacity, int radix);
/// The sequence restarts with each machine.
int NTAPI rand();
void NTAPI srand(UINT seed);

using CompareRoutine = int(NTAPI*)(const void*, const void*);
void NTAPI qsort(void* base, SIZE_T count, SIZE_T width, CompareRoutine compare);
void* NTAPI bsearch(const void* key, const void* base, SIZE_T count, SIZE_T width, CompareRoutine compare);

// ---- formatted text: -1 when it does not fit (the _s forms empty the buffer then) ----
int NTAPI sprintf(char* to, const char* pattern, ...);
int NTAPI vsprintf(char* to, const char* pattern, __builtin_ms_va_list arguments);
int NTAPI _snprintf(char* to, SIZE_T count, const char* pattern, ...);
int NTAPI _vsnprintf(char* to, SIZE_T count, const char* pattern, __builtin_ms_va_list arguments);
int NTAPI sprintf_s(char* to, SIZE_T capacity, const char* pattern, ...);
int NTAPI vsprintf_s(char* to, SIZE_T capacity, const char* pattern, __builtin_ms_va_list arguments);
int NTAPI _snprintf_s(char* to, SIZE_T capacity, SIZE_T count, const char* pattern, ...);
int NTAPI _vsnprintf_s(char* to, SIZE_T capacity, SIZE_T count, const char* pattern, __builtin_ms_va_list arguments);
int NTAPI swprintf(WCHAR* to, const WCHAR* pattern, ...);
int NTAPI _vswprintf(WCHAR* to, const WCHAR* pattern, __builtin_ms_va_list arguments);
int NTAPI _snwprintf(WCHAR* to, SIZE_T count, const WCHAR* pattern, ...);
int NTAPI _vsnwprintf(WCHAR* to, SIZE_T count, const WCHAR* pattern, __builtin_ms_va_list arguments);
int NTAPI swprintf_s(WCHAR* to, SIZE_T capacity, const WCHAR* pattern, ...);
int NTAPI vswprintf_s(WCHAR* to, SIZE_T capacity, const WCHAR* pattern, __builtin_ms_va_list arguments);
int NTAPI _snwprintf_s(WCHAR* to, SIZE_T capacity, SIZE_T count, const WCHAR* pattern, ...);
int NTAPI _vsnwprintf_s(WCHAR* to, SIZE_T capacity, SIZE_T count, const WCHAR* pattern, __builtin_ms_va_list arguments);

/// A C++ driver called a pure virtual function: Windows stops with KMODE_EXCEPTION_NOT_HANDLED's caller to blame.
int NTAPI _purecall();

}  // namespace drydock::ntos::crt
