#include "scenario/hardware_use.h"

#include "models/qemu/computer.h"

namespace drydock::scenario {

HardwareWatch::HardwareWatch(const bus::board::Board& board) : qemu_(board.qemu.get()) {
  if (!qemu_) return;
  round_trips_ = qemu_->qtest().round_trips();
  posted_ = qemu_->qtest().posted_writes();
  said_ = qemu_->said_bytes();
}

HardwareUse HardwareWatch::use() const {
  HardwareUse use;
  if (!qemu_) return use;
  use.is_qemu = true;
  use.round_trips = qemu_->qtest().round_trips() - round_trips_;
  use.posted = qemu_->qtest().posted_writes() - posted_;
  use.ended = qemu_->ended();
  use.stood_still = qemu_->stands_still();
  use.ended_at = qemu_->ended_at();
  use.said = qemu_->said(said_);
  return use;
}

}  // namespace drydock::scenario
