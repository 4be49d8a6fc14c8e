#pragma once
// Registers that no driver may touch now, for their device is without power. Stands between the processors and the
// fabric from the first time on that there are such registers.

#include <cstdint>
#include <vector>

#include "machine/wires.h"
#include "ntos/pnp/devnode.h"

namespace drydock::ntos::pnp {

class PowerWatch final : public machine::IoFabric {
 public:
  /// The registers that `node` was given are out of bounds from now on; the first touch is a finding.
  void forbid(const Devnode& node);
  /// It has power again, or gives its resources back.
  void allow(const Devnode& node);

  std::uint64_t read_memory(machine::PhysicalAddress address, unsigned size) override;
  void write_memory(machine::PhysicalAddress address, unsigned size, std::uint64_t value) override;
  std::uint32_t read_port(std::uint16_t port, unsigned size) override;
  void write_port(std::uint16_t port, unsigned size, std::uint32_t value) override;
  std::uint32_t read_config(unsigned bus, unsigned device, unsigned function, unsigned offset, unsigned size) override;
  void write_config(unsigned bus, unsigned device, unsigned function, unsigned offset, unsigned size,
                    std::uint32_t value) override;

 private:
  struct Forbidden {
    std::uint32_t devnode;
    bool told;
    std::vector<Resource> registers;
  };
  void look_at(ResourceKind kind, std::uint64_t address, const char* what);

  machine::IoFabric* behind_ = nullptr;
  std::vector<Forbidden> forbidden_;
};

}  // namespace drydock::ntos::pnp
