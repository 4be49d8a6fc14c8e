#pragma once
// The one formatter behind every printf of the kernel: Microsoft's conversions (%wZ, %I64x, %S, ...), no floating
// point.

#include <cstddef>
#include <cstdint>

#include "nt/base.h"

namespace drydock::ntos::rtl {

/// The variable arguments of an NTAPI call: eight bytes each, as __builtin_ms_va_list points at them.
class FormatArguments {
 public:
  explicit FormatArguments(const void* first) : next_(static_cast<const std::uint64_t*>(first)) {}
  std::uint64_t take() { return *next_++; }

 private:
  const std::uint64_t* next_;
};

/// Writes at most `capacity` characters to `to` (none if null), no terminator. Returns how many the whole text has.
/// `C` is char or WCHAR; it decides what %s and %c mean. Reads strings where the driver's pointers say.
template <class C>
std::size_t format(C* to, std::size_t capacity, const C* pattern, FormatArguments arguments);

extern template std::size_t format<char>(char*, std::size_t, const char*, FormatArguments);
extern template std::size_t format<nt::WCHAR>(nt::WCHAR*, std::size_t, const nt::WCHAR*, FormatArguments);

}  // namespace drydock::ntos::rtl
