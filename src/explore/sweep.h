#pragma once
// One thing after another happens to each request of a load, one run for each.

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/result.h"
#include "scenario/run.h"

namespace drydock::explore {

/// What happens to a request. `steps` are words of scenarios, {} stands for the request's number.
struct SweepFault {
  std::string_view name;     ///< "hang"
  std::string_view meaning;  ///< "it never ends by itself"
  std::string_view steps;
};
std::span<const SweepFault> sweep_faults();

struct SweepCount {
  const SweepFault* fault = nullptr;
  std::uint64_t runs = 0, failed = 0;
  scenario::RequestCounts requests;
};

struct Sweep {
  std::vector<const SweepFault*> faults;
  bool keep_going = false;  ///< after a run that did not pass
  std::size_t failures_kept_max = 20;
  /// Returning false ends the sweep.
  std::function<bool(const scenario::RunResult& result)> after_each;
};

struct SweepResult {
  std::vector<SweepCount> counts;             ///< a row for each fault
  std::vector<scenario::RunResult> failures;  ///< the first ones; their scenario is the text that repeats them
  std::uint64_t runs_done = 0, runs_wanted = 0, runs_failed = 0;
  machine::Duration virtual_time{};
  std::chrono::nanoseconds real_time{};
};

/// For each fault and each of `config.requests` requests a run of its own, on a new machine, with the strategy of
/// `config`.
host::Result<SweepResult> run_sweep(scenario::RunConfig config, const Sweep& sweep);

}  // namespace drydock::explore
