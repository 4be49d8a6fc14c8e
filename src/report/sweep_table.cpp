#include "report/sweep_table.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report/table.h"

namespace drydock::report {

std::string table_of(const SweepSummary& summary, const Look& look) {
  std::string text =
      fmt::format("{} on board {} ({}), {} requests, {}\n\n", look.paint(Tone::Strong, summary.driver), summary.board,
                  summary.processors == 1 ? "1 processor" : fmt::format("{} processors", summary.processors),
                  summary.requests, summary.seed == 0 ? "steady (no seed)" : fmt::format("seed {}", summary.seed));
  constexpr std::size_t kName = 15, kMeaning = 37, kNumber = 9;
  std::string head =
      fmt::format("    {:<{}} {:<{}}", "what happens", kName, "to one request after the other", kMeaning);
  for (const char* each : {"runs", "failed", "sent", "completed", "retried", "failed", "lost"})
    head += fmt::format(" {:>{}}", each, kNumber);
  text += look.paint(Tone::Strong, head) + "\n";
  for (const SweepRow& row : summary.rows) {
    const bool good = row.failed == 0;
    text += fmt::format(" {} {:<{}} {:<{}}",
                        row.runs == 0 ? look.paint(Tone::Dim, fmt::format("{:<2}", look.dot()))
                        : good        ? look.paint(Tone::Good, fmt::format("{:<2}", look.tick()))
                                      : look.paint(Tone::Bad, fmt::format("{:<2}", look.cross())),
                        row.name, kName, row.meaning, kMeaning);
    const scenario::RequestCounts& counts = row.requests;
    for (std::uint64_t each :
         {row.runs, row.failed, counts.sent, counts.completed, counts.retried, counts.failed, counts.lost})
      text += fmt::format(" {:>{}}", grouped(each), kNumber);
    text += "\n";
  }
  const double seconds = static_cast<double>(summary.real_time.count()) / 1e9;
  text += fmt::format("\n{} of {} runs, {} virtual in {} real, {:.0f} runs a second\n", grouped(summary.runs_done),
                      grouped(summary.runs_wanted), short_time(summary.virtual_time), short_time(summary.real_time),
                      seconds > 0 ? static_cast<double>(summary.runs_done) / seconds : 0.0);
  if (summary.interrupted) text += look.paint(Tone::Warn, "interrupted: these are the runs until then") + "\n";
  const bool good = summary.runs_failed == 0;
  text += look.paint(good ? Tone::Good : Tone::Bad, good ? "PASS" : "FAIL");
  if (!good) text += fmt::format("  {} of {} runs", grouped(summary.runs_failed), grouped(summary.runs_done));
  return text + "\n";
}

std::string json_of(const SweepSummary& summary, const std::vector<std::string>& replays) {
  using nlohmann::ordered_json;
  ordered_json rows = ordered_json::array();
  for (const SweepRow& row : summary.rows)
    rows.push_back({{"fault", row.name},
                    {"meaning", row.meaning},
                    {"runs", row.runs},
                    {"failed", row.failed},
                    {"requests",
                     {{"sent", row.requests.sent},
                      {"completed", row.requests.completed},
                      {"retried", row.requests.retried},
                      {"failed", row.requests.failed},
                      {"lost", row.requests.lost}}}});
  const ordered_json json{{"driver", summary.driver},
                          {"board", summary.board},
                          {"processors", summary.processors},
                          {"requests", summary.requests},
                          {"seed", summary.seed},
                          {"faults", rows},
                          {"runs", summary.runs_done},
                          {"runs_wanted", summary.runs_wanted},
                          {"runs_failed", summary.runs_failed},
                          {"interrupted", summary.interrupted},
                          {"virtual_ns", summary.virtual_time.count()},
                          {"real_ns", summary.real_time.count()},
                          {"replays", replays}};
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace drydock::report
