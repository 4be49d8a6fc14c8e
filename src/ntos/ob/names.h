#pragma once
// Names as the object manager and the registry compare them: UTF-16, without regard to case (rtl/string.h).

#include <string>
#include <string_view>

#include "nt/string.h"
#include "ntos/rtl/string.h"
#include "ntos/rtl/upcase.h"

namespace drydock::ntos::ob {

using rtl::NameLess;

inline std::u16string widen(std::string_view text) { return rtl::to_utf16(text); }
inline std::string narrow(std::u16string_view text) { return rtl::to_utf8(text); }

inline bool same_name(std::u16string_view a, std::u16string_view b) {
  return a.size() == b.size() && rtl::compare_names(a, b) == 0;
}

inline std::u16string upcase(std::u16string_view text) {
  std::u16string result(text);
  for (char16_t& c : result) c = rtl::upcase(c);
  return result;
}

/// The characters of a driver's string; empty for a null pointer.
inline std::u16string_view view(const nt::UNICODE_STRING* string) {
  if (string == nullptr || string->Buffer == nullptr) return {};
  return {string->Buffer, string->Length / sizeof(char16_t)};
}
inline std::u16string_view view(const char16_t* zero_terminated) {
  return zero_terminated == nullptr ? std::u16string_view{} : std::u16string_view{zero_terminated};
}

/// A UNICODE_STRING over `text`, which must outlive it.
inline nt::UNICODE_STRING counted(std::u16string_view text) {
  auto bytes = static_cast<nt::USHORT>(text.size() * sizeof(char16_t));
  return {bytes, bytes, const_cast<char16_t*>(text.data())};
}

}  // namespace drydock::ntos::ob
