#pragma once
// The outside world of a live machine: the host's clock and an event loop.

#include "host/event_loop.h"
#include "machine/outside.h"

namespace drydock::machine {

/// Somebody who shares memory with the machine: looked at often, without a system call.
class Neighbour {
 public:
  virtual ~Neighbour() = default;
  /// Takes and gives what there is. As hardware, on the machine's thread. Whether anything came.
  virtual bool exchange() = 0;
  /// The machine is about to sleep: a descriptor has to wake it from now on. False if something has come meanwhile.
  virtual bool may_sleep() = 0;
  virtual void awake() = 0;
};

class LiveWorld final : public OutsideWorld {
 public:
  explicit LiveWorld(host::EventLoop loop) : loop_(std::move(loop)) {}

  host::EventLoop& loop() { return loop_; }
  /// One at most; it outlives every machine that runs. Its bell is watched by the loop.
  void set_neighbour(Neighbour* neighbour) { neighbour_ = neighbour; }
  /// The next machine is switched on now.
  void switch_on() { origin_ = host::EventLoop::Clock::now(); }

  Time now() override;
  void look() override;
  bool wait(Time until) override;

 private:
  bool take_what_is_ready();

  host::EventLoop loop_;
  Neighbour* neighbour_ = nullptr;
  Time stays_awake_until_{};
  host::EventLoop::Clock::time_point origin_ = host::EventLoop::Clock::now();
};

}  // namespace drydock::machine
