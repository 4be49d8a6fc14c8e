#pragma once
// A PCI Express function for tests of function-level reset: one register, and delays of its own choosing.

#include "machine/wires.h"
#include "models/pci/config_space.h"

namespace drydock::test::reset {

class ResettableModel final : public machine::DeviceModel {
 public:
  struct Behaviour {
    bool has_reset = true;
    machine::Duration ready_after{};  ///< of a reset: retry status until then
    bool pending = false;             ///< transactions-pending stays set
  };

  ResettableModel(machine::DeviceWires& wires, Behaviour behaviour)
      : wires_(wires), behaviour_(behaviour), config_(describe(behaviour)) {}

  std::string_view name() const override { return "resettable"; }
  std::uint32_t config_read(unsigned offset, unsigned size) override {
    if (wires_.now() < ready_at_ && offset < 4) return offset == 0 ? 0x0001 : 0;  // configuration retry
    std::uint32_t value = config_.read(offset, size);
    if (behaviour_.pending && offset == kExpress + 10) value |= 0x20;
    return value;
  }
  void config_write(unsigned offset, unsigned size, std::uint32_t value) override {
    config_.write(offset, size, value);
  }
  std::uint64_t read(unsigned, std::uint64_t, unsigned) override { return scratch_; }
  void write(unsigned, std::uint64_t, unsigned, std::uint64_t value) override { scratch_ = value; }
  void reset(machine::ResetKind kind) override {
    config_.reset(kind);
    scratch_ = 0;
    if (kind != machine::ResetKind::FunctionLevel) return;
    ++resets;
    reset_at = wires_.now();
    ready_at_ = wires_.now() + behaviour_.ready_after;
  }
  void unplugged() override {}

  unsigned resets = 0;
  machine::Time reset_at{};

 private:
  static constexpr unsigned kExpress = 0x70;
  static models::pci::FunctionDescription describe(const Behaviour& behaviour) {
    models::pci::FunctionDescription d;
    d.vendor = 0x1234;
    d.device = 0x11E8;
    d.class_code = 0xFF0000;
    d.interrupt_pin = 1;
    d.bars[0] = {.size = 0x1000};
    d.pci_express = {.offset = kExpress, .function_level_reset = behaviour.has_reset};
    return d;
  }

  machine::DeviceWires& wires_;
  Behaviour behaviour_;
  models::pci::ConfigSpace config_;
  std::uint64_t scratch_ = 0;
  machine::Time ready_at_{};
};

}  // namespace drydock::test::reset
