#pragma once
// Stands between the processors and the fabric: whoever touches the registers of a device that was surprise-removed is
// named (RST-200).

#include <string>
#include <vector>

#include "machine/wires.h"
#include "ntos/pnp/resources.h"

namespace drydock::bus::pci {

class RegisterWatch final : public machine::IoFabric {
 public:
  explicit RegisterWatch(machine::IoFabric& fabric) : fabric_(fabric) {}

  /// From now on an access to one of these is a finding, one for each device. `device` is its name, for people.
  void forbid(const std::vector<ntos::pnp::Resource>& resources, std::string device);
  /// Another device has been given these.
  void allow(const std::vector<ntos::pnp::Resource>& resources);

  std::uint64_t read_memory(machine::PhysicalAddress address, unsigned size) override;
  void write_memory(machine::PhysicalAddress address, unsigned size, std::uint64_t value) override;
  std::uint32_t read_port(std::uint16_t port, unsigned size) override;
  void write_port(std::uint16_t port, unsigned size, std::uint32_t value) override;
  std::uint32_t read_config(unsigned bus, unsigned device, unsigned function, unsigned offset, unsigned size) override;
  void write_config(unsigned bus, unsigned device, unsigned function, unsigned offset, unsigned size,
                    std::uint32_t value) override;

 private:
  struct Range {
    ntos::pnp::ResourceKind kind;
    std::uint64_t start, length;
    std::string device;
  };
  void look(ntos::pnp::ResourceKind kind, std::uint64_t address, const char* access);

  machine::IoFabric& fabric_;
  std::vector<Range> forbidden_;
};

}  // namespace drydock::bus::pci
