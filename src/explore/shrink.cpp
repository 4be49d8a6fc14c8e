#include "explore/shrink.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace drydock::explore {

using machine::SiteAnswer;
using scenario::RunConfig;
using scenario::RunResult;
using scenario::Scenario;
using scenario::Step;
using scenario::StepWord;
using Kind = scenario::StrategyChoice::Kind;
using namespace std::chrono_literals;

namespace {

/// What makes two failures the same.
struct Failure {
  host::ExitCode exit_code{};
  std::string rule;
  std::string where;  ///< in a driver, or the step
  bool operator==(const Failure&) const = default;
};

Failure failure_of(const RunResult& result) {
  Failure failure{.exit_code = result.exit_code};
  for (const scenario::FindingReport& report : result.findings) {
    if (report.finding.severity == machine::Severity::Warning) continue;
    failure.rule = report.finding.rule;
    failure.where = report.image_offset;
    break;
  }
  if (!failure.where.empty()) return failure;
  for (const scenario::StepResult& step : result.steps)
    if (step.state == scenario::StepState::Failed) failure.where = step.name;
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

/// Without one of these, later steps fail for want of a device.
bool can_go(std::string_view word) {
  constexpr std::array<std::string_view, 4> kStay = {"load", "start", "enumerate", "unload"};
  return std::find(kStay.begin(), kStay.end(), word) == kStay.end();
}

/// Looks for a number below `number` for which `fits` holds too. It need not hold for every number above the least one:
/// few first, then less and less away from what is reached.
template <class Fits>
void lower(std::int64_t number, Fits fits) {
  for (std::int64_t few = 1; few < number; few *= 2)
    if (fits(few)) {
      number = few;
      break;
    }
  for (std::int64_t step = number / 2; step != 0; step /= 2)
    while (number > step && fits(number - step)) number -= step;
}

/// The smallest run so far, and one try after another to make it smaller.
class Shrinker {
 public:
  Shrinker(const RunConfig& config, const Shrink& how) : how_(how), config_(config) {}

  host::Result<Shrunk> shrink() {
    Shrunk all;
    all.before = TRY(first_run());
    all.decisions_before = answers_.size();
    if (!how_.expected_digest.empty() && all.before.digest != how_.expected_digest) {
      all.contradiction =
          fmt::format("the run had the digest {}, now it has {}", how_.expected_digest, all.before.digest);
      return all;
    }
    take_away();
    all.finished = !ended_;
    all.tries = tries_;
    all.decisions_after = answers_.size();
    all.scenario = scenario_;
    // What is left, as a recording: that is what a replay repeats.
    all.config = config_;
    if (all.config.strategy.kind != Kind::Steady)
      all.config.strategy = {Kind::Recorded, config_.strategy.seed, smallest_.answers, {}};
    if (stopped_) {
      all.after = std::move(smallest_);
      all.after.strategy = all.config.strategy;
      return all;
    }
    all.config.keep_trace = true;
    all.after = TRY(scenario::run(all.config));
    if (all.after.digest != smallest_.digest)
      all.contradiction = fmt::format("the smallest run had the digest {}, the recording of it has {}",
                                      smallest_.digest, all.after.digest);
    return all;
  }

 private:
  host::Result<RunResult> first_run() {
    if (config_.board->is_live() || config_.outside != nullptr)
      return host::error("a live run depends on the wall's clock, not on decisions alone: it cannot be shrunk");
    RunConfig config = config_;
    config.keep_trace = true;
    RunResult result = TRY(scenario::run(config));
    if (result.passed()) return host::error("this run passes: there is no failure that a smaller one could show");
    wanted_ = failure_of(result);
    answers_ = answers_in(*result.trace);
    smallest_ = result;
    config_.processors = result.processors;
    config_.keep_trace = false;
    // A try that goes on much longer fails in another way, if at all.
    budget_.virtual_time = std::min(config_.budget.virtual_time, 4 * result.virtual_time + 60s);
    budget_.points = std::min(config_.budget.points, 4 * result.points + 1'000'000);
    return result;
  }

  void take_away() {
    if (!answers_.empty()) fails(config_, {});
    for (unsigned fewer = 1; fewer < config_.processors && !ended_; ++fewer)
      if (accept(&RunConfig::processors, fewer)) break;
    take_steps_and_requests();
    take_answers();
    take_steps_and_requests();
    for (std::size_t i = 0; i < answers_.size() && !ended_; ++i) lower_answer(i);
  }

  void take_steps_and_requests() {
    // The last first: those that were not reached go at once.
    for (std::size_t i = config_.scenario->steps.size(); i-- != 0 && !ended_;) {
      if (!can_go(config_.scenario->steps[i].word->name)) continue;
      std::vector<Step> fewer = config_.scenario->steps;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      accept_steps(std::move(fewer));
    }
    for (std::size_t i = 0; i < config_.scenario->steps.size() && !ended_; ++i) {
      const Step step = config_.scenario->steps[i];
      if (step.word->number != StepWord::Number::Count || step.number == 0) continue;
      lower(step.number, [this, i](std::int64_t number) {
        std::vector<Step> steps = config_.scenario->steps;
        steps[i].number = number;
        return accept_steps(std::move(steps));
      });
    }
    lower(config_.requests,
          [this](std::int64_t number) { return accept(&RunConfig::requests, static_cast<unsigned>(number)); });
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
        any = fails(config_, std::move(fewer)) || any;
        end = begin;
      }
      if (!any || part > 1) part = part == 1 ? 0 : (part + 1) / 2;
    }
  }

  void lower_answer(std::size_t index) {
    if (answers_[index].answer == 1) return;
    std::vector<SiteAnswer> lower = answers_;
    lower[index].answer = 1;
    fails(config_, std::move(lower));
  }

  bool accept_steps(std::vector<Step> steps) {
    auto part = std::make_shared<const Scenario>(scenario::part_of(*config_.scenario, std::move(steps)));
    if (!accept(&RunConfig::scenario, part.get())) return false;
    scenario_ = std::move(part);
    return true;
  }

  template <class T>
  bool accept(T RunConfig::*what, std::type_identity_t<T> value) {
    RunConfig smaller = config_;
    smaller.*what = value;
    if (!fails(smaller, answers_)) return false;
    config_.*what = value;
    return true;
  }

  /// Whether it fails the same way; if so, these answers are what is left, and the run is the smallest so far.
  bool fails(RunConfig config, std::vector<SiteAnswer> answers) {
    if (ended_) return false;
    // A steady run asks fewer questions than one whose answers are all 0.
    if (config.strategy.kind != Kind::Steady) config.strategy = {Kind::BySite, config.strategy.seed, {}, answers};
    config.budget = budget_;
    auto result = scenario::run(config);
    ++tries_;
    const bool same = result && failure_of(*result) == wanted_;
    if (same) {
      answers_ = std::move(answers);
      smallest_ = std::move(result).value();
    }
    stopped_ = how_.after_each && !how_.after_each({.tries = tries_, .decisions = answers_.size()});
    ended_ = stopped_ || tries_ >= how_.tries_max;
    return same;
  }

  const Shrink& how_;
  RunConfig config_;
  std::shared_ptr<const Scenario> scenario_;  // config_'s, once it is a part
  std::vector<SiteAnswer> answers_;
  RunResult smallest_;
  Failure wanted_;
  scenario::Budget budget_;
  std::uint64_t tries_ = 0;
  bool stopped_ = false;
  bool ended_ = false;
};

}  // namespace

host::Result<Shrunk> shrink(const RunConfig& config, const Shrink& how) {
  return Shrinker(config, how).shrink();
}

}  // namespace drydock::explore
