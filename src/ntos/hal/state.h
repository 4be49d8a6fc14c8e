#pragma once
// What the HAL keeps in a machine: DMA adapters and what was got from them.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>

#include "machine/wires.h"
#include "nt/dma.h"

namespace drydock::ntos::hal {

struct CommonBuffer {
  std::size_t bytes = 0;
  std::uint64_t caller = 0;
};

/// Memory a device reaches in place of pages that it cannot, or of pages that are not neighbours.
struct Bounce {
  std::byte* buffer = nullptr;  ///< contiguous, within the adapter's reach
  std::size_t pages = 0;
  std::byte* original = nullptr;  ///< where the bytes belong
  std::size_t bytes = 0;
};

/// Map registers of one allocation, or one scatter/gather list.
struct Transfer {
  const nt::DMA_ADAPTER* adapter = nullptr;
  std::uint32_t map_registers = 0;
  std::deque<Bounce> bounces;
  std::uint64_t caller = 0;
};

struct Adapter {
  std::uint32_t number = 0;
  const nt::DEVICE_OBJECT* device = nullptr;
  machine::PhysicalAddress highest = 0;  ///< the last byte the device reaches
  std::uint32_t maximum_length = 0;
  std::uint32_t map_registers_max = 0;
  bool scatter_gather = false;
  std::map<std::uintptr_t, CommonBuffer> common_buffers;  ///< by address
  std::uint64_t caller = 0;
};

struct State {
  nt::DMA_OPERATIONS* operations = nullptr;            ///< in pool, shared by all adapters
  std::map<const nt::DMA_ADAPTER*, Adapter> adapters;  // looked up; reports sort by number
  std::map<const void*, Transfer> transfers;           // by scatter/gather list or map register base; looked up
  std::uint32_t adapters_made = 0;
};

}  // namespace drydock::ntos::hal
