#pragma once
// A run as a table on the console, and many runs as a summary.

#include <string>

#include "report/look.h"
#include "scenario/run.h"

namespace drydock::report {

/// Step by step, then findings, verdict, seed and digest. `replay` is the command that repeats the run, "" if there
/// is none; it is the last line if the run did not pass or was recorded live.
std::string table_of(const scenario::RunResult& result, const Look& look, const std::string& replay);

/// What a campaign of runs came to.
struct CampaignSummary {
  std::string driver, board, scenario;
  unsigned processors = 0;
  std::uint64_t first_seed = 0;
  std::uint64_t runs_wanted = 0, runs_done = 0, runs_failed = 0, runs_without_verdict = 0;
  std::vector<std::uint64_t> seeds_without_verdict;  ///< the first ones: QEMU ended
  scenario::RequestCounts requests;
  std::uint64_t sectors_verified = 0;
  machine::Duration virtual_time{};
  std::chrono::nanoseconds real_time{};
  std::string digest;  ///< over the digests of all runs in order
  bool interrupted = false;
};
std::string table_of(const CampaignSummary& summary, const Look& look);

/// "1,234,567"
std::string grouped(std::uint64_t n);
/// "4.002 s", "120 us"
std::string short_time(std::chrono::nanoseconds time);
/// "passed", "1 finding", ...
std::string verdict_of(const scenario::RunResult& result);

}  // namespace drydock::report
