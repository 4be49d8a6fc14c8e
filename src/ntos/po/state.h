#pragma once
// What the power manager keeps in a machine.

#include <deque>
#include <functional>
#include <vector>

#include "nt/dispatcher.h"
#include "nt/irp.h"
#include "nt/power.h"

namespace drydock::ntos::po {

/// A device whose idleness is watched.
struct IdleWatch {
  nt::DEVICE_OBJECT* device = nullptr;
  nt::ULONG* counter = nullptr;  ///< in pool: seconds of idleness; drivers write 0
  nt::ULONG limit_s = 0;
  nt::DEVICE_POWER_STATE state{};
  bool asleep = false;
};

/// Sends what was asked for above PASSIVE_LEVEL.
class Worker {
 public:
  /// IRQL: at most DISPATCH_LEVEL.
  void queue(std::function<void()> work);

 private:
  void loop();
  std::deque<std::function<void()>> work_;
  nt::KEVENT* arrived_ = nullptr;  ///< null: no thread yet
};

struct State {
  nt::SYSTEM_POWER_STATE system = nt::PowerSystemWorking;
  nt::POWER_ACTION action = nt::PowerActionNone;  ///< of the transition under way
  Worker worker;
  std::vector<IdleWatch> idle_watches;
  bool idle_timer_runs = false;
  nt::ULONG system_states = 0;
};

}  // namespace drydock::ntos::po
