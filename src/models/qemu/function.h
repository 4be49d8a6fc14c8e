#pragma once
// One QEMU device as a device of the board. Its registers are QEMU's; where they lie and where its messages go is ours:
// base address registers and message interrupts that the driver's computer programs are kept here, QEMU gets others.

#include <array>

#include "machine/wires.h"
#include "models/pci/config_space.h"

namespace drydock::models::qemu {

class Computer;

/// Lives in a machine, for as long as the device is plugged in. After QEMU has gone, and on an empty slot, everything
/// reads as all ones.
class Function final : public machine::DeviceModel {
 public:
  Function(Computer& computer, unsigned port, machine::DeviceWires& wires);
  ~Function() override;

  std::string_view name() const override;
  std::uint32_t config_read(unsigned offset, unsigned size) override;
  void config_write(unsigned offset, unsigned size, std::uint32_t value) override;
  std::uint64_t read(unsigned bar, std::uint64_t offset, unsigned size) override;
  void write(unsigned bar, std::uint64_t offset, unsigned size, std::uint64_t value) override;
  void reset(machine::ResetKind kind) override;
  void unplugged() override;

  // ---- for Computer
  void line_changed(bool raised, bool line_is_shared);
  void message_came(unsigned vector);
  /// The reset that follows has happened already.
  void system_was_reset() { already_reset_ = true; }

 private:
  struct Bar {
    std::uint64_t size = 0;  ///< 0: none, or the upper half of the one before
    bool is_io = false, is_64bit = false;
    std::uint32_t kind = 0;         ///< the low bits, which say what it is
    std::uint64_t in_qemu = 0;      ///< where QEMU has it
    std::uint64_t as_written = 0;   ///< where the driver's computer has it
  };

  void explore();
  void size_bar(unsigned index);
  void place_bars();
  void program_messages();
  void program_msix_table();
  bool in_bars(unsigned offset) const;
  bool in_msi(unsigned offset) const;
  std::uint32_t read_bar_register(unsigned offset) const;
  void write_bar_register(unsigned offset, std::uint32_t value);
  bool present() const;

  Computer& computer_;
  const unsigned port_;
  machine::DeviceWires& wires_;
  bool pulled_ = false;
  bool already_reset_ = false;
  std::array<Bar, pci::kBarCount> bars_{};
  unsigned msi_offset_ = 0, msi_bytes_ = 0;
  std::array<std::uint8_t, 24> msi_{};  ///< the capability as the driver's computer has written it
  unsigned msix_offset_ = 0;
  unsigned last_write_bar_ = pci::kBarCount;  ///< of the last register access, if it was a write: for streams
  std::uint64_t last_write_offset_ = 0;
};

}  // namespace drydock::models::qemu
