#include "report/finding_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "nt/bugcheck.h"
#include "report/table.h"

namespace drydock::report {

std::string finding_text(const scenario::FindingReport& report, std::size_t number, const Look& look) {
  const machine::Finding& finding = report.finding;
  const bool warning = finding.severity == machine::Severity::Warning;
  std::string head = finding.rule;
  if (finding.bug_check) {
    const char* name = nt::bugcheck_name(finding.bug_check->code);
    head = fmt::format("{} (0x{:X})", name ? name : "BUG_CHECK", finding.bug_check->code);
    if (name && finding.rule != name) head += "  " + finding.rule;
  }
  std::string text = fmt::format("{} {}: {}\n", warning ? "warning" : "finding", number,
                                 look.paint(warning ? Tone::Warn : Tone::Bad, head));
  for (const std::string& line : wrap(finding.summary, look.columns - 2)) text += "  " + line + "\n";
  if (finding.bug_check) {
    const ParameterGloss gloss = gloss_of(finding.bug_check->code);
    for (std::size_t i = 0; i < 4; ++i) {
      text += fmt::format("  Arg{}: {:016x}", i + 1, finding.bug_check->parameters[i]);
      if (!gloss.meaning[i].empty()) text += fmt::format(", {}", gloss.meaning[i]);
      text += "\n";
    }
  }
  if (!report.image_offset.empty()) text += fmt::format("  at {}\n", report.image_offset);
  text += fmt::format("  {} after switch-on, processor {}, IRQL {}{}{}\n", short_time(finding.at), finding.processor,
                      finding.irql, finding.thread.empty() ? "" : ", ", finding.thread);
  if (!finding.stack.empty()) {
    std::size_t width = 0;
    for (const machine::StackFrame& frame : finding.stack) width = std::max(width, width_of(frame.symbol));
    width = std::min<std::size_t>(width, 60);
    text += "  stack:\n";
    for (std::size_t i = 0; i < finding.stack.size(); ++i) {
      const std::string& symbol = finding.stack[i].symbol;
      const std::string& offset = i < report.frame_offsets.size() ? report.frame_offsets[i] : std::string();
      std::string line = fmt::format("    {:02} {}", i, symbol.empty() ? "?" : symbol);
      if (!offset.empty() && offset != symbol)
        line += std::string(width_of(symbol) < width ? width - width_of(symbol) : 0, ' ') + "  " +
                look.paint(Tone::Dim, offset);
      text += line + "\n";
    }
  }
  for (const std::string& line : finding.details) text += fmt::format("  {}\n", line);
  return text;
}

}  // namespace drydock::report
