#include "explore/shrink.h"

#include <algorithm>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace drydock::explore {

using machine::SiteAnswer;
using scenario::RunConfig;
using scenario::RunResult;
using Kind = scenario::StrategyChoice::Kind;
using namespace std::chrono_literals;

namespace {

/// What makes two failures the same.
struct Failure {
  host::ExitCode exit_code{};
  std::string rule, place;
  bool operator==(const Failure&) const = default;
};

Failure failure_of(const RunResult& result) {
  Failure failure{.exit_code = result.exit_code};
  for (const scenario::FindingReport& report : result.findings) {
    if (report.finding.severity == machine::Severity::Warning) continue;
    failure.rule = report.finding.rule;
    failure.place = report.image_offset;
    break;
  }
  return failure;
}

std::vector<SiteAnswer> answers_in(const machine::Trace& trace) {
  std::vector<SiteAnswer> answers;
  for (const machine::TraceRecord& record : trace.records())
    if (record.event == machine::Event::Decision) {
      const machine::DecisionRecord decision = machine::decision_of(record);
      answers.push_back(
          {std::string(trace.name_of(machine::Thing::DecisionSite, decision.site)), decision.nth, decision.answer});
    }
  return answers;
}

/// The smallest run so far, and one try after another to make it smaller.
class Shrinker {
 public:
  Shrinker(const RunConfig& config, const Shrink& how) : how_(how), config_(config) {}

  host::Result<Shrunk> shrink() {
    Shrunk all;
    all.before = TRY(first_run());
    all.decisions_before = answers_.size();
    take_away();
    all.finished = !ended_;
    all.decisions_after = answers_.size();
    // What is left, as a recording: that is what a replay repeats.
    all.config = with(config_, answers_);
    all.scenario = scenario_;
    const RunResult last = TRY(scenario::run(all.config));
    if (config_.strategy.kind != Kind::Steady)
      all.config.strategy = {Kind::Recorded, config_.strategy.seed, last.answers, {}};
    all.config.keep_trace = true;
    all.after = TRY(scenario::run(all.config));
    all.runs = runs_ + 2;
    return all;
  }

 private:
  host::Result<RunResult> first_run() {
    RunConfig config = config_;
    config.keep_trace = true;
    RunResult result = TRY(scenario::run(config));
    ++runs_;
    if (result.live)
      return host::error("a live run depends on the wall's clock, not on decisions alone: it cannot be shrunk");
    if (result.passed()) return host::error("this run passes: there is no failure that a smaller one could show");
    wanted_ = failure_of(result);
    answers_ = answers_in(*result.trace);
    config_.processors = result.processors;
    // A try that goes on much longer fails in another way, if at all.
    budget_.virtual_time = std::min(config_.budget.virtual_time, 4 * result.virtual_time + 60s);
    budget_.points = std::min(config_.budget.points, 4 * result.points + 1'000'000);
    return result;
  }

  void take_away() {
    if (!answers_.empty() && fails(config_, {})) answers_.clear();
    for (unsigned fewer = 1; fewer < config_.processors && !ended_; ++fewer)
      if (accept(&RunConfig::processors, fewer)) break;
    take_steps();
    take_requests();
    take_answers();
    take_steps();
    take_requests();
    for (std::size_t i = 0; i < answers_.size() && !ended_; ++i) lower(i);
  }

  /// The last first: those that were not reached go at once.
  void take_steps() {
    for (std::size_t i = config_.scenario->steps.size(); i-- != 0 && !ended_;) {
      const std::string_view word = config_.scenario->steps[i].word->name;
      if (word == "load" || word == "unload") continue;
      std::vector<scenario::Step> fewer = config_.scenario->steps;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      auto part = std::make_shared<const scenario::Scenario>(scenario::part_of(*config_.scenario, std::move(fewer)));
      if (!accept(&RunConfig::scenario, part.get())) continue;
      scenario_ = std::move(part);
    }
  }

  /// A failure need not come with every number above the least that it comes with: few first, then one by one.
  void take_requests() {
    for (unsigned few = 1; few < config_.requests && !ended_; few *= 2)
      if (accept(&RunConfig::requests, few)) break;
    for (unsigned step = config_.requests / 2; step != 0 && !ended_; step /= 2)
      while (config_.requests > step && accept(&RunConfig::requests, config_.requests - step)) {
      }
  }

  /// Parts of the answers that are not needed, halves first, single ones last; from the end, where answers depend on
  /// fewer others.
  void take_answers() {
    for (std::size_t part = (answers_.size() + 1) / 2; part != 0 && !answers_.empty() && !ended_;) {
      bool any = false;
      for (std::size_t end = answers_.size(); end != 0 && !ended_;) {
        const std::size_t begin = end > part ? end - part : 0;
        std::vector<SiteAnswer> fewer(answers_.begin(), answers_.begin() + static_cast<std::ptrdiff_t>(begin));
        fewer.insert(fewer.end(), answers_.begin() + static_cast<std::ptrdiff_t>(end), answers_.end());
        if (fails(config_, fewer)) answers_ = std::move(fewer), any = true;
        end = begin;
      }
      if (!any || part > 1) part = part == 1 ? 0 : (part + 1) / 2;
    }
  }

  void lower(std::size_t index) {
    if (answers_[index].answer == 1) return;
    std::vector<SiteAnswer> lower = answers_;
    lower[index].answer = 1;
    if (fails(config_, lower)) answers_ = std::move(lower);
  }

  template <class T>
  bool accept(T RunConfig::*what, std::type_identity_t<T> value) {
    RunConfig smaller = config_;
    smaller.*what = value;
    if (!fails(smaller, answers_)) return false;
    config_ = std::move(smaller);
    return true;
  }

  static RunConfig with(RunConfig config, const std::vector<SiteAnswer>& answers) {
    // A steady run asks fewer questions than one whose answers are all 0.
    if (config.strategy.kind != Kind::Steady) config.strategy = {Kind::BySite, config.strategy.seed, {}, answers};
    return config;
  }

  bool fails(const RunConfig& smaller, const std::vector<SiteAnswer>& answers) {
    if (ended_) return false;
    RunConfig config = with(smaller, answers);
    config.budget = budget_;
    config.keep_trace = false;
    auto result = scenario::run(config);
    ++runs_;
    const bool same = result && failure_of(*result) == wanted_;
    const bool go_on =
        !how_.after_each || how_.after_each({.runs = runs_, .decisions = same ? answers.size() : answers_.size()});
    ended_ = !go_on || runs_ >= how_.runs_max;
    return same;
  }

  const Shrink& how_;
  RunConfig config_;
  std::shared_ptr<const scenario::Scenario> scenario_;  // config_'s, once it is a part
  std::vector<SiteAnswer> answers_;
  Failure wanted_;
  scenario::Budget budget_;
  std::uint64_t runs_ = 0;
  bool ended_ = false;
};

}  // namespace

host::Result<Shrunk> shrink(const RunConfig& config, const Shrink& how) {
  return Shrinker(config, how).shrink();
}

}  // namespace drydock::explore
