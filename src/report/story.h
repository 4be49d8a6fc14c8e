#pragma once
// Which lines of a trace belong together: a story opens with a reset or removal and ends when the requests it hit have
// ended.

#include <optional>
#include <string>
#include <vector>

#include "report/event_text.h"

namespace drydock::report {

/// Lines drawn as one, the first of them spelled out.
struct Fold {
  Line first;
  machine::Time last{};
  std::vector<std::uint64_t> objects;  ///< numbers, in order of coming
};

struct Story {
  std::size_t step = 0;  ///< of the scenario, from 0
  std::vector<Fold> lines;
};

std::vector<Story> stories_of(const machine::Trace& trace);

/// Calls `visit` with a line for every record and note, in their order, and the record (null for a note).
template <class Visit>
void for_each_line(const machine::Trace& trace, Reading& reading, Visit&& visit) {
  std::size_t note = 0;
  auto notes_until = [&](std::size_t record) {
    for (; note < trace.notes().size() && trace.notes()[note].after_record <= record; ++note)
      visit(reading.line_of(trace.notes()[note]), nullptr);
  };
  for (std::size_t i = 0; i < trace.records().size(); ++i) {
    notes_until(i);
    visit(reading.line_of(trace.records()[i]), &trace.records()[i]);
  }
  notes_until(trace.records().size());
}

}  // namespace drydock::report
