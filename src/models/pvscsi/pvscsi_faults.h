#pragma once
// What can go wrong with a PVSCSI adapter. Each strike is a decision of the machine, asked for only while its fault is
// enabled, so a run without faults makes none.

#include <string_view>

#include "machine/time.h"

namespace drydock::models::pvscsi {

/// Counts are the strikes left; 0: the fault is off and its site is never asked.
struct Faults {
  unsigned hung_requests = 0;
  unsigned late_completions = 0;
  unsigned lost_interrupts = 0;
  unsigned spurious_interrupts = 0;
  unsigned foreign_bus_resets = 0;
  unsigned endless_bus_resets = 0;
  unsigned failing_bus_resets = 0;
  unsigned deaths = 0;
  unsigned dma_after_reset = 0;
  unsigned busy_units = 0;

  machine::Duration late_by = std::chrono::seconds(15);
};

struct FaultKind {
  std::string_view name;  ///< in boards
  const char* site;       ///< of the decision
  unsigned Faults::*strikes_left;
  std::string_view meaning;
};

inline constexpr FaultKind kFaultKinds[] = {
    {"hang", "pvscsi.hang", &Faults::hung_requests, "a request never ends by itself"},
    {"late", "pvscsi.late", &Faults::late_completions, "a request takes late_by longer"},
    {"lose_interrupt", "pvscsi.lose_interrupt", &Faults::lost_interrupts, "the status is set, nothing is signalled"},
    {"spurious", "pvscsi.spurious", &Faults::spurious_interrupts, "an interrupt for which no status is set"},
    {"foreign_reset", "pvscsi.foreign_reset", &Faults::foreign_bus_resets,
     "somebody else resets the bus shortly after a kick"},
    {"bus_reset_hangs", "pvscsi.bus_reset_hangs", &Faults::endless_bus_resets,
     "a bus reset is accepted and nothing on the bus ends any more, until an adapter reset"},
    {"bus_reset_fails", "pvscsi.bus_reset_fails", &Faults::failing_bus_resets,
     "a bus reset is refused and nothing happens"},
    {"die", "pvscsi.die", &Faults::deaths, "at a kick the adapter falls off its bus: all ones until its power is cut"},
    {"dma_after_reset", "pvscsi.dma_after_reset", &Faults::dma_after_reset,
     "a read that a reset has cancelled still writes to its buffer"},
    {"busy", "pvscsi.busy", &Faults::busy_units,
     "a unit answers every command with BUSY, for a minute or until it is reset"},
};

/// Null if no fault has that name.
constexpr const FaultKind* find_fault(std::string_view name) {
  for (const FaultKind& kind : kFaultKinds)
    if (kind.name == name) return &kind;
  return nullptr;
}

constexpr const char* site_of(unsigned Faults::*strikes_left) {
  for (const FaultKind& kind : kFaultKinds)
    if (kind.strikes_left == strikes_left) return kind.site;
  return nullptr;
}

}  // namespace drydock::models::pvscsi
