#include "port/scsiport/checks.h"

#include <fmt/format.h>

#include "machine/machine.h"
#include "port/scsiport/kernel.h"
#include "port/scsiport/miniport.h"

namespace drydock::port::scsiport {

void violation(Adapter* adapter, Check check, std::string summary, StopParameters parameters,
               const RequestHistory* request, std::vector<std::string> details, const machine::TrapFrame* trap) {
  const CheckInfo& info = info_of(check);
  machine::Machine& machine = machine::Machine::current();
  if (info.level == Level::Information) {
    machine.note(fmt::format("{} {}: {}", info.rule, info.name, summary));
    return;
  }
  machine::Finding finding;
  finding.rule = info.rule;
  finding.summary = fmt::format("{}: {}", info.name, summary);
  const bool stops = info.level == Level::Stop && port().settings.verify;
  finding.severity = stops                          ? machine::Severity::Fatal
                     : info.level == Level::Warning ? machine::Severity::Warning
                                                    : machine::Severity::Recorded;
  if (stops && info.stop)
    finding.bug_check = machine::BugCheck{kScsiVerifierDetectedViolation,
                                          {info.stop, parameters.second, parameters.third, parameters.fourth}};
  if (adapter) {
    if (const MiniportCall* call = running_call(*adapter))
      finding.details.push_back(fmt::format("in {}", describe(*adapter, *call)));
    else if (adapter->last_call.routine != Routine::None)
      finding.details.push_back(fmt::format("last callback: {}", describe(*adapter, adapter->last_call)));
    finding.details.push_back(
        fmt::format("adapter {} of {}, state {}", adapter->number, adapter->driver->name, state_name(adapter->state)));
  }
  if (request)
    for (std::string& line : history_of(*request)) finding.details.push_back(std::move(line));
  for (std::string& line : details) finding.details.push_back(std::move(line));
  if (trap) finding.stack = machine.hooks()->capture_stack(trap);
  machine.report(std::move(finding));
}

void check_irql(Adapter& adapter, const char* routine, KIRQL highest) {
  const KIRQL irql = KeGetCurrentIrql();
  if (irql > highest) [[unlikely]]
    violation(&adapter, Check::WrongIrql,
              fmt::format("{} was called at IRQL {}; at most {} is allowed", routine, irql, highest));
}

}  // namespace drydock::port::scsiport
