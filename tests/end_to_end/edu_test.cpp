// The framework's drivers under the command: edu.sys with requests outstanding, toolbox.sys whose children come and go,
// and the callbacks beside those that are documented.

#include "end_to_end/command.h"

namespace drydock::end_to_end {
namespace {

class EduScenario : public testing::TestWithParam<const char*> {};

TEST_P(EduScenario, PassesWithRandomSeeds) {
  const Ran ran = drydock("run " + guest("edu") + " --board edu --runs 20 --scenario " + GetParam());
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says(" 0 lost")) << ran.output;
}

INSTANTIATE_TEST_SUITE_P(All, EduScenario,
                         testing::Values("lifecycle", "io", "remove", "surprise-removal", "cancel-remove",
                                         "disable-enable", "eject", "cancel-stop", "rebalance",
                                         "rebalance-new-resources", "rebalance-fail-restart", "sleep-wake",
                                         "sleep-with-io", "failed-start", "reset-function"));

class EduReset : public testing::TestWithParam<const char*> {};

TEST_P(EduReset, LosesNoRequestAndNoByte) {
  for (const char* board : {"edu", "rail"}) {
    const Ran ran = drydock("run " + guest("edu") + " --board " + board + " --runs 5 --scenario " + GetParam());
    EXPECT_EQ(ran.exit_code, 0) << ran.output;
    EXPECT_TRUE(ran.says(" 0 lost")) << ran.output;
  }
}

INSTANTIATE_TEST_SUITE_P(All, EduReset, testing::Values("reset-platform", "reset-ladder", "'reset storm 20, verify'"));

/// What stands under the heading of a request, up to the next.
std::string part(const std::string& output, const std::string& heading) {
  const std::size_t at = output.find("\n  " + heading);
  if (at == std::string::npos) return "there is no " + heading;
  const std::size_t begin = output.find('\n', at + 1) + 1;
  std::string text;
  for (std::size_t line = begin; output.compare(line, 5, "     ") == 0 || output.compare(line, 4, "  <>") == 0;) {
    const std::size_t end = output.find('\n', line);
    text += output.substr(line, end - line) + "\n";
    line = end + 1;
  }
  return text;
}

TEST(Callbacks, WDF_058_WDF_114_WDF_131_WDF_147_StandBesideTheDocumentedOnes) {
  const Ran ran = drydock("run " + guest("edu") + " --scenario lifecycle --callbacks --plain");
  ASSERT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_EQ(part(ran.output, "START (S1)"),
            "     PrepareHardware          PrepareHardware\n"
            "     D0Entry(D3Final)         D0Entry(D3Final)\n"
            "     IntEnable                IntEnable\n"
            "     PostInt(D3Final)         PostInt(D3Final)\n");
  EXPECT_EQ(part(ran.output, "STOP (S7)"),
            "     IoStop(S)                IoStop(S)\n"
            "     PreInt(D3Final)          PreInt(D3Final)\n"
            "     IntDisable               IntDisable\n"
            "     D0Exit(D3Final)          D0Exit(D3Final)\n"
            "     ReleaseHardware          ReleaseHardware\n");
  EXPECT_EQ(part(ran.output, "REMOVE (S10)"),
            "     PreInt(D3Final)          PreInt(D3Final)\n"
            "     IntDisable               IntDisable\n"
            "     D0Exit(D3Final)          D0Exit(D3Final)\n"
            "     ReleaseHardware          ReleaseHardware\n"
            "     ObjCleanup               ObjCleanup\n");
  EXPECT_EQ(part(ran.output, "SURPRISE_REMOVAL (S14)"), part(ran.output, "STOP (S7)"));
  EXPECT_TRUE(ran.says("callbacks: each where it is documented")) << ran.output;
  EXPECT_FALSE(ran.says("<>")) << ran.output;
}

TEST(Callbacks, ChangeNothingInTheRun) {
  const std::string line = "run " + guest("edu") + " --scenario lifecycle --seed 3 --plain";
  const Ran without = drydock(line), with = drydock(line + " --callbacks");
  EXPECT_FALSE(without.after("digest ").empty());
  EXPECT_EQ(with.after("digest "), without.after("digest "));
}

TEST(Callbacks, AreEachWhereTheyAreDocumentedInEveryScenario) {
  for (const char* scenario :
       {"surprise-removal", "eject", "rebalance-fail-restart", "sleep-wake", "sleep-with-io", "reset-ladder"}) {
    const Ran ran = drydock("run " + guest("edu") + " --board edu --seed 5 --callbacks --scenario " + scenario);
    EXPECT_TRUE(ran.says("callbacks: each where it is documented")) << scenario << "\n" << ran.output;
  }
}

TEST(Callbacks, OfABusAndItsChildren) {
  const Ran ran = drydock("run " + guest("toolbox") + " --scenario lifecycle --callbacks --plain");
  ASSERT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says("Scan                     Scan")) << ran.output;
  EXPECT_TRUE(ran.says("(at any time)            CreateChild")) << ran.output;
  EXPECT_TRUE(ran.says("EJECT (S36)")) << ran.output;
  EXPECT_TRUE(ran.says("callbacks: each where it is documented")) << ran.output;
}

class ToolboxScenario : public testing::TestWithParam<const char*> {};

TEST_P(ToolboxScenario, PassesWithRandomSeeds) {
  const Ran ran = drydock("run " + guest("toolbox") + " --runs 60 --scenario " + GetParam());
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says(" 0 lost")) << ran.output;
}

INSTANTIATE_TEST_SUITE_P(All, ToolboxScenario,
                         testing::Values("lifecycle", "remove", "surprise-removal", "cancel-remove", "disable-enable",
                                         "cancel-stop", "rebalance", "rebalance-fail-restart", "sleep-wake",
                                         "sleep-with-io", "failed-start"));

// QEMU's own device, which our model imitates: the same driver, the same life.
TEST(Edu, LivesOnQemusOwnDevice) {
  const Ran ran = drydock("run " + guest("edu") + " --board qemu-edu --requests 4");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says("60 requests sent, 60 ended once, 0 lost")) << ran.output;
  EXPECT_TRUE(ran.says("live, on the wall's clock")) << ran.output;
}

// A framework driver is recognized by what it imports, and has a board of its own kind.
TEST(Edu, TheScenarioFollowsFromTheImports) {
  const Ran ran = drydock("run " + guest("edu"));
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says("on board edu")) << ran.output;
  EXPECT_TRUE(ran.says("scenario lifecycle")) << ran.output;
}

}  // namespace
}  // namespace drydock::end_to_end
