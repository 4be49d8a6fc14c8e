#pragma once
// An educational device in a fake computer.

#include <cstdint>

#include "models/edu/edu_model.h"
#include "models/pci/fabric.h"
#include "models/testing/fake_computer.h"

namespace drydock::models::testing {

class EduRig {
 public:
  static constexpr pci::Location kSlot{0, 4, 0};
  static constexpr std::uint64_t kBar0 = 0xE0000000;
  static constexpr std::uint64_t kData = 0x20000;

  explicit EduRig(edu::Options options = {}) {
    fabric.plug(kSlot, edu::factory(options, &model));
    program();
  }

  /// What the bus does at start and after a reset.
  void program() {
    configure(0x10, 4, kBar0);
    configure(0x04, 2, 0x6);
  }
  void configure(unsigned offset, unsigned size, std::uint32_t value) {
    fabric.write_config(kSlot.bus, kSlot.device, kSlot.function, offset, size, value);
  }
  std::uint32_t look(unsigned offset, unsigned size) {
    return fabric.read_config(kSlot.bus, kSlot.device, kSlot.function, offset, size);
  }
  std::uint32_t get(std::uint64_t reg) { return static_cast<std::uint32_t>(fabric.read_memory(kBar0 + reg, 4)); }
  std::uint64_t get_wide(std::uint64_t reg) { return fabric.read_memory(kBar0 + reg, 8); }
  void set(std::uint64_t reg, std::uint32_t value) { fabric.write_memory(kBar0 + reg, 4, value); }
  void set_wide(std::uint64_t reg, std::uint64_t value) { fabric.write_memory(kBar0 + reg, 8, value); }
  bool line() { return computer.lines[fabric.interrupt_line(kSlot)]; }
  void reset_function() { configure(edu::kPciExpressOffset + 8, 2, 0x8000); }

  void transfer(std::uint64_t source, std::uint64_t destination, std::uint64_t count, std::uint64_t command) {
    set_wide(edu::reg::kDmaSource, source);
    set_wide(edu::reg::kDmaDestination, destination);
    set_wide(edu::reg::kDmaCount, count);
    set_wide(edu::reg::kDmaCommand, command);
  }

  FakeComputer computer;
  pci::PciFabric fabric{computer};
  edu::EduModel* model = nullptr;
};

}  // namespace drydock::models::testing
