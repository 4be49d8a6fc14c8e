#pragma once
// What can go wrong with a PVSCSI adapter. Each strike is a decision of the machine, asked for only while its fault is
// enabled, so a run without faults makes none.

#include "machine/time.h"

namespace drydock::models::pvscsi {

/// Counts are the strikes left; 0: the fault is off and its site is never asked.
struct Faults {
  unsigned hung_requests = 0;       ///< "pvscsi.hang": a request never ends by itself
  unsigned late_completions = 0;    ///< "pvscsi.late": a request takes `late_by` longer
  unsigned lost_interrupts = 0;     ///< "pvscsi.lose_interrupt": status is set, nothing is signalled
  unsigned spurious_interrupts = 0; ///< "pvscsi.spurious": an interrupt while the status stays as it is
  unsigned endless_bus_resets = 0;  ///< "pvscsi.bus_reset_hangs": accepted, but nothing on the bus ends any more
  unsigned failing_bus_resets = 0;  ///< "pvscsi.bus_reset_fails": refused, nothing happens
  unsigned deaths = 0;              ///< "pvscsi.die": at a kick, the adapter falls off its bus: all ones for ever
  unsigned dma_after_reset = 0;     ///< "pvscsi.dma_after_reset": a cancelled read still scribbles over its buffer

  machine::Duration late_by = std::chrono::seconds(15);
};

}  // namespace drydock::models::pvscsi
