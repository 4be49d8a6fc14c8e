#pragma once
// A trace as a file that ui.perfetto.dev and chrome://tracing open (Chrome's JSON trace format), in virtual time.

#include <string>
#include <vector>

#include "machine/trace.h"

namespace drydock::report {

/// Tracks: the scenario's steps; threads, interrupts and DPCs of each processor; the routines and the bus state of each
/// adapter; devnodes; register accesses; a queue for each device, its requests beside each other. Arrows lead from
/// HwScsiStartIo to where the miniport gave the request back. `steps` are the names of the scenario's steps.
std::string perfetto_json(const machine::Trace& trace, const std::vector<std::string>& steps);

}  // namespace drydock::report
