#include "scenario/stage.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "nt/status.h"
#include "ntos/io/driver.h"
#include "ntos/io/irp_ledger.h"
#include "port/scsiport/fdo.h"
#include "scenario/assembly.h"
#include "scenario/disk_accounts.h"
#include "scenario/load.h"
#include "scenario/random_stream.h"

namespace drydock::scenario {

Stage::Stage(machine::Machine& machine, const RunConfig& config, StepWatch& watch)
    : machine_(machine), config_(config), watch_(watch) {
  for (const Step& step : config.scenario->steps) {
    StepResult result;
    result.name = step.word->name;
    result.meaning = step.word->meaning;
    steps_.push_back(std::move(result));
  }
  for (const bus::board::Device& device : config.board->devices) {
    adapters_.push_back({.slot = device.slot, .device = &device, .driver = &driver_for(config, device)});
    for (const bus::board::Disk& disk : device.disks) {
      const auto number = static_cast<std::uint32_t>(disks_.size());
      disks_.push_back({.number = number,
                        .slot = device.slot,
                        .board = &disk,
                        .path = {},
                        .ledger = Ledger(number, disk.file.empty()),
                        .file = {}});
    }
    for (const auto& [name, strikes] : device.faults) devices_may_fail_ = devices_may_fail_ || strikes != 0;
  }
}

Stage::~Stage() = default;

void Stage::perform() {
  for (step_ = 0; step_ < steps_.size(); ++step_) {
    if (ended_early_ && step_ + 1 != steps_.size()) continue;
    StepResult& step = steps_[step_];
    machine_.record(machine::Event::ScenarioStep, step_);
    step.state = StepState::Running;
    step.began = machine_.now();
    watch_.step_began(step_);
    const std::size_t findings = machine_.findings().size();
    config_.scenario->steps[step_].word->act(*this);
    if (step_ + 1 == steps_.size()) end_checks();
    watch_.step_ended(step_);
    step.ended = machine_.now();
    step.state = StepState::Passed;
    for (std::size_t i = findings; i < machine_.findings().size(); ++i)
      if (machine_.findings()[i].severity != machine::Severity::Warning) step.state = StepState::Failed;
  }
}

/// SP-248: class drivers release a queue as soon as they see the failure that froze it.
constexpr machine::Duration kFrozenAtMost = std::chrono::seconds(60);

/// Whatever was sent has ended; nothing is left with anybody.
void Stage::end_checks() {
  port::scsiport::report_lost_requests();
  port::scsiport::report_frozen_queues(kFrozenAtMost);
  std::vector<std::string> lines;
  for (const ntos::io::LiveIrp& live : ntos::io::outstanding_irps())
    for (std::string& line : ntos::io::describe(live.irp)) lines.push_back(std::move(line));
  if (!lines.empty())
    complain("lost-request", "at the end of the run requests are still on their way", std::move(lines));
  std::vector<std::string> open = open_accounts(machine_);
  if (!open.empty())
    complain("lost-request", "at the end of the run the class driver's account is not even", std::move(open));
}

bool Stage::undisturbed() const {
  constexpr std::string_view kCalm[] = {"load", "start", "enumerate", "io", "verify", "wait"};
  const auto calm = [&](const StepResult& step) {
    return std::find(std::begin(kCalm), std::end(kCalm), step.name) != std::end(kCalm);
  };
  return !devices_may_fail_ && std::all_of(steps_.begin(), steps_.begin() + static_cast<std::ptrdiff_t>(step_), calm);
}

std::vector<Disk*> Stage::present_disks() {
  std::vector<Disk*> present;
  for (Disk& disk : disks_)
    if (disk.present()) present.push_back(&disk);
  return present;
}

std::vector<Adapter*> Stage::tested_adapters() {
  std::vector<Adapter*> tested;
  for (Adapter& adapter : adapters_)
    if (adapter.driver == &driver()) tested.push_back(&adapter);
  return tested;
}

void Stage::close_handles() {
  for (Disk& disk : disks_) disk.file.close(), disk.path.clear();
  interfaces_.clear();
}

nt::DRIVER_OBJECT* Stage::driver_object() const {
  return ntos::io::find_driver(driver().service);
}

std::uint64_t Stage::seed_of_step() const {
  return RandomStream::mix(config_.strategy.seed * 64 + step_ + 1);
}

RequestCounts& Stage::counts() {
  steps_[step_].has_requests = true;
  return steps_[step_].requests;
}

void Stage::checked(std::string text, std::vector<std::string> details) {
  steps_[step_].checked = std::move(text);
  steps_[step_].details = std::move(details);
}

void Stage::fail(std::string rule, std::string summary, std::vector<std::string> details) {
  machine::Finding finding = machine::finding(std::move(rule), std::move(summary));
  finding.details = std::move(details);
  machine_.report(std::move(finding));
  __builtin_unreachable();
}

void Stage::complain(std::string rule, std::string summary, std::vector<std::string> details) {
  machine::Finding finding = machine::finding(std::move(rule), std::move(summary), machine::Severity::Recorded);
  finding.details = std::move(details);
  machine_.report(std::move(finding));
}

void Stage::end_early(std::string why) {
  ended_early_ = true;
  machine_.report(machine::finding("device-failed", std::move(why), machine::Severity::Warning));
}

std::string status_text(nt::NTSTATUS status) {
  const char* name = nt::status_name(status);
  const auto value = static_cast<std::uint32_t>(status);
  return name != nullptr ? fmt::format("{} (0x{:08X})", name, value) : fmt::format("0x{:08X}", value);
}

std::string counted(std::uint64_t n, std::string_view one, std::string_view many) {
  if (n == 1) return fmt::format("1 {}", one);
  return many.empty() ? fmt::format("{} {}s", n, one) : fmt::format("{} {}", n, many);
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::string_view kUnits[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (unit + 1 < std::size(kUnits) && bytes >= 1024 && bytes % 1024 == 0) bytes /= 1024, ++unit;
  return fmt::format("{} {}", bytes, kUnits[unit]);
}

std::string time_text(machine::Duration duration) {
  const double ns = static_cast<double>(duration.count());
  if (ns < 1e3) return fmt::format("{} ns", duration.count());
  if (ns < 1e6) return fmt::format("{:.3g} us", ns / 1e3);
  if (ns < 1e9) return fmt::format("{:.3g} ms", ns / 1e6);
  return fmt::format("{:.3f} s", ns / 1e9);
}

}  // namespace drydock::scenario
