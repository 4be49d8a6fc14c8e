#pragma once
// What a live machine shares its time with: the wall clock, and whatever descriptors bring while it runs.

#include "machine/time.h"

namespace drydock::machine {

class Machine;

/// It lives outside of the machine, is called on the machine's thread, and may do
/// to the machine what hardware may: raise interrupts, signal kernel objects.
class OutsideWorld {
 public:
  virtual ~OutsideWorld() = default;
  /// The wall clock, as time since switch-on; never goes back.
  virtual Time now() = 0;
  /// Takes what has come, without waiting.
  virtual void look() = 0;
  /// Waits until something comes or `until` has passed (Time::max(): however long it takes), and takes it. False if
  /// the machine is to end: somebody asked for it, or nothing can come any more.
  virtual bool wait(Time until) = 0;
};

/// Live mode from now on: the clock is the wall's, and idle processors wait for the outside. While nothing runs.
void go_live(Machine& machine, OutsideWorld& world);

}  // namespace drydock::machine
