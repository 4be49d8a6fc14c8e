#include "report/shrink_text.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report/event_text.h"
#include "report/table.h"

namespace drydock::report {

using machine::Event;
using machine::Thing;
using machine::TraceRecord;

namespace {

struct Decision {
  TraceRecord record;
  std::string site, text, running, place;
};

/// Whom each processor runs, as far as the trace says.
class Running {
 public:
  explicit Running(const machine::Trace& trace) : trace_(trace) {}

  void follow(const TraceRecord& record) {
    Processor& processor = processors_[record.processor];
    switch (record.event) {
      case Event::ThreadSwitch:
        processor.thread = record.a;
        break;
      case Event::InterruptEntry:
        processor.above.push_back(fmt::format("interrupt {:#x}", record.a));
        break;
      case Event::DpcStart:
        processor.above.emplace_back("a DPC");
        break;
      case Event::InterruptExit:
      case Event::DpcEnd:
        if (!processor.above.empty()) processor.above.pop_back();
        break;
      default:
        break;
    }
  }

  std::string on(unsigned number) {
    const Processor& processor = processors_[number];
    if (!processor.above.empty()) return processor.above.back();
    const std::string_view name = trace_.name_of(Thing::Thread, processor.thread);
    return name.empty() ? fmt::format("thread {}", processor.thread) : std::string(name);
  }

 private:
  struct Processor {
    std::uint64_t thread = 0;
    std::vector<std::string> above;  ///< interrupts and DPCs, the innermost last
  };
  const machine::Trace& trace_;
  std::map<unsigned, Processor> processors_;
};

std::vector<Decision> decisions_in(const machine::Trace& trace) {
  std::vector<Decision> decisions;
  Running running(trace);
  for (const TraceRecord& record : trace.records()) {
    running.follow(record);
    if (record.event != Event::Decision) continue;
    const machine::DecisionRecord decision = machine::decision_of(record);
    const std::string site(trace.name_of(Thing::DecisionSite, decision.site));
    decisions.push_back({record, site, decision_text(site, decision.answer, decision.of), running.on(record.processor),
                         std::string(trace.name_of(Thing::Place, decision.place))});
  }
  return decisions;
}

std::string change(std::string_view one, std::uint64_t before, std::uint64_t after) {
  const std::string_view plural = before == 1 ? "" : "s";
  if (after < before) return fmt::format("{} of {} {}{}", grouped(after), grouped(before), one, plural);
  return fmt::format("{} {}{}", grouped(after), one, after == 1 ? "" : "s");
}

}  // namespace

std::string text_of(const ShrinkSummary& summary, const Look& look) {
  const scenario::RunResult &before = *summary.before, &after = *summary.after;
  std::string text = fmt::format("shrunk in {} tries: it takes {}, {}, {}, {}\n", grouped(summary.tries),
                                 change("step", before.steps.size(), after.steps.size()),
                                 change("request", before.total.sent, after.total.sent),
                                 change("processor", before.processors, after.processors),
                                 change("decision", summary.decisions_before, summary.decisions_after));
  if (!summary.finished)
    text += look.paint(Tone::Warn, "ended before everything was tried: a smaller run may be possible") + "\n";
  if (!after.trace) return text + "\n";
  const std::vector<Decision> decisions = decisions_in(*after.trace);
  if (decisions.empty()) {
    const bool loaded = after.strategy.kind != scenario::StrategyChoice::Kind::Steady;
    return text + fmt::format("it fails on an undisturbed machine as well{}\n\n",
                              loaded ? fmt::format(", under the load of seed {}", after.strategy.seed) : "");
  }
  text += "\nwhat goes otherwise than on an undisturbed machine\n";
  std::size_t running = 0;
  for (const Decision& each : decisions) running = std::max(running, width_of(each.running));
  running = std::min<std::size_t>(running, 40);
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    const Decision& each = decisions[i];
    text += fmt::format("{:4}  {:>12}  processor {}  {:<{}}  {}{}{}\n", i + 1, short_time(each.record.at),
                        each.record.processor, each.running, running, each.place, each.place.empty() ? "" : ": ",
                        look.paint(Tone::Strong, each.text));
  }
  return text + "\n";
}

std::string json_of(const ShrinkSummary& summary, const std::string& run) {
  using nlohmann::ordered_json;
  const scenario::RunResult &before = *summary.before, &after = *summary.after;
  ordered_json decisions = ordered_json::array();
  for (const Decision& each : after.trace ? decisions_in(*after.trace) : std::vector<Decision>()) {
    const machine::DecisionRecord decision = machine::decision_of(each.record);
    decisions.push_back({{"virtual_ns", each.record.at.count()},
                         {"processor", each.record.processor},
                         {"running", each.running},
                         {"place", each.place},
                         {"site", each.site},
                         {"question", decision.nth},
                         {"answer", decision.answer},
                         {"of", decision.of},
                         {"meaning", each.text}});
  }
  const auto pair = [](std::uint64_t then, std::uint64_t now) {
    return ordered_json{{"before", then}, {"after", now}};
  };
  const ordered_json json{{"tries", summary.tries},
                          {"finished", summary.finished},
                          {"decisions", pair(summary.decisions_before, summary.decisions_after)},
                          {"steps", pair(before.steps.size(), after.steps.size())},
                          {"requests", pair(before.total.sent, after.total.sent)},
                          {"processors", pair(before.processors, after.processors)},
                          {"decisions_left", decisions},
                          {"run", ordered_json::parse(run)}};
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace drydock::report
