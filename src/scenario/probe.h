#pragma once
// A board looked at without a driver: what its buses find, what each device is and needs, and whether every reset that a
// device offers leaves it usable.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bus/board/board.h"
#include "host/result.h"
#include "machine/finding.h"
#include "scenario/hardware_use.h"

namespace drydock::scenario {

struct ProbedReset {
  std::string way;  ///< "function-level reset"
  enum class State : std::uint8_t { NotOffered, Passed, Failed } state = State::NotOffered;
  std::string said;  ///< what was found, or why it is not offered
};

struct ProbedDevice {
  bus::board::Slot slot;
  std::string instance_path, description;
  std::vector<std::string> hardware_ids, compatible_ids;
  std::vector<std::string> resources;     ///< as assigned: "memory E0000000-E0007FFF", "line 19"
  std::vector<std::string> capabilities;  ///< of its configuration space
  std::vector<std::string> firmware;      ///< rails and methods: "_PRR PRRA"
  std::vector<std::string> disks;         ///< that the board hangs behind it
  std::string problem;                    ///< "CM_PROB_FAILED_START", "" if it has started
  std::string use;                        ///< what was done with it to see that it works; "" for bridges
  bool works = true;
  std::vector<ProbedReset> resets;

  bool passed() const;
};

struct ProbeResult {
  std::string board;
  std::vector<ProbedDevice> devices;
  std::vector<bus::board::Slot> missing;  ///< on the board, and found by no bus
  std::vector<machine::Finding> findings;
  machine::OutcomeKind outcome = machine::OutcomeKind::Completed;
  HardwareUse hardware;

  bool passed() const;
};

/// Fails only if the machine cannot be made. With a seed, decisions are random, and the board's faults may strike.
host::Result<ProbeResult> probe(const bus::board::Board& board, std::optional<std::uint64_t> seed = {});

}  // namespace drydock::scenario
