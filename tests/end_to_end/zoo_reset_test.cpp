// Mistakes about device reset: each is named after the rule it breaks, and its repaired twin passes.

#include <ostream>

#include "end_to_end/command.h"

namespace drydock::end_to_end {
namespace {

struct Animal {
  const char* name;
  const char* finding;
  const char* run;  ///< board and scenario
};

void PrintTo(const Animal& animal, std::ostream* to) {
  *to << animal.name;
}

constexpr const char* kStart = " --board edu --scenario start";

constexpr const char* kPulled = " --board edu --scenario surprise-removal";
constexpr const char* kPlatform = " --board edu --scenario reset-platform";

constexpr Animal kZoo[] = {
    {"reset_above_passive", "RST-083", kStart},
    {"reset_after_dereference", "RST-014", kStart},
    {"reset_callback_changes_irql", "RST-086", kStart},
    {"reset_flags_not_zero", "RST-067", kStart},
    {"reset_config_assumed", "NOTHING_CAN_HAPPEN_ANY_MORE", kStart},
    {"reset_after_removal", "RST-064", kPulled},
    {"touches_after_surprise_removal", "RST-200", kPulled},
    {"query_remove_vetoed_for_ever", "RST-058", kPlatform},
    {"reset_leaves_child", "RST-142", kPlatform},
    {"reset_state_left_behind", "DRIVER_VERIFIER_DETECTED_VIOLATION", kPlatform},
};

class ZooReset : public testing::TestWithParam<Animal> {};

TEST_P(ZooReset, EndsInItsNamedFinding) {
  const Animal& animal = GetParam();
  const Ran ran = drydock("run " + guest(std::string("zoo/") + animal.name) + animal.run);
  EXPECT_EQ(ran.exit_code, 1) << ran.output;
  EXPECT_TRUE(ran.says(std::string("finding 1: ") + animal.finding)) << ran.output;
  EXPECT_TRUE(ran.says(std::string(animal.name) + ".sys")) << ran.output;
}

TEST_P(ZooReset, TheRepairedTwinPasses) {
  const Animal& animal = GetParam();
  const Ran ran = drydock("run " + guest(std::string("zoo/") + animal.name + "_fixed") + animal.run);
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
}

INSTANTIATE_TEST_SUITE_P(All, ZooReset, testing::ValuesIn(kZoo),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace drydock::end_to_end
