#pragma once
// A PCI Express root port (1B36:000C, as QEMU's pcie-root-port): a bridge with a slot behind it. What its registers
// mean to the bus behind is the fabric's work.

#include "machine/wires.h"
#include "models/pci/config_space.h"
#include "models/pci/fabric.h"

namespace drydock::models::root_port {

class RootPortModel final : public machine::DeviceModel {
 public:
  RootPortModel();
  std::string_view name() const override { return "root-port"; }
  std::uint32_t config_read(unsigned offset, unsigned size) override { return config_.read(offset, size); }
  void config_write(unsigned offset, unsigned size, std::uint32_t value) override {
    config_.write(offset, size, value);
  }
  std::uint64_t read(unsigned, std::uint64_t, unsigned size) override { return pci::all_ones(size); }
  void write(unsigned, std::uint64_t, unsigned, std::uint64_t) override {}
  void reset(machine::ResetKind kind) override { config_.reset(kind); }
  void unplugged() override {}

 private:
  pci::ConfigSpace config_;
};

/// For PciFabric::plug.
pci::ModelFactory factory();

}  // namespace drydock::models::root_port
