#pragma once
// NTSTATUS codes, and the name of each.

#include "nt/base.h"

namespace drydock::nt {

#define NT_STATUS(name, value) inline constexpr NTSTATUS name = static_cast<NTSTATUS>(value);
#define NT_STATUS_ALIAS(name, value) inline constexpr NTSTATUS name = static_cast<NTSTATUS>(value);
#include "nt/status_codes.inc"
#undef NT_STATUS
#undef NT_STATUS_ALIAS

constexpr bool NT_SUCCESS(NTSTATUS status) {
  return status >= 0;
}
constexpr bool NT_INFORMATION(NTSTATUS status) {
  return (static_cast<ULONG>(status) >> 30) == 1;
}
constexpr bool NT_WARNING(NTSTATUS status) {
  return (static_cast<ULONG>(status) >> 30) == 2;
}
constexpr bool NT_ERROR(NTSTATUS status) {
  return (static_cast<ULONG>(status) >> 30) == 3;
}

struct StatusName {
  ULONG value;
  const char* name;
};

inline constexpr StatusName kStatusNames[] = {
#define NT_STATUS(name, value) {value, #name},
#define NT_STATUS_ALIAS(name, value)
#include "nt/status_codes.inc"
#undef NT_STATUS
#undef NT_STATUS_ALIAS
};

/// Returns the name of `status` ("STATUS_PENDING"), or nullptr for a value the table lacks.
constexpr const char* status_name(NTSTATUS status) {
  const auto wanted = static_cast<ULONG>(status);
  size_t low = 0;
  size_t high = sizeof(kStatusNames) / sizeof(kStatusNames[0]);
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (kStatusNames[middle].value < wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const bool found = low < sizeof(kStatusNames) / sizeof(kStatusNames[0]) && kStatusNames[low].value == wanted;
  return found ? kStatusNames[low].name : nullptr;
}

namespace detail {
constexpr bool status_names_ascend() {
  for (size_t i = 1; i < sizeof(kStatusNames) / sizeof(kStatusNames[0]); ++i) {
    if (kStatusNames[i - 1].value >= kStatusNames[i].value) return false;
  }
  return true;
}
}  // namespace detail
static_assert(detail::status_names_ascend());

}  // namespace drydock::nt
