#pragma once
// Hardware resources in our own words: what a device needs, what it was given, raw and translated.
// The IO_ and CM_ lists that drivers see are made from and read into these by resource_lists.h.

#include <cstdint>
#include <vector>

#include "nt/base.h"

namespace drydock::ntos::pnp {

enum class ResourceKind : std::uint8_t { Memory, Port, Line, Message, BusNumber, DevicePrivate, ConfigData };

/// One thing a device was given.
struct Resource {
  ResourceKind kind = ResourceKind::Memory;
  bool shared = false;
  std::uint16_t flags = 0;     ///< CM_RESOURCE_ flags of its kind
  std::uint64_t start = 0;     ///< address, port, line or bus number
  std::uint64_t length = 0;    ///< bytes, ports or bus numbers
  std::uint32_t messages = 0;  ///< how many, for Message
  std::uint32_t vector = 0;    ///< translated: Line and Message
  std::uint8_t irql = 0;       ///< translated
  std::uint64_t affinity = ~0ull;
  std::uint32_t data[3] = {};  ///< DevicePrivate
  friend bool operator==(const Resource&, const Resource&) = default;
};

/// One thing a device needs, with its alternatives in order of preference: any one of them will do.
struct Alternative {
  ResourceKind kind = ResourceKind::Memory;
  bool shared = false;
  bool preferred = false;
  std::uint16_t flags = 0;
  std::uint64_t minimum = 0, maximum = 0;  ///< addresses, ports, lines or bus numbers, inclusive
  std::uint64_t length = 0;
  std::uint64_t alignment = 1;
  std::uint32_t messages = 0;
  std::uint32_t data[3] = {};
};
struct Requirement {
  std::vector<Alternative> alternatives;
};

/// Alternative lists, best first; a device needs one whole list.
struct Requirements {
  std::uint32_t interface_type = 0;
  std::uint32_t bus = 0;
  std::uint32_t slot = 0;
  std::vector<std::vector<Requirement>> lists;
  bool empty() const { return lists.empty(); }
};

}  // namespace drydock::ntos::pnp
