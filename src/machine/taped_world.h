#pragma once
// The outside world of a machine whose run is recorded, or made again from a record.

#include "machine/live_world.h"
#include "machine/outside.h"
#include "machine/tape.h"

namespace drydock::machine {

/// `live` is asked only while the tape records. Both outlive it.
class TapedWorld final : public OutsideWorld {
 public:
  TapedWorld(LiveWorld& live, Tape& tape) : live_(live), tape_(tape) {}

  Time now() override;
  void look() override;
  bool wait(Time until) override;

 private:
  void let_outside_run(Duration at_most);

  LiveWorld& live_;
  Tape& tape_;
  Time last_{};
  Time ran_{};  ///< when the outside last did
};

}  // namespace drydock::machine
