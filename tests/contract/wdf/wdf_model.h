#pragma once
// A PCI function for framework tests: a page of scratch registers, a few of which do something, two MSI-X messages, and
// some memory of its own, which it fills from RAM or copies there.

#include <functional>
#include <vector>

#include "machine/wires.h"
#include "models/pci/config_space.h"

namespace drydock::test::wdf {

class WdfModel final : public machine::DeviceModel {
 public:
  explicit WdfModel(machine::DeviceWires& wires) : wires_(wires), config_(describe()) {}

  std::string_view name() const override { return "wdf"; }
  std::uint32_t config_read(unsigned offset, unsigned size) override { return config_.read(offset, size); }
  void config_write(unsigned offset, unsigned size, std::uint32_t value) override {
    config_.write(offset, size, value);
  }
  std::uint64_t read(unsigned, std::uint64_t offset, unsigned size) override {
    std::uint64_t value = 0;
    if (offset + size <= sizeof registers_) __builtin_memcpy(&value, registers_ + offset, size);
    return value;
  }
  void write(unsigned, std::uint64_t offset, unsigned size, std::uint64_t value) override {
    if (offset + size <= sizeof registers_) __builtin_memcpy(registers_ + offset, &value, size);
    if (offset == kDoorbell) wires_.send_message(static_cast<unsigned>(value));
    if (offset == kLine) wires_.set_line(value != 0);
    if (offset == kTransfer) transfer(value == kToRam);
  }
  void reset(machine::ResetKind kind) override { config_.reset(kind); }
  void unplugged() override {}

  /// Registers: the driver asks for a message; 1 while the device pulls its line, and 0 written there lets it go.
  static constexpr unsigned kDoorbell = 0x100, kLine = 0x104;
  /// A transfer of kLength bytes between kAddress (64 bits) in RAM and kPlace in the device's memory, begun and ended by
  /// the write of its direction.
  static constexpr unsigned kAddress = 0x200, kLength = 0x208, kPlace = 0x20C, kTransfer = 0x210;
  static constexpr unsigned kToDevice = 1, kToRam = 2;
  std::vector<std::byte> memory = std::vector<std::byte>(0x20000);
  unsigned transfers = 0;
  void raise_line() { write(0, kLine, 4, 1); }
  /// A transfer of a few bytes into RAM.
  bool write_memory(machine::PhysicalAddress to) { return wires_.dma_write(to, std::as_bytes(std::span(registers_, 16))); }
  bool interrupt(unsigned message) { return wires_.send_message(message); }
  void after(machine::Duration delay, std::function<void()> action) { wires_.after(delay, std::move(action)); }
  void line(bool asserted) { wires_.set_line(asserted); }

 private:
  template <class T>
  T at(unsigned offset) const {
    T value;
    __builtin_memcpy(&value, registers_ + offset, sizeof value);
    return value;
  }
  void transfer(bool to_ram) {
    const auto length = at<std::uint32_t>(kLength), place = at<std::uint32_t>(kPlace);
    if (length > memory.size() || place > memory.size() - length) return;
    const std::span<std::byte> mine(memory.data() + place, length);
    ++transfers;
    if (to_ram)
      wires_.dma_write(at<std::uint64_t>(kAddress), mine);
    else
      wires_.dma_read(at<std::uint64_t>(kAddress), mine);
  }

  static constexpr unsigned kMsix = 0x40;
  static models::pci::FunctionDescription describe() {
    models::pci::FunctionDescription d;
    d.vendor = 0x1234;
    d.device = 0x57DF;
    d.class_code = 0xFF0000;
    d.interrupt_pin = 1;
    d.bars[0] = {.size = 0x1000};
    d.msix = {.offset = kMsix,
              .vectors = 2,
              .table_bar = 0,
              .table_offset = 0x800,
              .pending_bar = 0,
              .pending_offset = 0xC00};
    return d;
  }

  machine::DeviceWires& wires_;
  models::pci::ConfigSpace config_;
  std::uint8_t registers_[0x1000] = {0xED, 0, 0, 1};
};

}  // namespace drydock::test::wdf
