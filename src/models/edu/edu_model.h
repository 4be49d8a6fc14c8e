#pragma once
// QEMU's educational device, as a PCI Express function that can be reset by itself.

#include <array>
#include <cstddef>
#include <cstdint>

#include "machine/wires.h"
#include "models/edu/edu_faults.h"
#include "models/edu/edu_registers.h"
#include "models/pci/config_space.h"
#include "models/pci/fabric.h"

namespace drydock::models::edu {

struct Options {
  machine::Duration factorial_latency = std::chrono::microseconds(10);
  machine::Duration dma_latency = std::chrono::milliseconds(100);  ///< of a transfer of any length, as in QEMU
  bool has_msi = true;
  bool has_function_level_reset = true;
  Faults faults;
};

struct Statistics {
  std::uint64_t factorials = 0;
  std::uint64_t transfers = 0;   ///< ended, refused ones included
  std::uint64_t interrupts = 0;  ///< signalled
  std::uint64_t function_resets = 0;
  std::uint64_t bus_resets = 0;  ///< by reset line or power
};

class EduModel final : public machine::DeviceModel {
 public:
  EduModel(machine::DeviceWires& wires, Options options);

  std::string_view name() const override { return "edu"; }
  std::uint32_t config_read(unsigned offset, unsigned size) override;
  void config_write(unsigned offset, unsigned size, std::uint32_t value) override;
  std::uint64_t read(unsigned bar, std::uint64_t offset, unsigned size) override;
  void write(unsigned bar, std::uint64_t offset, unsigned size, std::uint64_t value) override;
  void reset(machine::ResetKind kind) override;
  void unplugged() override;

  /// The fault strikes at its next opportunity, whatever the decisions say.
  void strike(Fault fault) { ++certain_[static_cast<std::size_t>(fault)]; }
  /// Of those, how many have had no opportunity yet.
  unsigned strikes_to_come(Fault fault) const { return certain_[static_cast<std::size_t>(fault)]; }

  bool hung() const { return hang_ != HangDepth::None; }
  bool dead() const { return dead_; }
  const Statistics& statistics() const { return statistics_; }
  Faults& faults() { return options_.faults; }

 private:
  enum class HangDepth { None, UntilAnyReset, UntilBusReset };
  struct Transfer {
    std::uint64_t source = 0, destination = 0, count = 0, command = 0;
  };

  void write_status(std::uint32_t value);
  void begin_factorial(std::uint32_t number);
  void end_factorial();
  void write_dma(std::uint64_t& field, std::uint64_t value);
  void begin_transfer(std::uint64_t command);
  void end_transfer();
  bool move(const Transfer& transfer);
  void raise(std::uint32_t bits);
  void acknowledge(std::uint32_t bits);
  bool strikes(Fault fault);
  bool takes_commands();
  bool in_reset() const;

  machine::DeviceWires& wires_;
  Options options_;
  pci::ConfigSpace config_;
  std::array<unsigned, kFaultCount> certain_{};

  std::uint32_t liveness_ = 0;
  std::uint32_t factorial_ = 0;
  bool computing_ = false;
  bool interrupt_afterwards_ = false;
  std::uint32_t interrupt_status_ = 0;
  Transfer transfer_;
  std::array<std::byte, dma::kBufferBytes> buffer_{};

  HangDepth hang_ = HangDepth::None;
  bool stuck_in_reset_ = false;
  machine::Time ready_at_{};  ///< retry status until then
  bool dead_ = false;
  Statistics statistics_;
};

/// For PciFabric::plug. `created`, if given, receives the model; it stays valid until the device is unplugged.
pci::ModelFactory factory(Options options, EduModel** created = nullptr);

}  // namespace drydock::models::edu
