#pragma once
// One run: board, drivers, scenario, strategy and budget in, everything worth telling out.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bus/board/board.h"
#include "host/result.h"
#include "machine/finding.h"
#include "machine/machine.h"
#include "ntos/io/error_log.h"
#include "scenario/driver_file.h"
#include "scenario/hardware_use.h"
#include "scenario/request_counts.h"
#include "scenario/scenario.h"
#include "scenario/verifier_options.h"

namespace drydock::machine {
class OutsideWorld;
}

namespace drydock::scenario {

struct ServeJob;

/// Who answers the decisions.
struct StrategyChoice {
  enum class Kind : std::uint8_t { Steady, Random, Recorded, BySite } kind = Kind::Steady;
  std::uint64_t seed = 0;              ///< of Random; also decides what the load asks for
  std::vector<std::uint32_t> answers;  ///< of Recorded
  std::vector<machine::SiteAnswer> by_site = {};  ///< of BySite
};

struct Budget {
  machine::Duration virtual_time = std::chrono::hours(3);  ///< a storm of 1,000 resets takes two
  std::uint64_t points = 200'000'000;
};

struct RunConfig {
  std::vector<const DriverFile*> drivers;  ///< the first is the one the scenario is about
  std::vector<const DriverFile*> filters;  ///< that the board names for its devices
  const bus::board::Board* board = nullptr;
  const Scenario* scenario = nullptr;
  const image::ExportIndex* exports = nullptr;
  unsigned processors = 0;  ///< 0: the board's
  StrategyChoice strategy;
  Budget budget;
  VerifierOptions verifier;
  unsigned requests = 64;  ///< of each load
  bool keep_trace = false;
  ServeJob* serve = nullptr;                 ///< of the scenario `serve`
  machine::OutsideWorld* outside = nullptr;  ///< live; a board with QEMU devices is live anyway
};

enum class StepState : std::uint8_t { NotReached, Running, Passed, Failed };

struct StepResult {
  std::string name;
  std::string meaning;               ///< of the step, from the scenario's table
  std::string checked;               ///< what was found, in a few words; empty if it was not reached
  std::vector<std::string> details;  ///< more of it, not for the table
  StepState state = StepState::NotReached;
  bool has_requests = false;
  RequestCounts requests;
  machine::Time began{}, ended{};
  std::chrono::nanoseconds real{};  ///< for display only
};

/// A finding with what only the machine could tell while it stood.
struct FindingReport {
  machine::Finding finding;
  std::string image_offset;                ///< "pvscsi.sys+0x1234" of the innermost driver frame, "" if there is none
  std::vector<std::string> frame_offsets;  ///< the same for each frame of the stack
};

struct MissingImport {
  std::string driver, module, name, why;
};

struct RunResult {
  std::string driver, board, scenario;
  unsigned processors = 0;
  StrategyChoice strategy;  ///< as configured; Recorded keeps its answers
  unsigned requests = 0;

  std::vector<StepResult> steps;
  RequestCounts total;
  std::vector<FindingReport> findings;
  std::vector<MissingImport> missing_imports;
  machine::OutcomeKind outcome = machine::OutcomeKind::Completed;
  host::ExitCode exit_code = host::ExitCode::Pass;

  std::string digest;
  std::uint64_t events = 0;  ///< in the digest
  std::uint64_t decisions = 0;
  std::uint64_t register_traps = 0;
  std::uint64_t points = 0;
  std::uint64_t sectors_verified = 0;
  std::uint64_t bytes_moved = 0;
  machine::Time virtual_time{};
  std::chrono::nanoseconds real_time{};
  std::vector<std::uint32_t> answers;  ///< the decisions, for replay
  std::vector<ntos::io::ErrorLogEvent> event_log;
  std::optional<machine::Trace> trace;  ///< if asked for

  HardwareUse hardware;
  bool live = false;  ///< ran on the wall's clock: cannot be replayed

  bool passed() const { return exit_code == host::ExitCode::Pass; }
  /// QEMU has ended before anything was found: this run says nothing of the driver.
  bool without_verdict() const { return exit_code == host::ExitCode::HardwareEnded; }
};

/// Fails only if the machine cannot be made: whatever the driver does is in the result.
host::Result<RunResult> run(const RunConfig& config);

}  // namespace drydock::scenario
