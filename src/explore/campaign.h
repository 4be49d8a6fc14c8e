#pragma once
// Many seeds over one scenario.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "host/result.h"
#include "scenario/run.h"

namespace drydock::explore {

struct Campaign {
  std::uint64_t first_seed = 1;
  std::uint64_t runs = 1;
  bool keep_going = false;  ///< after a run that did not pass
  std::size_t failures_kept_max = 20;
  std::function<void(std::uint64_t seed)> before_each;
  /// Returning false ends the campaign.
  std::function<bool(const scenario::RunResult& result)> after_each;
};

struct CampaignResult {
  std::uint64_t runs_done = 0, runs_failed = 0, runs_without_verdict = 0;
  scenario::RequestCounts requests;
  std::uint64_t sectors_verified = 0;
  machine::Duration virtual_time{};
  std::chrono::nanoseconds real_time{};
  std::string digest;                         ///< over the digests of all runs in order
  std::vector<scenario::RunResult> failures;  ///< the first ones
  std::vector<std::uint64_t> seeds_without_verdict;  ///< the first ones: QEMU ended
  std::optional<host::Error> cut_short;              ///< why a machine could not be made: that was the end of it
};

/// `config`'s strategy is replaced by random(seed), seeds ascending. Fails if not even the first can be made. A run without a verdict does not end it, three in a
/// row do.
host::Result<CampaignResult> run_campaign(scenario::RunConfig config, const Campaign& campaign);

/// The same run twice: the result of the first, and whether the second one's trace was another.
struct TwiceResult {
  scenario::RunResult first;
  std::string second_digest;
  std::uint64_t second_events = 0;
  bool same() const { return first.digest == second_digest && first.events == second_events; }
};
host::Result<TwiceResult> run_twice(const scenario::RunConfig& config);

}  // namespace drydock::explore
