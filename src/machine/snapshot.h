#pragma once
// A machine's whole state as bytes, taken while nothing runs.

#include <cstddef>
#include <vector>

#include "machine/machine.h"

namespace drydock::machine {

class Machine::Snapshot {
 public:
  std::size_t bytes() const { return bytes_.size(); }

 private:
  friend class Machine;
  struct Extent {
    std::byte* at;
    std::size_t size;
  };
  void add(std::byte* at, std::size_t size);

  std::vector<Extent> extents_;  ///< stored in bytes_ one after another
  std::vector<std::byte> bytes_;
  std::vector<Memory::Run> touched_;
  // Members of Machine itself, which lives outside the slot.
  IoFabric* fabric_ = nullptr;
  KernelHooks* hooks_ = nullptr;
  void* parts_[static_cast<unsigned>(PartId::Count)] = {};
};

}  // namespace drydock::machine
