#pragma once
// What the kernel core keeps in a machine.

#include <cstdint>
#include <map>
#include <vector>

#include "machine/machine.h"
#include "nt/bugcheck.h"
#include "nt/dispatcher.h"

namespace drydock::ntos::ke {

/// A timer between KeSetTimer and its last expiry.
struct LiveTimer {
  machine::EventId event = 0;
  std::uint64_t serial = 0;  ///< tells settings of the same timer apart
};

struct State {
  std::map<nt::KTIMER*, LiveTimer> timers;  // by address, for the search of freed memory; never drives behaviour
  std::uint64_t timer_serial = 0;
  std::map<const machine::Thread*, std::uint64_t> affinity_changes;  ///< the driver's last one, by instruction
  nt::LIST_ENTRY bugcheck_callbacks;
  nt::LIST_ENTRY bugcheck_reason_callbacks;
  bool bugcheck_in_progress = false;
};

}  // namespace drydock::ntos::ke
