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

// On another processor the device's interrupt may end a request while the framework waits for the callback lock, to ask
// about it.
TEST(EduOnTwoProcessors, WDF_300_ARequestThatEndedMeanwhileIsNotAskedAbout) {
  const Ran ran = drydock("run " + guest("edu") + " --board edu --processors 2 --scenario sleep-with-io --runs 120");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
}

// The bus beside it: its own requests go on.
TEST(EduReset, OfTheScsiBusBesideIt) {
  const Ran ran = drydock("run " + guest("edu") + " --runs 20 --scenario reset-bus");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says(" 0 lost")) << ran.output;
}

class EduResetScenario : public testing::TestWithParam<const char*> {};

TEST_P(EduResetScenario, LosesNoRequestAndNoByte) {
  for (const char* board : {"edu", "rail"}) {
    const Ran ran = drydock("run " + guest("edu") + " --board " + board + " --runs 5 --scenario " + GetParam());
    EXPECT_EQ(ran.exit_code, 0) << ran.output;
    EXPECT_TRUE(ran.says(" 0 lost")) << ran.output;
  }
}

INSTANTIATE_TEST_SUITE_P(All, EduResetScenario,
                         testing::Values("reset-platform", "reset-ladder", "'reset storm 20, verify'"));

TEST(EduFiltered, AboveAndBelowByTheBoardsWord) {
  const TemporaryFile board("filtered.toml",
                            "name = \"filtered\"\n[[device]]\nslot = \"0:4.0\"\nmodel = \"edu\"\n"
                            "lower_filters = [\"edu_filter.sys\"]\nupper_filters = [\"edu_filter.sys\"]\n");
  const std::string line = "run " + guest("edu") + " --board " + board.path();
  const Ran shown = drydock(line + " --callbacks --plain");
  EXPECT_EQ(shown.exit_code, 0) << shown.output;
  EXPECT_TRUE(shown.says("of \\Driver\\edu_filter")) << shown.output;
  EXPECT_TRUE(shown.says("START (S2)")) << shown.output;
  EXPECT_TRUE(shown.says("callbacks: each where it is documented")) << shown.output;
  for (const char* scenario : {"lifecycle", "surprise-removal", "sleep-with-io"}) {
    const Ran ran = drydock(line + " --runs 10 --scenario " + scenario);
    EXPECT_EQ(ran.exit_code, 0) << ran.output;
    EXPECT_TRUE(ran.says(" 0 lost")) << ran.output;
  }
}

TEST(EduFiltered, AFilterMayLieInAnotherDirectory) {
  const TemporaryFile board("filtered.toml",
                            "name = \"filtered\"\n[[device]]\nslot = \"0:4.0\"\nmodel = \"edu\"\n"
                            "upper_filters = [\"zoo/../edu_filter.sys\"]\n");
  const Ran shown = drydock("run " + guest("edu") + " --board " + board.path() + " --callbacks --plain");
  EXPECT_EQ(shown.exit_code, 0) << shown.output;
  EXPECT_TRUE(shown.says("of \\Driver\\edu_filter")) << shown.output;
}

TEST(EduFiltered, AFilterThatIsNotThereOrIsTheDriverItselfIsNamed) {
  const auto with = [](const std::string& filter) {
    return "name = \"f\"\n[[device]]\nslot = \"0:4.0\"\nmodel = \"edu\"\nupper_filters = [\"" + filter + "\"]\n";
  };
  const TemporaryFile absent("absent.toml", with("nobody.sys")), itself("itself.toml", with("edu.sys"));
  const Ran none = drydock("run " + guest("edu") + " --board " + absent.path());
  EXPECT_EQ(none.exit_code, 2) << none.output;
  EXPECT_TRUE(none.says("nobody.sys")) << none.output;
  const Ran twice = drydock("run " + guest("edu") + " --board " + itself.path());
  EXPECT_EQ(twice.exit_code, 2) << twice.output;
  EXPECT_TRUE(twice.says("one of the drivers of the run already")) << twice.output;
}

/// No reset of any kind is offered: a device that hangs is given up, found anew, and given up for good if it still
/// hangs.
const char* kWithoutResets =
    "name = \"without_resets\"\n[[device]]\nslot = \"0:4.0\"\nmodel = \"edu\"\nfunction_level_reset = false\n"
    "faults = { hang = 1 }\n";

