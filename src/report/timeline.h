#pragma once
// A reset as a person would draw it: who did what to which request, how it came out, and what state that left.

#include <string>
#include <vector>

#include "machine/trace.h"
#include "report/look.h"

namespace drydock::report {

enum class TimelineScope {
  Resets,      ///< the resets, removals and findings of the run with what belongs to them
  Everything,  ///< every event, one a line
};

/// `steps` are the names of the scenario's steps.
std::string timeline_of(const machine::Trace& trace, const std::vector<std::string>& steps, TimelineScope scope,
                        const Look& look);

/// Every record as it is in the trace, with its meaning.
std::vector<std::string> trace_lines(const machine::Trace& trace);

}  // namespace drydock::report
