// Mistakes about device reset: each is named after the rule it breaks, and its repaired twin passes.

#include <fstream>
#include <ostream>

#include "end_to_end/command.h"

namespace drydock::end_to_end {
namespace {

struct Animal {
  const char* name;
  const char* finding;
  const char* steps;
};

void PrintTo(const Animal& animal, std::ostream* to) {
  *to << animal.name;
}

constexpr const char* kStart = "board edu\nload\nstart\n";
constexpr const char* kPulled = "board edu\nunplug\nplug\n";
constexpr const char* kPlatform = "board edu\nreset platform\n";
/// Its device may fail, so one that does not come back is no finding by itself. On this board it does not.
constexpr const char* kMayFail = R"(name = "may-fail"
[[rail]]
name = "PRRA"
_RST = "10 ms"
[[device]]
slot = "0:4.0"
model = "edu"
latency = "100 us"
faults = { hang = 1 }
_PRR = "PRRA"
)";

constexpr Animal kZoo[] = {
    {"reset_above_passive", "RST-083", kStart},
    {"reset_after_dereference", "RST-014", kStart},
    {"reset_callback_changes_irql", "RST-086", kStart},
    {"reset_flags_not_zero", "RST-067", kStart},
    {"reset_config_assumed", "DRIVER_PNP_WATCHDOG", kStart},
    {"reset_after_removal", "RST-064", kPulled},
    {"touches_after_surprise_removal", "RST-200", kPulled},
    {"query_remove_vetoed_for_ever", "RST-058", kPlatform},
    {"reset_leaves_child", "RST-142", kPlatform},
    {"reset_state_left_behind", "DRIVER_VERIFIER_DETECTED_VIOLATION", kPlatform},
};

Ran run(const std::string& name, const Animal& animal) {
  const std::string file = testing::TempDir() + name + ".steps";
  std::ofstream(file) << animal.steps;
  return drydock("run " + guest("zoo/" + name) + " --scenario " + file);
}

class ZooReset : public testing::TestWithParam<Animal> {};

TEST_P(ZooReset, EndsInItsNamedFinding) {
  const Animal& animal = GetParam();
  const Ran ran = run(animal.name, animal);
  EXPECT_EQ(ran.exit_code, 1) << ran.output;
  EXPECT_TRUE(ran.says(std::string("finding 1: ") + animal.finding)) << ran.output;
  EXPECT_TRUE(ran.says(std::string(animal.name) + ".sys")) << ran.output;
}

// I06
TEST(ZooResetLoop, RST_158_IsNamedAndItsRepairedTwinGivesUp) {
  const TemporaryFile board("may-fail.toml", kMayFail);
  const auto run = [&](const char* name) {
    return drydock("run " + guest(std::string("zoo/") + name) + " --board " + board.path() +
                   " --scenario 'wait 40 s, scan'");
  };
  const Ran wrong = run("reset_without_limit");
  EXPECT_EQ(wrong.exit_code, 1) << wrong.output;
  EXPECT_TRUE(wrong.says("finding 1: RST-158")) << wrong.output;
  EXPECT_TRUE(wrong.says("nothing limits its attempts")) << wrong.output;
  EXPECT_TRUE(wrong.says("FAIL  1 finding")) << wrong.output;
  const Ran repaired = run("reset_without_limit_fixed");
  EXPECT_EQ(repaired.exit_code, 0) << repaired.output;
}

TEST_P(ZooReset, TheRepairedTwinPasses) {
  const Animal& animal = GetParam();
  const Ran ran = run(std::string(animal.name) + "_fixed", animal);
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
}

INSTANTIATE_TEST_SUITE_P(All, ZooReset, testing::ValuesIn(kZoo),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace drydock::end_to_end
