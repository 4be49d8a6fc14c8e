#pragma once
// Scenarios are tables of steps.

#include <span>
#include <string_view>

namespace drydock::scenario {

class Stage;
struct DriverFile;

/// One thing that happens to a driver. `act` does it and checks the outcome; what goes wrong is a finding.
struct Step {
  const char* name;
  const char* meaning;
  void (*act)(Stage& stage);
};

struct Scenario {
  std::string_view name;
  std::string_view meaning;
  std::string_view board;  ///< where it runs unless told otherwise
  std::span<const Step> steps;
};

std::span<const Scenario> scenarios();
/// Null if there is none of that name.
const Scenario* find_scenario(std::string_view name);
/// What suits a driver, by what it imports.
const Scenario& scenario_for(const DriverFile& driver);

}  // namespace drydock::scenario
