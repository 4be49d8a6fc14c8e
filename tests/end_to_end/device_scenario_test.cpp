// The scenarios on a plain function driver: medic.sys, whose load goes by way of its device interface.

#include "end_to_end/command.h"

namespace drydock::end_to_end {
namespace {

class DeviceScenario : public testing::TestWithParam<const char*> {};

TEST_P(DeviceScenario, PassesWithRandomSeeds) {
  const Ran ran = drydock("run " + guest("medic") + " --board edu --runs 30 --scenario " + GetParam());
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says(" 0 lost")) << ran.output;
}

INSTANTIATE_TEST_SUITE_P(All, DeviceScenario,
                         testing::Values("lifecycle", "surprise-removal", "cancel-remove", "disable-enable", "eject",
                                         "cancel-stop", "rebalance", "rebalance-new-resources",
                                         "rebalance-fail-restart", "sleep-wake", "sleep-with-io", "failed-start"));

// A driver that attaches to a stack is given a device, and its whole life.
TEST(Device, TheScenarioFollowsFromTheImports) {
  const Ran ran = drydock("run " + guest("medic"));
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says("on board edu")) << ran.output;
  EXPECT_TRUE(ran.says("scenario lifecycle")) << ran.output;
}

// What an application has to give up is no lost request, and a length that is not of the protocol no failed one.
TEST(Device, ReadsThatWaitForSomethingOutsideAreCancelled) {
  const Ran ran = drydock("run " + guest("test/wdf_keeps_reads") + " --board edu --scenario lifecycle");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says(" waited and")) << ran.output;
  EXPECT_TRUE(ran.says("960 requests sent, 960 ended once, 0 lost")) << ran.output;
}

TEST(Device, AReadGivenUpExcusesNoOther) {
  const std::string line = "run " + guest("zoo/wdf_cancels_others") + " --board edu --plain --scenario lifecycle";
  const Ran ran = drydock(line);
  EXPECT_EQ(ran.exit_code, 1) << ran.output;
  EXPECT_TRUE(ran.says("finding 1: request-failed")) << ran.output;
  EXPECT_TRUE(ran.says("STATUS_CANCELLED (0xC0000120) although nothing is wrong")) << ran.output;
  const Ran fixed = drydock("run " + guest("zoo/wdf_cancels_others_fixed") + " --board edu --scenario lifecycle --runs 20");
  EXPECT_EQ(fixed.exit_code, 0) << fixed.output;
}

// A filter, or a device that only an application with its driver's own names finds.
TEST(Device, AStackWithoutAnInterfaceIsOpenedByItsName) {
  const Ran ran = drydock("run " + guest("test/wdf_smallest") + " --board edu --scenario lifecycle");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says("moved by a device's name")) << ran.output;
  EXPECT_TRUE(ran.says("960 requests sent, 960 ended once, 0 lost")) << ran.output;
}

// Asked again once it is closed: there a refusal would be a finding.
TEST(Device, OneThatMayNotBeStoppedInUseIsStoppedAfterwards) {
  for (const char* scenario : {"lifecycle", "rebalance", "cancel-stop", "rebalance-fail-restart"}) {
    const Ran ran =
        drydock("run " + guest("test/wdf_stays_while_open") + " --board edu --plain --scenario " + scenario);
    EXPECT_EQ(ran.exit_code, 0) << ran.output;
    EXPECT_TRUE(ran.says(", refused")) << ran.output;
  }
}

// Also of a device whose AddDevice failed after it was made: the next one wants the same link.
TEST(Device, ASymbolicLinkGoesWithItsDevice) {
  const Ran ran = drydock("run " + guest("test/wdf_linked") + " --board edu --plain --scenario failed-start");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
}

TEST(Device, OneThatRefusesToBeOpenedIsNamed) {
  const Ran ran = drydock("run " + guest("test/refuses_open") + " --plain --scenario wdm");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says("STATUS_ACCESS_DENIED (0xC0000022)")) << ran.output;
}

}  // namespace
}  // namespace drydock::end_to_end
