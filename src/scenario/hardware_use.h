#pragma once
// What a run had to do with the QEMU behind its board.

#include <cstdint>
#include <string>

#include "bus/board/board.h"
#include "machine/time.h"

namespace drydock::scenario {

struct HardwareUse {
  bool is_qemu = false;
  std::uint64_t round_trips = 0;  ///< register accesses and the like that waited for QEMU's answer
  std::uint64_t posted = 0;       ///< register writes that did not
  bool ended = false;             ///< QEMU is gone
  bool stood_still = false;       ///< ... in that it did not answer any more
  machine::Time ended_at{};       ///< when the driver lost its devices
  std::string said;               ///< on its standard error since the run began, at most the last 4 KiB
};

/// From its making until use(). Outside of machines.
class HardwareWatch {
 public:
  explicit HardwareWatch(const bus::board::Board& board);
  HardwareUse use() const;

 private:
  models::qemu::Computer* qemu_;
  std::uint64_t round_trips_ = 0, posted_ = 0;
  std::size_t said_ = 0;
};

}  // namespace drydock::scenario
