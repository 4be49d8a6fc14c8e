#pragma once
// Upper and lower case as RtlUpcaseUnicodeChar maps them: Latin, Greek and Cyrillic letters with a one-to-one partner.

#include "nt/base.h"

namespace drydock::ntos::rtl {

constexpr nt::WCHAR upcase(nt::WCHAR c) {
  auto minus = [c](int distance) { return static_cast<nt::WCHAR>(c - distance); };
  if (c < 0x80) return c >= 'a' && c <= 'z' ? minus(32) : c;
  if (c >= 0xE0 && c <= 0xFE && c != 0xF7) return minus(32);
  if (c == 0xFF) return 0x178;
  if (((c >= 0x100 && c <= 0x137) || (c >= 0x14A && c <= 0x177)) && c != 0x131 && (c & 1) != 0) return minus(1);
  if (((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) && (c & 1) == 0) return minus(1);
  if (c == 0x3C2) return c;
  if (c >= 0x3B1 && c <= 0x3CB) return minus(32);
  if (c >= 0x430 && c <= 0x44F) return minus(32);
  if (c >= 0x450 && c <= 0x45F) return minus(80);
  return c;
}

constexpr nt::WCHAR downcase(nt::WCHAR c) {
  auto plus = [c](int distance) { return static_cast<nt::WCHAR>(c + distance); };
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? plus(32) : c;
  if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return plus(32);
  if (c == 0x178) return 0xFF;
  if (((c >= 0x100 && c <= 0x137) || (c >= 0x14A && c <= 0x177)) && c != 0x130 && (c & 1) == 0) return plus(1);
  if (((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) && (c & 1) != 0) return plus(1);
  if (c >= 0x391 && c <= 0x3AB && c != 0x3A2) return plus(32);
  if (c >= 0x410 && c <= 0x42F) return plus(32);
  if (c >= 0x400 && c <= 0x40F) return plus(80);
  return c;
}

namespace detail {
constexpr bool upper_case_is_stable() {
  for (unsigned c = 0; c < 0x10000; ++c) {
    auto wide = static_cast<nt::WCHAR>(c);
    if (upcase(upcase(wide)) != upcase(wide) || upcase(downcase(wide)) != upcase(wide)) return false;
  }
  return true;
}
}  // namespace detail

}  // namespace drydock::ntos::rtl
