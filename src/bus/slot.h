#pragma once
// Where a function sits: bus:device.function as written in boards, "0:3.0".

#include <compare>
#include <string>

#include <fmt/format.h>

namespace drydock::bus {

struct Slot {
  unsigned bus = 0;
  unsigned device = 0;
  unsigned function = 0;
  friend auto operator<=>(const Slot&, const Slot&) = default;
};

inline std::string to_text(Slot slot) {
  return fmt::format("{}:{}.{}", slot.bus, slot.device, slot.function);
}

}  // namespace drydock::bus
