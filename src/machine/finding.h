#pragma once
// What a driver did wrong.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "machine/time.h"

namespace drydock::machine {

struct StackFrame {
  std::uint64_t address = 0;  ///< instruction address in guest memory, 0 for a frame of ours
  std::string symbol;         ///< "pvscsi.sys!HwScsiResetBus+0x1c" or "scsiport.sys!ScsiPortNotification"
};

/// What Windows would show on its blue screen.
struct BugCheck {
  std::uint32_t code = 0;
  std::array<std::uint64_t, 4> parameters{};
};

enum class Severity {
  Fatal,     ///< ends the run
  Recorded,  ///< counts as a finding, the run goes on
  Warning,   ///< shown, does not change the verdict
};

struct Finding {
  std::string rule;     ///< "SP-167", or the name of the bug check ("DRIVER_IRQL_NOT_LESS_OR_EQUAL")
  std::string summary;  ///< one sentence for a person
  Severity severity = Severity::Fatal;
  std::optional<BugCheck> bug_check;
  Time at{};
  unsigned processor = 0;
  unsigned irql = 0;
  std::string thread;
  std::vector<StackFrame> stack;
  std::vector<std::string> details;  ///< further lines: the request's history, who waits for what
};

/// A finding with the rest at its defaults.
inline Finding finding(std::string rule, std::string summary, Severity severity = Severity::Fatal) {
  Finding result;
  result.rule = std::move(rule);
  result.summary = std::move(summary);
  result.severity = severity;
  return result;
}

enum class OutcomeKind {
  Completed,       ///< the body returned
  BugCheck,        ///< a fatal finding
  NotImplemented,  ///< the driver called something that no table offers
  Budget,          ///< virtual time, points or decisions used up
  HostFault,       ///< our own code faulted
};

}  // namespace drydock::machine
