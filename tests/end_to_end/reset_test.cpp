// Device reset by the command: medic.sys and pvscsi.sys on one rail.

#include <filesystem>
#include <fstream>
#include <ostream>

#include "end_to_end/command.h"

namespace drydock::end_to_end {
namespace {

struct Case {
  const char* driver;
  const char* scenario;
  const char* board;
};

void PrintTo(const Case& run, std::ostream* to) {
  *to << run.driver << " " << run.scenario;
}

constexpr Case kCases[] = {
    {"medic", "reset-function", "edu"},   {"medic", "reset-function", "rail"}, {"medic", "reset-platform", "edu"},
    {"medic", "reset-platform", "rail"},  {"medic", "reset-ladder", "edu"},    {"medic", "reset-ladder", "rail"},
    {"pvscsi", "reset-platform", "rail"}, {"pvscsi", "reset-ladder", "rail"},
};

class Reset : public testing::TestWithParam<Case> {};

TEST_P(Reset, LosesNoRequestAndNoByte) {
  const Case& run = GetParam();
  const std::string line = "run " + guest(run.driver) + " --board " + run.board + " --scenario " + run.scenario;
  const Ran steady = drydock(line);
  EXPECT_EQ(steady.exit_code, 0) << steady.output;
  EXPECT_TRUE(steady.says(" 0 lost")) << steady.output;
  const Ran seeds = drydock(line + " --runs 10");
  EXPECT_EQ(seeds.exit_code, 0) << seeds.output;
  EXPECT_TRUE(seeds.says(" 0 lost")) << seeds.output;
}

INSTANTIATE_TEST_SUITE_P(All, Reset, testing::ValuesIn(kCases), [](const auto& info) {
  std::string name = std::string(info.param.driver) + "_" + info.param.scenario + "_" + info.param.board;
  for (char& c : name)
    if (c == '-') c = '_';
  return name;
});

TEST(ResetStorm, LosesNoRequestAndNoByte) {
  const std::string file = testing::TempDir() + "storm.steps";
  std::ofstream(file) << "board rail\nreset storm 40\nverify\n";
  for (const char* driver : {"medic", "pvscsi"}) {
    const Ran ran = drydock("run " + guest(driver) + " --scenario " + file + " --runs 5");
    EXPECT_EQ(ran.exit_code, 0) << ran.output;
    EXPECT_TRUE(ran.says(" 0 lost")) << ran.output;
  }
}

TEST(ResetStorm, AHangFindsARequestWhateverTheLoadAsksFor) {
  // Seed 74: the first six requests all go to the other device.
  const Ran ran = drydock("run " + guest("pvscsi") + " --board rail --scenario 'reset storm 5, verify' --seed 74");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
}

TEST(ResetStorm, AHangIsMendedBeforeTheNextOneComes) {
  // Retries on the disks used to be taken for the end of a hang that had yet to come, until three came at once.
  const Ran ran =
      drydock("run " + guest("medic") + " --board rail --scenario 'reset storm, verify' --seed 116 --runs 2");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
}

TEST(ResetStorm, ADpcThatComesWhileTheInterruptIsDisconnectedDoesNotUseIt) {
  // Seed 1091: at a rebalance it was still on its way on the other processor.
  const Ran ran = drydock("run " + guest("medic") + " --board rail --scenario 'reset storm, verify' --seed 1091");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
}

TEST(ResetRun, EachResetScenarioHasABoardForEitherKindOfDriver) {
  for (const char* driver : {"medic", "pvscsi"})
    for (const char* scenario : {"reset-function", "reset-platform", "reset-ladder"}) {
      const Ran ran = drydock("run " + guest(driver) + " --scenario " + scenario);
      EXPECT_EQ(ran.exit_code, 0) << ran.output;
    }
}

TEST(ResetRun, SaysWhichDriverIsMissingBesideTheFirst) {
  const std::string directory = testing::TempDir() + "medic_alone/";
  std::filesystem::remove_all(directory);
  std::filesystem::create_directory(directory);
  const std::string alone = directory + "medic.sys";
  std::filesystem::copy_file(guest("medic"), alone);
  const Ran ran = drydock("run " + alone + " --board rail --scenario reset-ladder");
  EXPECT_EQ(ran.exit_code, 2) << ran.output;
  EXPECT_TRUE(ran.says("pvscsi.sys")) << ran.output;
  EXPECT_TRUE(ran.says("the board wants it for the pvscsi in slot 0:3.0")) << ran.output;
}

}  // namespace
}  // namespace drydock::end_to_end
