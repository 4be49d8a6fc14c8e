#pragma once
// Device memory that a driver has unmapped: on Windows the address means nothing any more. Stands between the
// processors and the fabric from the first MmUnmapIoSpace on.

#include <cstdint>
#include <map>

#include "machine/wires.h"

namespace drydock::ntos::mm {

class IoSpaceWatch final : public machine::IoFabric {
 public:
  /// `bytes` at `base`, an address of the device window, are no longer a mapping; others may still cover them.
  /// `stale`: nobody unmapped them, but what they map has been given back.
  void unmapped(std::uint64_t base, std::uint64_t bytes, std::uint64_t caller, bool stale = false);
  /// They are one again.
  void mapped(std::uint64_t base, std::uint64_t bytes);

  std::uint64_t read_memory(machine::PhysicalAddress address, unsigned size) override;
  void write_memory(machine::PhysicalAddress address, unsigned size, std::uint64_t value) override;
  std::uint32_t read_port(std::uint16_t port, unsigned size) override;
  void write_port(std::uint16_t port, unsigned size, std::uint32_t value) override;
  std::uint32_t read_config(unsigned bus, unsigned device, unsigned function, unsigned offset, unsigned size) override;
  void write_config(unsigned bus, unsigned device, unsigned function, unsigned offset, unsigned size,
                    std::uint32_t value) override;

 private:
  struct Range {
    std::uint64_t end;     ///< of its last page
    std::uint64_t caller;  ///< driver address that unmapped it, or mapped it
    bool stale;
  };
  void look_at(machine::PhysicalAddress address, bool write);

  machine::IoFabric* behind_ = nullptr;
  std::map<std::uint64_t, Range> gone_;  ///< by first page; a range that is mapped again in part goes whole
};

}  // namespace drydock::ntos::mm
