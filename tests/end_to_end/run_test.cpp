// Runs from the outside: verdicts, digests, replay.

#include "end_to_end/command.h"

namespace drydock::end_to_end {
namespace {

TEST(Run, ASmallDriverPasses) {
  const Ran ran = drydock("run " + guest("test/small_wdm"));
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says("PASS"));
  EXPECT_EQ(ran.after("digest ").size(), 16u) << ran.output;
  EXPECT_TRUE(ran.last_line().starts_with("digest "));
}

TEST(Run, TheEchoDriverPasses) {
  const Ran ran = drydock("run " + guest("wdm_echo"));
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_FALSE(ran.says(" 0 requests sent")) << ran.output;
}

TEST(Run, TheSameSeedTwiceGivesTheSameDigest) {
  for (const char* seed : {"1", "2", "77"}) {
    const std::string line = "run " + guest("wdm_echo") + " --processors 2 --seed " + seed;
    const Ran one = drydock(line), two = drydock(line);
    EXPECT_EQ(one.exit_code, 0) << one.output;
    EXPECT_EQ(one.after("digest "), two.after("digest "));
    EXPECT_EQ(one.after("digest ").size(), 16u);
  }
}

TEST(Run, DifferentSeedsGoDifferentWays) {
  const std::string line = "run " + guest("wdm_echo") + " --processors 2 --seed ";
  EXPECT_NE(drydock(line + "1").after("digest "), drydock(line + "2").after("digest "));
}

TEST(Run, OneProcessRunsTwiceAlike) {
  const Ran ran = drydock("run " + guest("wdm_echo") + " --seed 5 --check-determinism");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
}

TEST(Run, ManySeedsAreSummedUp) {
  const Ran ran = drydock("run " + guest("wdm_echo") + " --runs 20");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says("20 of 20 runs"));
}

TEST(Run, JsonIsJson) {
  const Ran ran = drydock("run " + guest("wdm_echo") + " --json");
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_EQ(ran.output.front(), '{');
  EXPECT_TRUE(ran.says("\"digest\": \"")) << ran.output;
}

TEST(Run, TheBudgetEndsARun) {
  const Ran ran = drydock("run " + guest("pvscsi") + " --budget '2 s'");
  EXPECT_EQ(ran.exit_code, 5) << ran.output;
}

TEST(Run, AFailedRunEndsWithTheCommandThatRepeatsIt) {
  const Ran failed = drydock("run " + guest("zoo/null_write") + " --seed 3");
  EXPECT_EQ(failed.exit_code, 1) << failed.output;
  const std::string command = failed.last_line();
  const auto at = command.find("drydock replay ");
  ASSERT_NE(at, std::string::npos) << failed.output;
  const Ran again = drydock(command.substr(at + 8));
  EXPECT_EQ(again.exit_code, 1) << again.output;
  EXPECT_EQ(again.after("digest "), failed.after("digest "));
}

TEST(Run, ASavedRunIsRepeatedByItsDecisions) {
  const TemporaryFile file("saved.drydock-run", "");
  const Ran ran = drydock("run " + guest("wdm_echo") + " --seed 11 --processors 2 --save " + file.path());
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_NE(contents_of(file.path()).find("decisions="), std::string::npos);
  const Ran again = drydock("replay " + file.path());
  EXPECT_EQ(again.exit_code, 0) << again.output;
  EXPECT_EQ(again.after("digest "), ran.after("digest "));
}

TEST(Run, WorksWithoutAWorker) {
  const Ran inside = drydock("run --in-process " + guest("wdm_echo"));
  EXPECT_EQ(inside.exit_code, 0) << inside.output;
  EXPECT_EQ(inside.after("digest "), drydock("run " + guest("wdm_echo")).after("digest "));
}

}  // namespace
}  // namespace drydock::end_to_end
