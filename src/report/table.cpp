#include "report/table.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "report/finding_text.h"
#include "report/hardware_text.h"

namespace drydock::report {

using scenario::RunResult;
using scenario::StepResult;
using scenario::StepState;

namespace {

constexpr std::string_view kNumberHeads[] = {"sent", "completed", "retried", "failed", "lost", "virtual", "real"};
constexpr std::size_t kNumbers = std::size(kNumberHeads);
constexpr std::size_t kCheckedWidthMin = 24;

struct Row {
  std::string mark, name, checked;
  std::string numbers[kNumbers];
  Tone mark_tone = Tone::Plain;
  bool lost = false;
};

std::string left(std::string_view text, std::size_t width) {
  const std::size_t have = width_of(text);
  return std::string(text) + std::string(width > have ? width - have : 0, ' ');
}

std::string right(std::string_view text, std::size_t width) {
  const std::size_t have = width_of(text);
  return std::string(width > have ? width - have : 0, ' ') + std::string(text);
}

void put_counts(Row& row, const scenario::RequestCounts& counts, bool any) {
  const std::uint64_t values[] = {counts.sent, counts.completed, counts.retried, counts.failed, counts.lost};
  for (std::size_t i = 0; i < std::size(values); ++i) row.numbers[i] = any ? grouped(values[i]) : "";
  row.lost = counts.lost != 0;
}

Row row_of(const StepResult& step, const Look& look) {
  Row row;
  row.name = step.name;
  row.checked = step.checked;
  switch (step.state) {
    case StepState::Passed:
      row.mark = look.tick();
      row.mark_tone = Tone::Good;
      break;
    case StepState::Failed:
    case StepState::Running:
      row.mark = look.cross();
      row.mark_tone = Tone::Bad;
      if (row.checked.empty()) row.checked = "failed, see below: " + step.meaning;
      break;
    case StepState::NotReached:
      row.mark = look.dot();
      row.mark_tone = Tone::Dim;
      row.checked = "not reached";
      break;
  }
  put_counts(row, step.requests, step.has_requests);
  if (step.state != StepState::NotReached) {
    row.numbers[5] = short_time(step.ended - step.began);
    row.numbers[6] = short_time(step.real);
  }
  return row;
}

std::string rule_line(const Look& look, std::size_t width) {
  std::string line;
  for (std::size_t i = 0; i < width; ++i) line += look.rule();
  return look.paint(Tone::Dim, line);
}

/// Aligned columns; what was checked takes the room that is left and goes on below if it needs more.
std::string draw(const std::vector<Row>& rows, const Row& total, const Look& look) {
  std::size_t mark = 0, name = 4, numbers[kNumbers];
  for (std::size_t i = 0; i < kNumbers; ++i) numbers[i] = kNumberHeads[i].size();
  auto widen = [&](const Row& row) {
    mark = std::max(mark, width_of(row.mark));
    name = std::max(name, width_of(row.name));
    for (std::size_t i = 0; i < kNumbers; ++i) numbers[i] = std::max(numbers[i], width_of(row.numbers[i]));
  };
  for (const Row& row : rows) widen(row);
  widen(total);
  std::size_t fixed = 1 + mark + 1 + name + 2;
  for (std::size_t width : numbers) fixed += 2 + width;
  std::size_t checked = look.columns > fixed ? look.columns - fixed : 0;
  checked = std::max(checked, kCheckedWidthMin);
  std::size_t widest = 16;
  for (const Row& row : rows)
    for (const std::string& line : wrap(row.checked, checked)) widest = std::max(widest, width_of(line));
  checked = std::min(checked, widest);
  const std::size_t width = fixed - 1 + checked;

  std::string text = " " + left("", mark) + " " + left("step", name) + "  " + left("what was checked", checked);
  for (std::size_t i = 0; i < kNumbers; ++i) text += "  " + right(kNumberHeads[i], numbers[i]);
  text = look.paint(Tone::Strong, text) + "\n " + rule_line(look, width) + "\n";
  auto put = [&](const Row& row) {
    const std::vector<std::string> lines = wrap(row.checked, checked);
    const bool dim = row.mark_tone == Tone::Dim;
    text += " " + look.paint(row.mark_tone, left(row.mark, mark)) + " " +
            look.paint(dim ? Tone::Dim : Tone::Strong, left(row.name, name)) + "  " +
            look.paint(dim ? Tone::Dim : Tone::Plain, left(lines.front(), checked));
    for (std::size_t i = 0; i < kNumbers; ++i) {
      const bool is_loss = i == 4 && row.lost;
      text += "  " + look.paint(is_loss  ? Tone::Bad
                                : i >= 5 ? Tone::Dim
                                         : Tone::Plain,
                                right(row.numbers[i], numbers[i]));
    }
    while (text.ends_with(' ')) text.pop_back();
    text += "\n";
    for (std::size_t i = 1; i < lines.size(); ++i) text += std::string(1 + mark + 1 + name + 2, ' ') + lines[i] + "\n";
  };
  for (const Row& row : rows) put(row);
  text += " " + rule_line(look, width) + "\n";
  put(total);
  return text;
}

std::string strategy_text(const RunResult& result) {
  using Kind = scenario::StrategyChoice::Kind;
  switch (result.strategy.kind) {
    case Kind::Random:
      return fmt::format("seed {}", result.strategy.seed);
    case Kind::Recorded:
    case Kind::BySite:
      return fmt::format("recorded decisions, seed {}", result.strategy.seed);
    case Kind::Steady:
      break;
  }
  return "steady (no seed)";
}

}  // namespace

std::string grouped(std::uint64_t n) {
  std::string digits = std::to_string(n);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string short_time(std::chrono::nanoseconds time) {
  const double ns = static_cast<double>(time.count());
  if (time.count() == 0) return "0";
  if (ns < 1e3) return fmt::format("{} ns", time.count());
  if (ns < 1e6) return fmt::format("{:.1f} us", ns / 1e3);
  if (ns < 1e9) return fmt::format("{:.1f} ms", ns / 1e6);
  if (ns < 600e9) return fmt::format("{:.3f} s", ns / 1e9);
  return fmt::format("{:.1f} min", ns / 60e9);
}

std::string verdict_of(const RunResult& result) {
  if (result.without_verdict()) return "QEMU ENDED";
  switch (result.exit_code) {
    case host::ExitCode::Pass:
      return "PASS";
    case host::ExitCode::NotImplemented:
      return "NOT IMPLEMENTED";
    case host::ExitCode::BudgetUsedUp:
      return "BUDGET USED UP";
    case host::ExitCode::HostFault:
      return "HOST FAULT";
    case host::ExitCode::Nondeterminism:
      return "NONDETERMINISM";
    default:
      return "FAIL";
  }
}

std::string table_of(const RunResult& result, const Look& look, const std::string& replay) {
  std::string text =
      fmt::format("{} on board {} ({}), scenario {}, {}\n\n", look.paint(Tone::Strong, result.driver), result.board,
                  result.processors == 1 ? "1 processor" : fmt::format("{} processors", result.processors),
                  result.scenario, strategy_text(result));
  std::vector<Row> rows;
  for (const StepResult& step : result.steps) rows.push_back(row_of(step, look));
  Row total;
  total.name = "total";
  bool any = false;
  for (const StepResult& step : result.steps) any = any || step.has_requests;
  put_counts(total, result.total, any);
  total.numbers[5] = short_time(result.virtual_time);
  total.numbers[6] = short_time(result.real_time);
  text += draw(rows, total, look);

  if (!result.findings.empty()) {
    std::size_t number = 0;
    for (const scenario::FindingReport& finding : result.findings) text += "\n" + finding_text(finding, ++number, look);
  }
  if (!result.missing_imports.empty()) {
    text += "\n" +
            look.paint(Tone::Warn, fmt::format("{} of its imports we lack; calling one ends the run:",
                                               result.missing_imports.size())) +
            "\n";
    for (const scenario::MissingImport& import : result.missing_imports)
      text += fmt::format("  {}!{}: {}\n", import.module, import.name, import.why);
  }

  std::size_t warnings = 0, findings = 0;
  for (const scenario::FindingReport& finding : result.findings)
    ++(finding.finding.severity == machine::Severity::Warning ? warnings : findings);
  const Tone tone = result.passed() ? Tone::Good : Tone::Bad;
  text += "\n" + look.paint(tone, verdict_of(result));
  if (findings != 0) text += fmt::format("  {}", findings == 1 ? "1 finding" : fmt::format("{} findings", findings));
  if (warnings != 0) text += fmt::format("  {}", warnings == 1 ? "1 warning" : fmt::format("{} warnings", warnings));
  if (any)
    text += fmt::format("  {} requests sent, {} ended once, {} lost, {} sectors verified", grouped(result.total.sent),
                        grouped(result.total.ended()), grouped(result.total.lost), grouped(result.sectors_verified));
  text += fmt::format("\n{}  {} decisions  {} register traps  {} events\n", strategy_text(result),
                      grouped(result.decisions), grouped(result.register_traps), grouped(result.events));
  text += hardware_text(result.hardware, look);
  if (result.live && replay.empty()) return text + "live, on the wall's clock: this run cannot be replayed\n";
  text += fmt::format("digest {}\n", result.digest);
  // A record is there to be replayed, whatever came of the run.
  if ((!result.passed() || result.live) && !replay.empty()) text += fmt::format("{}\n", replay);
  return text;
}

std::string table_of(const CampaignSummary& summary, const Look& look) {
  std::string text = fmt::format("{} on board {}, scenario {}: ", look.paint(Tone::Strong, summary.driver),
                                 summary.board, summary.scenario);
  text += fmt::format("{} of {} runs, seeds {} to {}\n", grouped(summary.runs_done), grouped(summary.runs_wanted),
                      summary.first_seed, summary.first_seed + std::max<std::uint64_t>(summary.runs_done, 1) - 1);
  const double seconds = static_cast<double>(summary.real_time.count()) / 1e9;
  text += fmt::format("{} virtual in {} real", short_time(summary.virtual_time), short_time(summary.real_time));
  if (seconds > 0) text += fmt::format(", {:.0f} runs a second", static_cast<double>(summary.runs_done) / seconds);
  text += fmt::format("\n{} requests sent, {} completed, {} retried, {} failed, {} lost, {} sectors verified\n",
                      grouped(summary.requests.sent), grouped(summary.requests.completed),
                      grouped(summary.requests.retried), grouped(summary.requests.failed),
                      grouped(summary.requests.lost), grouped(summary.sectors_verified));
  if (summary.interrupted) text += look.paint(Tone::Warn, "interrupted: these are the runs until then") + "\n";
  if (summary.runs_without_verdict != 0) {
    std::string seeds;
    for (std::uint64_t seed : summary.seeds_without_verdict) seeds += fmt::format("{}{}", seeds.empty() ? "" : ", ", seed);
    text += look.paint(Tone::Bad, "QEMU ENDED") +
            fmt::format("  in {} of {} runs, which say nothing of the driver; seeds {}\n", summary.runs_without_verdict,
                        summary.runs_done, seeds);
  }
  if (summary.runs_failed != 0)
    text += look.paint(Tone::Bad, "FAIL") + fmt::format("  {} of {} seeds\n", summary.runs_failed, summary.runs_done);
  else if (summary.runs_without_verdict == 0)
    text += look.paint(Tone::Good, "PASS") + "\n";
  else
    text += look.paint(Tone::Good, "PASS") +
            fmt::format("  the other {}\n", summary.runs_done - summary.runs_without_verdict);
  text += fmt::format("digest {}\n", summary.digest);
  return text;
}

}  // namespace drydock::report