TEST(EduReset, WithoutOneADeviceThatHangsIsGivenUp) {
  const TemporaryFile board("without_resets.toml", kWithoutResets);
  const Ran ran = drydock("run " + guest("edu") + " --board " + board.path() + " --scenario io --runs 20");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says(" 0 lost")) << ran.output;
}

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
  EXPECT_EQ(part(ran.output, "LOAD (S41)"),
            "     WdfVersionBind           WdfVersionBind\n"
            "     DriverEntry              DriverEntry\n"
            "     DeviceAdd                DeviceAdd\n"
            "     WdfVersionUnbind         WdfVersionUnbind\n");
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
  for (const char* scenario : {"surprise-removal", "eject", "rebalance-fail-restart", "sleep-wake", "sleep-with-io",
                               "reset-ladder", "failed-start", "'wait 10 s, sleep, wake, io, wait 10 s, remove'"})
    for (const char* driver : {"edu", "toolbox"}) {
      if (driver == std::string("toolbox") && scenario == std::string("reset-ladder")) continue;  // it has no watchdog
      const Ran ran =
          drydock("run " + guest(driver) + " --board edu --seed 5 --callbacks --plain --scenario " + scenario);
      EXPECT_TRUE(ran.says("callbacks: each where it is documented")) << driver << " " << scenario << "\n"
                                                                      << ran.output;
      EXPECT_FALSE(ran.says("not in the contract's table")) << driver << " " << scenario << "\n" << ran.output;
    }
}

TEST(Callbacks, SayWhyTheyCame) {
  const Ran idle =
      drydock("run " + guest("edu") + " --board edu --callbacks --plain --scenario 'wait 10 s, io, remove'");
  for (const char* heading : {"SET_POWER Dx, idle (S5)", "SET_POWER D0 (S5)"})
    EXPECT_TRUE(idle.says(heading)) << heading << "\n" << idle.output;
  const Ran failed = drydock("run " + guest("edu") + " --board edu --callbacks --plain --scenario failed-start");
  for (const char* heading :
       {"ADD_DEVICE (S39)", "START (WDF-057)", "START (WDF-063)", "START (WDF-179)", "START (WDF-197)", "START (S17)"})
    EXPECT_TRUE(failed.says(heading)) << heading << "\n" << failed.output;
  const Ran bus = drydock("run " + guest("toolbox") + " --board edu --callbacks --plain --scenario surprise-removal");
  for (const char* heading : {"SURPRISE_REMOVAL (S40)", "REMOVE (S34)"})
    EXPECT_TRUE(bus.says(heading)) << heading << "\n" << bus.output;
  const TemporaryFile board("without_resets.toml", kWithoutResets);
  const Ran given_up =
      drydock("run " + guest("edu") + " --board " + board.path() + " --callbacks --plain --scenario io --seed 2");
  EXPECT_TRUE(given_up.says("SURPRISE_REMOVAL (S33)")) << given_up.output;
  const Ran newer = drydock("run " + guest("test/wdf_bind_future") + " --callbacks --plain --scenario load-unload");
  EXPECT_TRUE(newer.says("LOAD (S43)")) << newer.output;
}

/// A driver that fails each callback for want of memory, on a start and on the way to Dx and back.
TEST(Callbacks, FollowEveryFailure) {
  const std::string line = "run " + guest("hungry") + " --board edu --callbacks --plain --scenario ";
  const Ran start = drydock(line + "failed-start");
  for (const char* heading : {"START (S17)", "START (S19)", "START (S20)", "START (S21)", "START (S22)", "START (S23)",
                              "START (S24)", "START (WDF-200)"})
    EXPECT_TRUE(start.says(heading)) << heading << "\n" << start.output;
  const Ran power = drydock(line + "failed-power");
  for (const char* heading :
       {"SET_POWER Dx, idle (S4)", "SET_POWER D0 (S4)", "SET_POWER Dx, idle (S32)", "SET_POWER D0 (S26)",
        "SURPRISE_REMOVAL (S26)", "SET_POWER D0 (S27)", "SET_POWER D0 (WDF-197)", "SET_POWER D0 (WDF-200)"})
    EXPECT_TRUE(power.says(heading)) << heading << "\n" << power.output;
  for (const Ran* ran : {&start, &power}) {
    EXPECT_EQ(ran->exit_code, 0) << ran->output;
    EXPECT_TRUE(ran->says("callbacks: each where it is documented")) << ran->output;
    EXPECT_FALSE(ran->says("not in the contract's table")) << ran->output;
  }
}

TEST(FailedPower, LosesNothing) {
  for (const char* driver : {"edu", "toolbox", "hungry", "medic"}) {
    const Ran ran = drydock("run " + guest(driver) + " --board edu --scenario failed-power");
    EXPECT_EQ(ran.exit_code, 0) << driver << "\n" << ran.output;
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
