#pragma once
// The outside world of a live machine: the host's clock and an event loop.

#include "host/event_loop.h"
#include "machine/outside.h"

namespace drydock::machine {

class LiveWorld final : public OutsideWorld {
 public:
  explicit LiveWorld(host::EventLoop loop) : loop_(std::move(loop)) {}

  host::EventLoop& loop() { return loop_; }
  /// The next machine is switched on now.
  void switch_on() { origin_ = host::EventLoop::Clock::now(); }

  Time now() override;
  void look() override;
  bool wait(Time until) override;

 private:
  host::EventLoop loop_;
  host::EventLoop::Clock::time_point origin_ = host::EventLoop::Clock::now();
};

}  // namespace drydock::machine
