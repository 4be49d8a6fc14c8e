#include "explore/campaign.h"

#include <chrono>

#include <fmt/format.h>

namespace drydock::explore {
namespace {

constexpr unsigned kWithoutVerdictMax = 3;  // in a row

std::uint64_t chain(std::uint64_t sum, const std::string& digest) {
  for (char c : digest) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001B3;  // FNV-1a
  return sum;
}

}  // namespace

host::Result<CampaignResult> run_campaign(scenario::RunConfig config, const Campaign& campaign) {
  CampaignResult all;
  const auto began = std::chrono::steady_clock::now();
  std::uint64_t digests = 0xCBF29CE484222325;
  unsigned in_a_row = 0;  // without a verdict
  for (std::uint64_t n = 0; n < campaign.runs; ++n) {
    config.strategy = {scenario::StrategyChoice::Kind::Random, campaign.first_seed + n, {}};
    if (campaign.before_each) campaign.before_each(config.strategy.seed);
    auto made = scenario::run(config);
    if (!made && all.runs_done == 0) return std::move(made).failure();
    if (!made) {
      all.cut_short = std::move(made).failure();
      break;
    }
    scenario::RunResult result = std::move(made).value();
    ++all.runs_done;
    all.requests += result.total;
    all.sectors_verified += result.sectors_verified;
    all.virtual_time += result.virtual_time;
    digests = chain(digests, result.digest);
    const bool go_on = !campaign.after_each || campaign.after_each(result);
    const bool without_verdict = result.without_verdict();
    const bool failed = !result.passed() && !without_verdict;
    in_a_row = without_verdict ? in_a_row + 1 : 0;
    if (without_verdict) {
      ++all.runs_without_verdict;
      if (all.seeds_without_verdict.size() < campaign.failures_kept_max)
        all.seeds_without_verdict.push_back(config.strategy.seed);
    }
    if (failed) {
      ++all.runs_failed;
      if (all.failures.size() < campaign.failures_kept_max) all.failures.push_back(std::move(result));
    }
    if (!go_on || (failed && !campaign.keep_going) || in_a_row == kWithoutVerdictMax) break;
  }
  all.real_time = std::chrono::steady_clock::now() - began;
  all.digest = fmt::format("{:016x}", digests);
  return all;
}

host::Result<TwiceResult> run_twice(const scenario::RunConfig& config) {
  TwiceResult twice;
  twice.first = TRY(scenario::run(config));
  const scenario::RunResult second = TRY(scenario::run(config));
  twice.second_digest = second.digest;
  twice.second_events = second.events;
  return twice;
}

}  // namespace drydock::explore
