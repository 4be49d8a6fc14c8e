#pragma once
// What the power manager keeps in a machine.

#include <vector>

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

struct State {
  nt::SYSTEM_POWER_STATE system = nt::PowerSystemWorking;
  std::vector<IdleWatch> idle_watches;
  bool idle_timer_runs = false;
  nt::ULONG system_states = 0;
};

}  // namespace drydock::ntos::po
