// The main job: a real SCSI miniport goes through its whole life.

#include <fstream>

#include "end_to_end/command.h"

namespace drydock::end_to_end {
namespace {

std::string pvscsi(const std::string& options = {}) {
  return "run " + guest("pvscsi") + " " + options;
}

TEST(Pvscsi, GoesThroughItsWholeLife) {
  const Ran ran = drydock(pvscsi());
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  std::size_t at = 0;
  for (const char* step : {" load ", " start ", " io ", " reset bus ", " verify ", " remove ", " scan ", " unplug ",
                           " plug ", " unload "}) {
    const std::size_t found = ran.output.find(step, at);
    EXPECT_NE(found, std::string::npos) << step << "\n" << ran.output;
    if (found != std::string::npos) at = found;
  }
  EXPECT_TRUE(ran.says(" 0 lost")) << ran.output;
  EXPECT_TRUE(ran.last_line().starts_with("digest "));
}

// SP-181: the rest after a bus reset is a setting of the board.
TEST(Pvscsi, TheHoldOffIsTheBoards) {
  const std::string board = testing::TempDir() + "brisk.toml";
  std::ofstream(board) << R"(
[settings]
scsiport.reset_holdoff = "1 s"
[[device]]
slot = "0:3.0"
model = "pvscsi"
[[device.disk]]
size = "1 MiB"
)";
  const Ran ran = drydock(pvscsi("--scenario start --board " + board));
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says(" 1.00")) << ran.output;
  EXPECT_FALSE(ran.says(" 4.00")) << ran.output;
}

TEST(Pvscsi, OneProcessAndTwoGiveTheSameDigest) {
  for (const char* options : {"", "--seed 3", "--seed 4 --processors 4", "--board pvscsi-smp --seed 5"}) {
    const Ran one = drydock(pvscsi(options)), two = drydock(pvscsi(options));
    EXPECT_EQ(one.exit_code, 0) << one.output;
    EXPECT_EQ(one.after("digest "), two.after("digest ")) << options;
    EXPECT_EQ(drydock(pvscsi(std::string(options) + " --check-determinism")).exit_code, 0) << options;
  }
}

TEST(Pvscsi, TheTraceTextDoesNotChangeTheDigest) {
  const Ran bare = drydock(pvscsi("--seed 9 --scenario reset-bus"));
  const Ran traced = drydock(pvscsi("--seed 9 --scenario reset-bus --trace-text"));
  EXPECT_EQ(bare.after("digest "), traced.after("digest "));
  EXPECT_TRUE(traced.says("srb-started"));
}

TEST(Pvscsi, ASavedRunIsRepeatedByItsDecisions) {
  const TemporaryFile file("pvscsi.drydock-run", "");
  const Ran ran = drydock(pvscsi("--seed 21 --processors 2 --save " + file.path()));
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  const Ran again = drydock("replay " + file.path());
  EXPECT_EQ(again.exit_code, 0) << again.output;
  EXPECT_EQ(again.after("digest "), ran.after("digest "));
}

class PvscsiScenario : public testing::TestWithParam<const char*> {};
TEST_P(PvscsiScenario, PassesWithRandomSeeds) {
  const Ran ran = drydock(pvscsi(std::string("--runs 30 --scenario ") + GetParam()));
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
}
INSTANTIATE_TEST_SUITE_P(All, PvscsiScenario,
                         testing::Values("load-unload", "start", "io", "reset-bus", "remove", "surprise-removal",
                                         "cancel-remove", "disable-enable", "eject", "cancel-stop", "rebalance",
                                         "rebalance-new-resources", "rebalance-fail-restart", "sleep-wake",
                                         "sleep-with-io", "failed-start", "lifecycle"));

class PvscsiBoard : public testing::TestWithParam<const char*> {};
TEST_P(PvscsiBoard, PassesWithRandomSeeds) {
  for (const char* processors : {"1", "2", "4"}) {
    const Ran ran = drydock(pvscsi(std::string("--runs 40 --board ") + GetParam() + " --processors " + processors));
    EXPECT_EQ(ran.exit_code, 0) << ran.output;
  }
}
INSTANTIATE_TEST_SUITE_P(All, PvscsiBoard, testing::Values("pvscsi", "pvscsi-smp", "pvscsi-pair"));

// No finding, no lost request, no wrong byte.
TEST(Pvscsi, AThousandSeedsOfTheDemoPass) {
  const Ran ran = drydock(pvscsi("--runs 1000"));
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says("1,000 of 1,000 runs")) << ran.output;
  EXPECT_TRUE(ran.says(" 0 lost")) << ran.output;
}

TEST(Pvscsi, SP_377_SomebodyElsesFunctionLevelResetsUnderLoadLoseNothing) {
  const TemporaryFile board("rst.toml", "[[device]]\nslot = \"0:3.0\"\nmodel = \"pvscsi\"\ndisk = [{ size = \"32 MiB\" }]\n_RST = true\n");
  const TemporaryFile steps("rst.steps", "io, reset function, verify, reset function, io, reset function, verify");
  const Ran ran = drydock("run " + guest("pvscsi") + " --board " + board.path() + " --scenario " + steps.path() + " --runs 20 --processors 2");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says("PASS")) << ran.output;
  EXPECT_TRUE(ran.says(" 0 failed, 0 lost")) << ran.output;
  // The reset finds the adapter stopped: nothing runs into a timeout.
  const Ran one = drydock("run " + guest("pvscsi") + " --board " + board.path() + " --scenario " + steps.path() + " --plain --events");
  EXPECT_EQ(one.exit_code, 0) << one.output;
  EXPECT_TRUE(one.says("1 function-level reset")) << one.output;
  EXPECT_FALSE(one.says("overdue")) << one.output;
}

TEST(Pvscsi, KeepsItsDataInAFile) {
  const TemporaryFile disk("disk.img", std::string(8 << 20, '\x5A'));
  const TemporaryFile board("file.toml",
                            "name = \"file\"\n[[device]]\nslot = \"0:3.0\"\nmodel = \"pvscsi\"\ndisk = [{ file = \"" +
                                disk.path() + "\" }]\n");
  const Ran ran = drydock(pvscsi("--board " + board.path()));
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_NE(contents_of(disk.path()).find("!drydock"), std::string::npos);
}

// Faults of the adapter are the world's, not the driver's: it has to cope.
class PvscsiFault : public testing::TestWithParam<const char*> {};
TEST_P(PvscsiFault, IsSurvived) {
  const TemporaryFile board("fault.toml",
                            std::string("name = \"fault\"\n[[device]]\nslot = \"0:3.0\"\nmodel = \"pvscsi\"\n"
                                        "disk = [{ size = \"64 MiB\" }]\nfaults = { ") +
                                GetParam() + " = 3 }\n");
  const Ran ran = drydock(pvscsi("--runs 60 --board " + board.path()));
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
}
INSTANTIATE_TEST_SUITE_P(All, PvscsiFault,
                         testing::Values("hang", "late", "lose_interrupt", "spurious", "foreign_reset",
                                         "bus_reset_hangs", "bus_reset_fails", "busy"));

}  // namespace
}  // namespace drydock::end_to_end
