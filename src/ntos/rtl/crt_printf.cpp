#include "ntos/rtl/crt.h"
#include "ntos/rtl/crt_text.h"
#include "ntos/rtl/format.h"

namespace drydock::ntos::crt {

namespace {

constexpr SIZE_T kUnbounded = 0x7FFFFFFF;

/// _vsnprintf: the terminator is written only if there is room for it.
template <class C>
int print_counted(C* to, SIZE_T count, const C* pattern, __builtin_ms_va_list arguments) {
  SIZE_T length = rtl::format(to, count, pattern, rtl::FormatArguments(arguments));
  if (to == nullptr) return count == 0 ? static_cast<int>(length) : -1;
  if (length < count) to[length] = 0;
  return length <= count ? static_cast<int>(length) : -1;
}

/// vsprintf_s and _vsnprintf_s: always terminated; what does not fit empties the buffer unless truncation is asked for.
template <class C>
int print_secure(C* to, SIZE_T capacity, SIZE_T count, const C* pattern, __builtin_ms_va_list arguments) {
  if (to == nullptr || capacity == 0 || pattern == nullptr) return -1;
  SIZE_T room = capacity - 1;
  SIZE_T limit = count == kTruncate || count > room ? room : count;
  SIZE_T length = rtl::format(to, limit, pattern, rtl::FormatArguments(arguments));
  if (length <= limit) {
    to[length] = 0;
    return static_cast<int>(length);
  }
  bool may_truncate = count == kTruncate || count < capacity;
  to[may_truncate ? limit : 0] = 0;
  return -1;
}

}  // namespace

int NTAPI vsprintf(char* to, const char* pattern, __builtin_ms_va_list arguments) {
  return print_counted(to, kUnbounded, pattern, arguments);
}
int NTAPI _vsnprintf(char* to, SIZE_T count, const char* pattern, __builtin_ms_va_list arguments) {
  return print_counted(to, count, pattern, arguments);
}
int NTAPI vsprintf_s(char* to, SIZE_T capacity, const char* pattern, __builtin_ms_va_list arguments) {
  return print_secure(to, capacity, capacity, pattern, arguments);
}
int NTAPI _vsnprintf_s(char* to, SIZE_T capacity, SIZE_T count, const char* pattern, __builtin_ms_va_list arguments) {
  return print_secure(to, capacity, count, pattern, arguments);
}
int NTAPI _vswprintf(WCHAR* to, const WCHAR* pattern, __builtin_ms_va_list arguments) {
  return print_counted(to, kUnbounded, pattern, arguments);
}
int NTAPI _vsnwprintf(WCHAR* to, SIZE_T count, const WCHAR* pattern, __builtin_ms_va_list arguments) {
  return print_counted(to, count, pattern, arguments);
}
int NTAPI vswprintf_s(WCHAR* to, SIZE_T capacity, const WCHAR* pattern, __builtin_ms_va_list arguments) {
  return print_secure(to, capacity, capacity, pattern, arguments);
}
int NTAPI _vsnwprintf_s(WCHAR* to, SIZE_T capacity, SIZE_T count, const WCHAR* pattern,
                        __builtin_ms_va_list arguments) {
  return print_secure(to, capacity, count, pattern, arguments);
}

int NTAPI sprintf(char* to, const char* pattern, ...) {
  __builtin_ms_va_list arguments;
  __builtin_ms_va_start(arguments, pattern);
  return print_counted(to, kUnbounded, pattern, arguments);
}
int NTAPI _snprintf(char* to, SIZE_T count, const char* pattern, ...) {
  __builtin_ms_va_list arguments;
  __builtin_ms_va_start(arguments, pattern);
  return print_counted(to, count, pattern, arguments);
}
int NTAPI sprintf_s(char* to, SIZE_T capacity, const char* pattern, ...) {
  __builtin_ms_va_list arguments;
  __builtin_ms_va_start(arguments, pattern);
  return print_secure(to, capacity, capacity, pattern, arguments);
}
int NTAPI _snprintf_s(char* to, SIZE_T capacity, SIZE_T count, const char* pattern, ...) {
  __builtin_ms_va_list arguments;
  __builtin_ms_va_start(arguments, pattern);
  return print_secure(to, capacity, count, pattern, arguments);
}
int NTAPI swprintf(WCHAR* to, const WCHAR* pattern, ...) {
  __builtin_ms_va_list arguments;
  __builtin_ms_va_start(arguments, pattern);
  return print_counted(to, kUnbounded, pattern, arguments);
}
int NTAPI _snwprintf(WCHAR* to, SIZE_T count, const WCHAR* pattern, ...) {
  __builtin_ms_va_list arguments;
  __builtin_ms_va_start(arguments, pattern);
  return print_counted(to, count, pattern, arguments);
}
int NTAPI swprintf_s(WCHAR* to, SIZE_T capacity, const WCHAR* pattern, ...) {
  __builtin_ms_va_list arguments;
  __builtin_ms_va_start(arguments, pattern);
  return print_secure(to, capacity, capacity, pattern, arguments);
}
int NTAPI _snwprintf_s(WCHAR* to, SIZE_T capacity, SIZE_T count, const WCHAR* pattern, ...) {
  __builtin_ms_va_list arguments;
  __builtin_ms_va_start(arguments, pattern);
  return print_secure(to, capacity, count, pattern, arguments);
}

}  // namespace drydock::ntos::crt
