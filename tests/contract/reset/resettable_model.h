#pragma once
// A PCI function for tests of resets: one register that programming leaves something in, delays and failures of its own
// choosing, and a count of what was done to it.

#include <map>

#include "machine/wires.h"
#include "models/pci/config_space.h"

namespace drydock::test::reset {

class ResettableModel final : public machine::DeviceModel {
 public:
  struct Behaviour {
    std::uint16_t device_id = 0x11E8;
    bool has_reset = true;           ///< FLR through the PCI Express capability
    bool advanced_features = false;  ///< through the Advanced Features capability instead
    bool advanced_pending_reported = true;
    machine::Duration ready_after{};             ///< of a function-level reset
    machine::Duration ready_after_power_on{};    ///< of the others
    bool pending = false;                        ///< transactions-pending stays set
    machine::Duration drains_after{};            ///< or is set for so long after the first look
    std::uint16_t device_id_after_power_on = 0;  ///< another device turns up; 0: the same
    bool msi = false;
    bool multifunction = false;
  };

  ResettableModel(machine::DeviceWires& wires, Behaviour behaviour)
      : wires_(wires), behaviour_(behaviour), config_(describe(behaviour)) {}

  std::string_view name() const override { return "resettable"; }
  std::uint32_t config_read(unsigned offset, unsigned size) override {
    // Retry status of the read that a bus polls with, as the root complex passes it on: vendor 0001.
    if (wires_.now() < ready_at_ && offset < 4) return offset == 0 ? 0xFFFF0001 : ~0u;
    std::uint32_t value = config_.read(offset, size);
    if (offset == kExpress + 10 && transactions_pending()) value |= 0x20;
    if (behaviour_.advanced_features) {
      if (offset == kAdvanced && size >= 2) value |= 0x13;  // id; the last of the list
      if (offset == kAdvanced + 3) value |= behaviour_.advanced_pending_reported ? 3 : 2;
      if (offset == kAdvanced + 5 && transactions_pending()) value |= 1;
    }
    if (behaviour_.advanced_features && offset == 0x34 && size == 1) value = kAdvanced;
    if (behaviour_.advanced_features && offset == 0x06 && size == 2) value |= 0x10;
    if (other_device_ && offset <= 2 && offset + size > 2)
      value = (value & ~(0xFFFFu << (2 - offset) * 8)) | std::uint32_t{behaviour_.device_id_after_power_on}
                                                             << (2 - offset) * 8;
    return value;
  }
  void config_write(unsigned offset, unsigned size, std::uint32_t value) override {
    if (offset == kPower + 4 && (value & 3) == 3) ++entered_d3;
    if (offset == kExpress + 8 && size >= 2 && (value & 0x8000)) ++initiated;
    if (behaviour_.advanced_features && offset == kAdvanced + 4 && (value & 1)) {
      wires_.after(machine::Duration{1}, [] {});  // whatever it had begun
      reset(machine::ResetKind::FunctionLevel);
      return;
    }
    config_.write(offset, size, value);
  }
  std::uint64_t read(unsigned, std::uint64_t, unsigned) override { return scratch; }
  void write(unsigned, std::uint64_t, unsigned, std::uint64_t value) override { scratch = value; }
  void reset(machine::ResetKind kind) override {
    config_.reset(kind);
    scratch = 0;
    ++resets[kind];
    reset_at = wires_.now();
    ready_at_ = reset_at + (kind == machine::ResetKind::FunctionLevel ? behaviour_.ready_after
                                                                      : behaviour_.ready_after_power_on);
    if (kind == machine::ResetKind::PowerOn && behaviour_.device_id_after_power_on) other_device_ = true;
  }
  void unplugged() override {}

  unsigned function_resets() { return resets[machine::ResetKind::FunctionLevel]; }
  bool send_interrupt() { return wires_.send_message(0); }
  machine::DeviceWires& wires() { return wires_; }

  std::map<machine::ResetKind, unsigned> resets;
  unsigned initiated = 0;  ///< writes of the bit that starts a function-level reset
  unsigned entered_d3 = 0;
  machine::Time reset_at{};
  std::uint64_t scratch = 0;

  static constexpr unsigned kExpress = 0x70, kMsi = 0x50, kPower = 0x40;

 private:
  static constexpr unsigned kAdvanced = 0xC0;
  static models::pci::FunctionDescription describe(const Behaviour& behaviour) {
    models::pci::FunctionDescription d;
    d.vendor = 0x1234;
    d.device = behaviour.device_id;
    d.class_code = 0xFF0000;
    d.interrupt_pin = 1;
    d.bars[0] = {.size = 0x1000};
    d.multifunction = behaviour.multifunction;
    if (!behaviour.advanced_features) d.power_management = {.offset = kPower};
    if (behaviour.msi) d.msi = {.offset = kMsi};
    if (!behaviour.advanced_features) d.pci_express = {.offset = kExpress, .function_level_reset = behaviour.has_reset};
    return d;
  }
  bool transactions_pending() {
    if (behaviour_.pending) return true;
    if (behaviour_.drains_after == machine::Duration::zero()) return false;
    if (first_look_ == machine::Time::zero()) first_look_ = wires_.now();
    return wires_.now() - first_look_ < behaviour_.drains_after;
  }

  machine::DeviceWires& wires_;
  Behaviour behaviour_;
  models::pci::ConfigSpace config_;
  machine::Time first_look_{};
  machine::Time ready_at_{};
  bool other_device_ = false;
};

}  // namespace drydock::test::reset
