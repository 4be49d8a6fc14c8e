#pragma once
// What happens to a driver, as a list of steps. Built-in scenarios and files are written in the same words.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/result.h"

namespace drydock::scenario {

class Stage;
struct DriverFile;

/// A word (or two) that a scenario may say. `act` does it and checks the outcome; what goes wrong is a finding.
struct StepWord {
  std::string_view name;                                                             ///< "reset bus"
  enum class Number : std::uint8_t { None, Count, Duration } number = Number::None;  ///< what may follow
  std::string_view meaning;
  void (*act)(Stage& stage);
};
/// In the order in which people read about them (step_words.cpp).
std::span<const StepWord> step_words();

struct Step {
  const StepWord* word = nullptr;
  std::int64_t number = 0;  ///< a count, or ns; 0: not given
};

struct Scenario {
  std::string name;  ///< of a file: its path
  std::string meaning;
  std::string board;  ///< where it runs unless told otherwise
  std::vector<Step> steps;
};

/// What a driver serves, as far as its imports tell. A name may stand in the list once for each.
enum class DriverKind : std::uint8_t {
  ScsiMiniport,  ///< disks
  Function,      ///< any other device of a board
  Software,      ///< devices of its own making
};
DriverKind kind_of(const DriverFile& driver);

struct BuiltInScenario {
  std::string_view name, meaning;
  std::string_view board;         ///< of a SCSI miniport, and of everybody whose own is not named
  std::string_view device_board;  ///< of a function driver
  std::string_view text;
};
std::span<const BuiltInScenario> built_in_scenarios();

/// One step a line (or between commas); "#" begins a comment; "board NAME" says where it runs. `file` is for messages
/// ("night.steps:7: ..."). A text without "load" begins after loading, starting and enumerating; one without "unload"
/// ends with it.
host::Result<Scenario> parse_scenario(std::string_view text, const std::string& file);
/// A built-in scenario by its name, steps with commas between them ("io, reset bus"), or a file by its path. "": the
/// whole life of a driver of this kind.
host::Result<Scenario> load_scenario(const std::string& name_or_path, DriverKind kind);

/// Some of a scenario's steps, as a scenario whose name is their text: what load_scenario reads.
Scenario part_of(const Scenario& whole, std::vector<Step> steps);

}  // namespace drydock::scenario
