#include "machine/guest_call.h"
#include "nt/status.h"
#include "ntos/kernel.h"
#include "ntos/rtl/crt.h"
#include "ntos/rtl/crt_text.h"
#include "ntos/rtl/state.h"
#include "ntos/rtl/upcase.h"

namespace drydock::ntos::crt {

int NTAPI tolower(int c) {
  return c >= 'A' && c <= 'Z' ? c + 32 : c;
}
int NTAPI toupper(int c) {
  return c >= 'a' && c <= 'z' ? c - 32 : c;
}
WCHAR NTAPI towlower(WCHAR c) {
  return rtl::downcase(c);
}
WCHAR NTAPI towupper(WCHAR c) {
  return rtl::upcase(c);
}
int NTAPI isdigit(int c) {
  return c >= '0' && c <= '9';
}
int NTAPI islower(int c) {
  return c >= 'a' && c <= 'z';
}
int NTAPI isupper(int c) {
  return c >= 'A' && c <= 'Z';
}
int NTAPI isspace(int c) {
  return c == ' ' || (c >= 9 && c <= 13);
}
int NTAPI isprint(int c) {
  return c >= 0x20 && c < 0x7F;
}
int NTAPI isxdigit(int c) {
  return isdigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

int NTAPI atoi(const char* text) {
  return parse_decimal(text);
}
LONG NTAPI atol(const char* text) {
  return parse_decimal(text);
}
int NTAPI _wtoi(const WCHAR* text) {
  return parse_decimal(text);
}
LONG NTAPI _wtol(const WCHAR* text) {
  return parse_decimal(text);
}

namespace {
// The unbounded forms trust the caller's buffer, as they do on Windows.
constexpr SIZE_T kTrusted = 66;
}  // namespace

char* NTAPI _itoa(int value, char* to, int radix) {
  write_signed(value, 32, to, kTrusted, radix);
  return to;
}
WCHAR* NTAPI _itow(int value, WCHAR* to, int radix) {
  write_signed(value, 32, to, kTrusted, radix);
  return to;
}
int NTAPI _itoa_s(int value, char* to, SIZE_T capacity, int radix) {
  return write_signed(value, 32, to, capacity, radix);
}
int NTAPI _itow_s(int value, WCHAR* to, SIZE_T capacity, int radix) {
  return write_signed(value, 32, to, capacity, radix);
}
int NTAPI _ultoa_s(ULONG value, char* to, SIZE_T capacity, int radix) {
  return write_number(value, false, to, capacity, radix);
}
int NTAPI _ultow_s(ULONG value, WCHAR* to, SIZE_T capacity, int radix) {
  return write_number(value, false, to, capacity, radix);
}
int NTAPI _i64toa_s(LONGLONG value, char* to, SIZE_T capacity, int radix) {
  return write_signed(value, 64, to, capacity, radix);
}
int NTAPI _i64tow_s(LONGLONG value, WCHAR* to, SIZE_T capacity, int radix) {
  return write_signed(value, 64, to, capacity, radix);
}
int NTAPI _ui64toa_s(ULONGLONG value, char* to, SIZE_T capacity, int radix) {
  return write_number(value, false, to, capacity, radix);
}
int NTAPI _ui64tow_s(ULONGLONG value, WCHAR* to, SIZE_T capacity, int radix) {
  return write_number(value, false, to, capacity, radix);
}

int NTAPI rand() {
  auto& seed = kernel().rtl->rand_seed;
  seed = seed * 214013 + 2531011;
  return static_cast<int>(seed >> 16 & 0x7FFF);
}

void NTAPI srand(UINT seed) {
  kernel().rtl->rand_seed = seed;
}

namespace {

int compare_with(CompareRoutine compare, const char* a, const char* b) {
  return machine::call_driver(compare, static_cast<const void*>(a), static_cast<const void*>(b));
}

void swap_elements(char* a, char* b, SIZE_T width) {
  for (SIZE_T i = 0; i < width; ++i) std::swap(a[i], b[i]);
}

void sift_down(char* base, SIZE_T root, SIZE_T count, SIZE_T width, CompareRoutine compare) {
  for (SIZE_T child; (child = 2 * root + 1) < count; root = child) {
    if (child + 1 < count && compare_with(compare, base + child * width, base + (child + 1) * width) < 0) ++child;
    if (compare_with(compare, base + root * width, base + child * width) >= 0) return;
    swap_elements(base + root * width, base + child * width, width);
  }
}

}  // namespace

// A heap sort: bounded stack and time whatever the driver's routine answers.
void NTAPI qsort(void* base, SIZE_T count, SIZE_T width, CompareRoutine compare) {
  auto* elements = static_cast<char*>(base);
  if (count < 2 || width == 0) return;
  for (SIZE_T root = count / 2; root-- > 0;) sift_down(elements, root, count, width, compare);
  for (SIZE_T last = count - 1; last > 0; --last) {
    swap_elements(elements, elements + last * width, width);
    sift_down(elements, 0, last, width, compare);
  }
}

void* NTAPI bsearch(const void* key, const void* base, SIZE_T count, SIZE_T width, CompareRoutine compare) {
  const auto* low = static_cast<const char*>(base);
  while (count > 0) {
    const char* middle = low + count / 2 * width;
    int order = machine::call_driver(compare, key, static_cast<const void*>(middle));
    if (order == 0) return const_cast<char*>(middle);
    if (order > 0) {
      low = middle + width;
      count -= count / 2 + 1;
    } else {
      count /= 2;
    }
  }
  return nullptr;
}

int NTAPI _purecall() {
  machine::Machine::current().bug_check(0x1E, static_cast<ULONG>(STATUS_NOT_SUPPORTED), 0, 0, 0,
                                        "a pure virtual function was called");
}

}  // namespace drydock::ntos::crt
