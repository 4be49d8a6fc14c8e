#pragma once
// What memory management keeps in a machine.

#include <cstdint>
#include <map>

#include "machine/memory.h"
#include "nt/mdl.h"
#include "ntos/mm/io_space_watch.h"

namespace drydock::ntos::mm {

/// A mapping of device memory or of an MDL's pages.
struct Mapping {
  std::size_t bytes = 0;
  std::size_t pages = 0;  ///< of alias window; 0 for device memory
  unsigned times = 0;     ///< device memory has one address however often it is mapped
  const nt::MDL* mdl = nullptr;  ///< whose pages; null for device memory, through an MDL or not
  std::uint64_t caller = 0;  ///< driver address that asked
  bool stale = false;        ///< what it maps is no longer its driver's: whoever touches it faults
};

struct ContiguousBlock {
  std::size_t bytes = 0;
  std::size_t pages = 0;
  std::uint64_t caller = 0;
};

struct State {
  std::map<std::uintptr_t, Mapping> mappings;            // by address
  std::map<std::uintptr_t, ContiguousBlock> contiguous;  // by address
  IoSpaceWatch watch;
  std::map<const nt::MDL*, std::uint64_t> locked;        // MDL with locked pages -> driver address that locked them
};

}  // namespace drydock::ntos::mm
