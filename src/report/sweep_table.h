#pragma once
// A sweep as a table: a row for each thing that happened to every request in turn.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "machine/time.h"
#include "report/look.h"
#include "scenario/request_counts.h"

namespace drydock::report {

struct SweepRow {
  std::string name, meaning;
  std::uint64_t runs = 0, failed = 0;
  scenario::RequestCounts requests;
};

struct SweepSummary {
  std::string driver, board;
  unsigned processors = 0, requests = 0;
  std::uint64_t seed = 0;  ///< 0: steady
  std::vector<SweepRow> rows;
  std::uint64_t runs_done = 0, runs_wanted = 0, runs_failed = 0;
  machine::Duration virtual_time{};
  std::chrono::nanoseconds real_time{};
  bool interrupted = false;
};

std::string table_of(const SweepSummary& summary, const Look& look);
/// `replays`: the commands that repeat the runs that failed.
std::string json_of(const SweepSummary& summary, const std::vector<std::string>& replays);

}  // namespace drydock::report
