#include "scenario/run.h"

#include <fmt/format.h>

#include "host/check.h"
#include "image/loader.h"
#include "scenario/assembly.h"
#include "scenario/stage.h"

namespace drydock::scenario {

using machine::Machine;

namespace {

/// Looks at the wall clock for the report. Lies outside the machine, which never sees what it finds.
class RealClock final : public StepWatch {
 public:
  using Clock = std::chrono::steady_clock;
  explicit RealClock(std::size_t steps) : began_(steps), ended_(steps) {}
  void step_began(std::size_t step) override { began_[step] = now(); }
  void step_ended(std::size_t step) override { ended_[step] = now(); }
  std::chrono::nanoseconds of(std::size_t step, Clock::time_point end_of_run) const {
    if (began_[step] == Clock::time_point{}) return {};
    return (ended_[step] == Clock::time_point{} ? end_of_run : ended_[step]) - began_[step];
  }
  static Clock::time_point now() { return Clock::now(); }

 private:
  std::vector<Clock::time_point> began_, ended_;
};

std::string offset_in_image(std::uint64_t address) {
  auto* images = Machine::current().find_part<image::Images>(machine::PartId::Images);
  if (images == nullptr || address == 0) return {};
  const auto* where = reinterpret_cast<const void*>(address);
  if (const image::LoadedImage* loaded = images->at(where))
    return fmt::format("{}+{:#x}", loaded->name(), loaded->rva_of(where));
  if (const auto* unloaded = images->unloaded_at(where))
    return fmt::format("{}+{:#x}", unloaded->name, address - unloaded->base);
  return {};
}

/// A driver has to live with a device that is gone; but whether what comes after QEMU's end is its fault, nobody can say.
bool found_something(const RunResult& result) {
  for (const FindingReport& report : result.findings)
    if (report.finding.severity != machine::Severity::Warning &&
        !(result.hardware.ended && report.finding.at >= result.hardware.ended_at))
      return true;
  return false;
}

host::ExitCode exit_code_of(const RunResult& result) {
  switch (result.outcome) {
    case machine::OutcomeKind::NotImplemented:
      return host::ExitCode::NotImplemented;
    case machine::OutcomeKind::HostFault:
      return host::ExitCode::HostFault;
    case machine::OutcomeKind::Budget:
      return result.hardware.ended ? host::ExitCode::HardwareEnded : host::ExitCode::BudgetUsedUp;
    case machine::OutcomeKind::BugCheck:
    case machine::OutcomeKind::Completed:
      break;
  }
  if (found_something(result)) return host::ExitCode::Finding;
  return result.hardware.ended ? host::ExitCode::HardwareEnded : host::ExitCode::Pass;
}

void describe_findings(Machine& machine, RunResult& result) {
  for (const machine::Finding& finding : machine.findings()) {
    FindingReport report;
    report.finding = finding;
    // Written inside the machine, for its images, and copied outside of it.
    std::vector<std::string>* inside = nullptr;
    machine.enter([&] {
      inside = new std::vector<std::string>;
      for (const machine::StackFrame& frame : finding.stack) inside->push_back(offset_in_image(frame.address));
    });
    report.frame_offsets = *inside;
    for (const std::string& offset : report.frame_offsets)
      if (report.image_offset.empty()) report.image_offset = offset;
    result.findings.push_back(std::move(report));
  }
}

void list_missing_imports(Machine& machine, RunResult& result, const RunConfig& config) {
  for (const DriverFile* driver : config.drivers)
    for (const ImportSurvey::Row& row : survey_imports(*driver, *config.exports, config.drivers).rows)
      if (row.state == ImportState::NotBuilt || row.state == ImportState::Unknown)
        result.missing_imports.push_back({driver->image->name(), row.module, row.name, row.where});
  (void)machine;
}

}  // namespace

host::Result<RunResult> run(const RunConfig& config) {
  HOST_CHECK(!config.drivers.empty() && config.board && config.scenario && config.exports);
  RealClock clock(config.scenario->steps.size());
  const auto began = RealClock::now();
  std::unique_ptr<Machine> machine = TRY(assemble(config));
  Stage* stage = nullptr;
  machine->enter([&] { stage = new Stage(*machine, config, clock); });
  const HardwareWatch hardware(*config.board);
  const machine::Outcome outcome = machine->run([stage] { stage->perform(); });
  const auto ended = RealClock::now();

  // Everything below copies out of the machine, which goes at the end.
  RunResult result;
  result.driver = config.drivers.front()->path;
  result.board = config.board->file.empty() ? config.board->name : config.board->file;
  result.scenario = config.scenario->name;
  result.processors = config.processors != 0 ? config.processors : config.board->processors;
  result.strategy = config.strategy;
  result.requests = config.requests;
  result.live = config.outside != nullptr || config.board->is_live();
  result.hardware = hardware.use();
  result.outcome = outcome.kind;
  result.steps = stage->steps();
  for (std::size_t i = 0; i < result.steps.size(); ++i) {
    StepResult& step = result.steps[i];
    step.real = clock.of(i, ended);
    if (step.state == StepState::Running) {
      step.state = StepState::Failed;
      step.ended = machine->now();
    }
    result.total += step.requests;
  }
  result.sectors_verified = stage->sectors_verified;
  result.bytes_moved = stage->bytes_moved;
  describe_findings(*machine, result);
  list_missing_imports(*machine, result, config);
  const std::vector<ntos::io::ErrorLogEvent>* event_log = nullptr;
  machine->enter([&] { event_log = &ntos::io::event_log(); });
  result.event_log = *event_log;
  result.digest = machine->trace().digest();
  result.events = machine->trace().count();
  result.answers = machine->decisions().answers();
  result.decisions = result.answers.size();
  result.register_traps = machine->register_traps();
  result.points = machine->points();
  result.virtual_time = machine->now();
  if (config.keep_trace) result.trace = machine->trace();
  result.exit_code = exit_code_of(result);
  machine.reset();
  result.real_time = RealClock::now() - began;
  return result;
}

}  // namespace drydock::scenario
