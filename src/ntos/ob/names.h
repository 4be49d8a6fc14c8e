#pragma once
// Names as the object manager and the registry compare them: UTF-16, without regard to case.

#include <string>
#include <string_view>

#include "nt/string.h"

namespace drydock::ntos::ob {

/// UTF-8 to UTF-16 and back; a malformed sequence becomes U+FFFD.
std::u16string widen(std::string_view text);
std::string narrow(std::u16string_view text);

/// RtlUpcaseUnicodeChar's mapping for the scripts device names are written in: Latin, Greek, Cyrillic.
char16_t upcase(char16_t c);
std::u16string upcase(std::u16string_view text);
bool same_name(std::u16string_view a, std::u16string_view b);

/// Orders names as registry keys are enumerated.
struct NameLess {
  using is_transparent = void;
  bool operator()(std::u16string_view a, std::u16string_view b) const;
};

/// The characters of a driver's string; empty for a null pointer.
inline std::u16string_view view(const nt::UNICODE_STRING* string) {
  if (string == nullptr || string->Buffer == nullptr) return {};
  return {string->Buffer, string->Length / sizeof(char16_t)};
}
std::u16string_view view(const char16_t* zero_terminated);

/// A UNICODE_STRING over `text`, which must outlive it.
inline nt::UNICODE_STRING counted(std::u16string_view text) {
  auto bytes = static_cast<nt::USHORT>(text.size() * sizeof(char16_t));
  return {bytes, bytes, const_cast<char16_t*>(text.data())};
}

}  // namespace drydock::ntos::ob
