#include "ntos/rtl/crt.h"
#include "ntos/rtl/crt_text.h"
#include "ntos/rtl/upcase.h"

namespace drydock::ntos::crt {

namespace {

constexpr SIZE_T kNoLimit = ~SIZE_T{0};

std::uint8_t as_is(char c) {
  return static_cast<std::uint8_t>(c);
}
std::uint8_t folded(char c) {
  return static_cast<std::uint8_t>(c >= 'A' && c <= 'Z' ? c + 32 : c);
}
WCHAR wide_as_is(WCHAR c) {
  return c;
}
WCHAR wide_folded(WCHAR c) {
  return c >= 'A' && c <= 'Z' ? static_cast<WCHAR>(c + 32) : c;
}

template <class C>
C* map_text(C* text, C (*map)(C)) {
  for (C* at = text; *at != 0; ++at) *at = map(*at);
  return text;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}
WCHAR wide_lower(WCHAR c) {
  return rtl::downcase(c);
}
WCHAR wide_upper(WCHAR c) {
  return rtl::upcase(c);
}

}  // namespace

SIZE_T NTAPI strlen(const char* text) {
  return length_of(text);
}
SIZE_T NTAPI strnlen(const char* text, SIZE_T limit) {
  return length_of(text, limit);
}
char* NTAPI strcpy(char* to, const char* from) {
  return copy_text(to, from);
}
char* NTAPI strncpy(char* to, const char* from, SIZE_T count) {
  return copy_counted(to, from, count);
}
char* NTAPI strcat(char* to, const char* from) {
  return append_counted(to, from, kNoLimit);
}
char* NTAPI strncat(char* to, const char* from, SIZE_T count) {
  return append_counted(to, from, count);
}
int NTAPI strcmp(const char* a, const char* b) {
  return compare_text(a, b, kNoLimit, as_is);
}
int NTAPI strncmp(const char* a, const char* b, SIZE_T count) {
  return compare_text(a, b, count, as_is);
}
int NTAPI _stricmp(const char* a, const char* b) {
  return compare_text(a, b, kNoLimit, folded);
}
int NTAPI _strnicmp(const char* a, const char* b, SIZE_T count) {
  return compare_text(a, b, count, folded);
}
char* NTAPI strchr(const char* text, int character) {
  return find_first(text, static_cast<char>(character));
}
char* NTAPI strrchr(const char* text, int character) {
  return find_last(text, static_cast<char>(character));
}
char* NTAPI strstr(const char* text, const char* part) {
  return find_part(text, part);
}
SIZE_T NTAPI strspn(const char* text, const char* set) {
  return span(text, set, true);
}
char* NTAPI _strlwr(char* text) {
  return map_text(text, lower);
}
char* NTAPI _strupr(char* text) {
  return map_text(text, upper);
}
char* NTAPI _strrev(char* text) {
  return reverse(text);
}

int NTAPI strcpy_s(char* to, SIZE_T capacity, const char* from) {
  return copy_secure(to, capacity, from, kNoLimit - 1);
}
int NTAPI strncpy_s(char* to, SIZE_T capacity, const char* from, SIZE_T count) {
  return copy_secure(to, capacity, from, count);
}
int NTAPI strcat_s(char* to, SIZE_T capacity, const char* from) {
  return append_secure(to, capacity, from, kNoLimit - 1);
}
int NTAPI strncat_s(char* to, SIZE_T capacity, const char* from, SIZE_T count) {
  return append_secure(to, capacity, from, count);
}

SIZE_T NTAPI wcslen(const WCHAR* text) {
  return length_of(text);
}
SIZE_T NTAPI wcsnlen(const WCHAR* text, SIZE_T limit) {
  return length_of(text, limit);
}
WCHAR* NTAPI wcscpy(WCHAR* to, const WCHAR* from) {
  return copy_text(to, from);
}
WCHAR* NTAPI wcsncpy(WCHAR* to, const WCHAR* from, SIZE_T count) {
  return copy_counted(to, from, count);
}
WCHAR* NTAPI wcscat(WCHAR* to, const WCHAR* from) {
  return append_counted(to, from, kNoLimit);
}
WCHAR* NTAPI wcsncat(WCHAR* to, const WCHAR* from, SIZE_T count) {
  return append_counted(to, from, count);
}
int NTAPI wcscmp(const WCHAR* a, const WCHAR* b) {
  return compare_text(a, b, kNoLimit, wide_as_is);
}
int NTAPI wcsncmp(const WCHAR* a, const WCHAR* b, SIZE_T count) {
  return compare_text(a, b, count, wide_as_is);
}
int NTAPI _wcsicmp(const WCHAR* a, const WCHAR* b) {
  return compare_text(a, b, kNoLimit, wide_folded);
}
int NTAPI _wcsnicmp(const WCHAR* a, const WCHAR* b, SIZE_T count) {
  return compare_text(a, b, count, wide_folded);
}
WCHAR* NTAPI wcschr(const WCHAR* text, WCHAR character) {
  return find_first(text, character);
}
WCHAR* NTAPI wcsrchr(const WCHAR* text, WCHAR character) {
  return find_last(text, character);
}
WCHAR* NTAPI wcsstr(const WCHAR* text, const WCHAR* part) {
  return find_part(text, part);
}
SIZE_T NTAPI wcsspn(const WCHAR* text, const WCHAR* set) {
  return span(text, set, true);
}
SIZE_T NTAPI wcscspn(const WCHAR* text, const WCHAR* set) {
  return span(text, set, false);
}
WCHAR* NTAPI _wcslwr(WCHAR* text) {
  return map_text(text, wide_lower);
}
WCHAR* NTAPI _wcsupr(WCHAR* text) {
  return map_text(text, wide_upper);
}
WCHAR* NTAPI _wcsrev(WCHAR* text) {
  return reverse(text);
}

int NTAPI wcscpy_s(WCHAR* to, SIZE_T capacity, const WCHAR* from) {
  return copy_secure(to, capacity, from, kNoLimit - 1);
}
int NTAPI wcsncpy_s(WCHAR* to, SIZE_T capacity, const WCHAR* from, SIZE_T count) {
  return copy_secure(to, capacity, from, count);
}
int NTAPI wcscat_s(WCHAR* to, SIZE_T capacity, const WCHAR* from) {
  return append_secure(to, capacity, from, kNoLimit - 1);
}
int NTAPI wcsncat_s(WCHAR* to, SIZE_T capacity, const WCHAR* from, SIZE_T count) {
  return append_secure(to, capacity, from, count);
}

SIZE_T NTAPI mbstowcs(WCHAR* to, const char* from, SIZE_T count) {
  if (to == nullptr) return length_of(from);
  SIZE_T i = 0;
  for (; i < count && (to[i] = as_is(from[i])) != 0; ++i) continue;
  return i;
}

SIZE_T NTAPI wcstombs(char* to, const WCHAR* from, SIZE_T count) {
  for (SIZE_T i = 0;; ++i) {
    if (to != nullptr && i == count) return i;
    if (from[i] > 0xFF) return ~SIZE_T{0};
    if (to != nullptr) to[i] = static_cast<char>(from[i]);
    if (from[i] == 0) return i;
  }
}

}  // namespace drydock::ntos::crt
