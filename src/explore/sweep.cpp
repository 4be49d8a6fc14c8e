#include "explore/sweep.h"

#include <fmt/format.h>

namespace drydock::explore {
namespace {

constexpr SweepFault kFaults[] = {
    {"hang", "it never ends by itself", "hang request {}, verify"},
    {"late", "it ends 15 s late, after its time is over", "delay request {}, verify"},
    {"lost-interrupt", "it ends, and nothing is signalled", "lose interrupt {}, verify"},
    {"unplug", "the device is pulled while it has it", "unplug at request {}, plug, verify"},
    {"reset", "the bus is reset while it is out", "reset at request {}, verify"},
};

}  // namespace

std::span<const SweepFault> sweep_faults() {
  return kFaults;
}

host::Result<SweepResult> run_sweep(scenario::RunConfig config, const Sweep& sweep) {
  SweepResult all;
  all.runs_wanted = sweep.faults.size() * std::uint64_t{config.requests};
  const auto began = std::chrono::steady_clock::now();
  bool go_on = true;
  for (const SweepFault* fault : sweep.faults) {
    all.counts.push_back({.fault = fault});
    SweepCount& count = all.counts.back();
    for (unsigned request = 1; go_on && request <= config.requests; ++request) {
      const std::string text = fmt::format(fmt::runtime(fault->steps), request);
      const scenario::Scenario steps = TRY(scenario::load_scenario(text, scenario::kind_of(*config.drivers.front())));
      config.scenario = &steps;
      scenario::RunResult result = TRY(scenario::run(config));
      ++all.runs_done, ++count.runs;
      count.requests += result.total;
      all.virtual_time += result.virtual_time;
      if (sweep.after_each && !sweep.after_each(result)) go_on = false;
      if (!result.passed()) {
        ++all.runs_failed, ++count.failed;
        if (all.failures.size() < sweep.failures_kept_max) all.failures.push_back(std::move(result));
        go_on = go_on && sweep.keep_going;
      }
    }
  }
  all.real_time = std::chrono::steady_clock::now() - began;
  return all;
}

}  // namespace drydock::explore
