#pragma once
// A failing run made small: no more steps, requests, processors and decisions than it takes to fail the same way.

#include <cstdint>
#include <functional>
#include <memory>

#include "host/result.h"
#include "scenario/run.h"

namespace drydock::explore {

struct ShrinkProgress {
  std::uint64_t tries = 0;
  std::size_t decisions = 0;  ///< that are still answered otherwise than on an undisturbed machine
};

struct Shrink {
  std::uint64_t tries_max = 2000;
  /// Of the run that is to be made small, as it was told; "" if it is not known.
  std::string expected_digest;
  /// Returning false ends it with what has been reached.
  std::function<bool(const ShrinkProgress& progress)> after_each;
};

struct Shrunk {
  scenario::RunResult before;
  scenario::RunResult after;                           ///< with its trace, unless somebody ended the search
  scenario::RunConfig config;                          ///< of `after`: its decisions are recorded ones
  std::shared_ptr<const scenario::Scenario> scenario;  ///< of `config`, if it is a part of the one before
  std::size_t decisions_before = 0;                    ///< answered otherwise than on an undisturbed machine
  std::size_t decisions_after = 0;
  std::uint64_t tries = 0;
  bool finished = true;       ///< false: ended before nothing more could be taken away
  std::string contradiction;  ///< two runs that should have been the same and were not: which; "" if there are none
};

/// The same way: the same exit code, and as the first finding the same rule at the same place of a driver, or, if it
/// has none, in the same step. Fails if `config`'s run passes, or cannot be repeated because it is live.
host::Result<Shrunk> shrink(const scenario::RunConfig& config, const Shrink& how);

}  // namespace drydock::explore
