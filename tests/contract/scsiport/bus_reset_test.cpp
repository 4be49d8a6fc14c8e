// The page on HwScsiResetBus sentence by sentence, then the rest of section 7.

#include <gtest/gtest.h>

#include "contract/scsiport/puppet_rig.h"

namespace drydock::tests::scsiport {
namespace {

constexpr PUPPET_ORDER kHold{PuppetHoldThis, 0, 0};
constexpr PUPPET_ORDER kNext{PuppetNextRequest, 0, 0};
constexpr PUPPET_ORDER kNextLu{PuppetNextLu, ~0u, 0};
constexpr PUPPET_ORDER kSweepAll{PuppetSweep, 0xFFFFFF, SRB_STATUS_BUS_RESET};
constexpr PUPPET_ORDER kForget{PuppetForgetHeld, 0, 0};

/// What the miniport and its looks at the clock cost lies between.
void expect_about(machine::Duration is, machine::Duration should) {
  EXPECT_GE(is, should - 1ms);
  EXPECT_LE(is, should + 1ms);
}

class BusReset : public testing::Test {
 protected:
  PuppetRig rig;
  /// Requests are held from here on, and the next one is asked for.
  void hold_requests() { rig.script(PuppetStartIo, {kHold, kNext}); }
  void answer_requests() { rig.script(PuppetStartIo, {{PuppetCompleteThis, SRB_STATUS_SUCCESS, 0}, kNext}); }
};

TEST_F(BusReset, SP_159_SP_003_EveryMiniportHasTheRoutine) {
  rig.run_started([&] {
    EXPECT_EQ(rig.reset_bus_by_ioctl(), STATUS_SUCCESS);
    EXPECT_EQ(rig.calls(PuppetResetBus), 1u);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(BusReset, SP_161_GetsTheExtensionAndThePathOfTheBus) {
  rig.run([&] {
    rig.puppet().NumberOfBuses = 3;
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    EXPECT_EQ(rig.reset_bus_by_ioctl(2), STATUS_SUCCESS);
    ASSERT_NE(rig.call(PuppetResetBus, 0), nullptr);
    EXPECT_EQ(rig.call(PuppetResetBus, 0)->Argument, 2u);
    EXPECT_EQ(rig.calls(PuppetResetBus), 1u);
    EXPECT_EQ(reinterpret_cast<PVOID>(rig.puppet().Extension), rig.adapter().extension);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(BusReset, SP_177_SP_218_SP_351_AFailedResetIsLoggedByTheMiniport) {
  rig.run_started([&] {
    rig.script(PuppetResetBus, {{PuppetLogError, SP_INTERNAL_ADAPTER_ERROR, 77}, {PuppetReturn, FALSE, 0}});
    EXPECT_EQ(rig.reset_bus_by_ioctl(), STATUS_IO_DEVICE_ERROR);
  });
  ASSERT_EQ(rig.findings().size(), 1u) << rig.what_happened();
  EXPECT_EQ(rig.findings()[0].rule, "SP-351");
  EXPECT_EQ(rig.findings()[0].severity, machine::Severity::Warning);
}

TEST_F(BusReset, SP_351_AFailedResetWithoutALogEntryIsAFinding) {
  rig.run_started([&] {
    rig.script(PuppetResetBus, {{PuppetReturn, FALSE, 0}});
    rig.reset_bus_by_ioctl();
  });
  ASSERT_EQ(rig.findings().size(), 1u) << rig.what_happened();
  EXPECT_EQ(rig.findings()[0].severity, machine::Severity::Recorded);
}

TEST_F(BusReset, SP_167_SP_145_GivesBackEveryOwnedSrbWithBusReset) {
  rig.run_started([&] {
    rig.puppet().TaggedQueuing = TRUE;
    hold_requests();
    Sent& owned = rig.send();
    EXPECT_FALSE(owned.done);
    EXPECT_EQ(rig.reset_bus_by_ioctl(), STATUS_SUCCESS);
    EXPECT_TRUE(owned.done);
    EXPECT_EQ(owned.srb_status(), SRB_STATUS_BUS_RESET);
    EXPECT_EQ(owned.status, STATUS_IO_DEVICE_ERROR);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(BusReset, SP_167_OneByOneIsAsGoodAsASweep) {
  rig.run_started([&] {
    hold_requests();
    rig.script(PuppetResetBus, {{PuppetCompleteAllHeld, 0, SRB_STATUS_BUS_RESET}, kNext});
    Sent& owned = rig.send();
    EXPECT_EQ(rig.reset_bus_by_ioctl(), STATUS_SUCCESS);
    EXPECT_TRUE(owned.done);
    EXPECT_EQ(owned.srb_status(), SRB_STATUS_BUS_RESET);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(BusReset, SP_168_GivingBackBeforeTheHoldOffEndsIsInTime) {
  rig.run_started([&] {
    hold_requests();
    rig.script(PuppetResetBus, {{PuppetRequestTimer, 2'000'000, 0}});
    rig.script(PuppetTimer, {{PuppetCompleteAllHeld, 0, SRB_STATUS_BUS_RESET}, kNext});
    Sent& owned = rig.send();
    EXPECT_EQ(rig.reset_bus_by_ioctl(), STATUS_SUCCESS);
    EXPECT_FALSE(owned.done);
    rig.advance(6s);
    EXPECT_TRUE(owned.done);
    EXPECT_EQ(owned.srb_status(), SRB_STATUS_BUS_RESET);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(BusReset, SP_190_SP_347_WhatIsStillOwnedWhenTheHoldOffEndsIsTheStop) {
  const auto outcome = rig.run_started([&] {
    hold_requests();
    rig.script(PuppetResetBus, {kNext});
    rig.send();
    rig.reset_bus_by_ioctl();
    rig.advance(10s);
    ADD_FAILURE() << "the run should have stopped";
  });
  EXPECT_EQ(outcome, machine::OutcomeKind::BugCheck);
  EXPECT_TRUE(rig.found("SP-347")) << rig.what_happened();
  EXPECT_EQ(rig.stop_parameter(0), 0x1007u);
}

TEST_F(BusReset, SP_191_WithoutTheVerifierLeftoversStayOwned) {
  rig.settings().verify = false;
  rig.run_started([&] {
    hold_requests();
    rig.script(PuppetResetBus, {kNext});
    Sent& owned = rig.send({.timeout_s = 30});
    rig.reset_bus_by_ioctl();
    rig.advance(6s);
    EXPECT_FALSE(owned.done);
    EXPECT_EQ(rig.adapter().owned, 1u);
    rig.script(PuppetInterrupt, {{PuppetCompleteAllHeld, 0, SRB_STATUS_SUCCESS}});
    rig.interrupt();
    EXPECT_TRUE(owned.done);
  });
  EXPECT_TRUE(rig.found("SP-347")) << rig.what_happened();
}

TEST_F(BusReset, SP_169_AnotherFinalStatusStands) {
  rig.run_started([&] {
    hold_requests();
    rig.script(PuppetResetBus, {{PuppetCompleteAllHeld, 0, SRB_STATUS_ERROR}, kNext});
    Sent& owned = rig.send();
    rig.reset_bus_by_ioctl();
    EXPECT_EQ(owned.srb_status(), SRB_STATUS_ERROR);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(BusReset, SP_170_ASweepOverAllBusesIsAccepted) {
  rig.run([&] {
    PUPPET& puppet = rig.puppet();
    puppet.NumberOfBuses = 2;
    puppet.Units[0] = 0, puppet.Units[1] = 0x10000, puppet.Units[2] = ~0u;
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    ASSERT_EQ(rig.enumerate(), STATUS_SUCCESS);
    hold_requests();
    Sent& here = rig.send({}, {0, 0, 0});
    Sent& there = rig.send({}, {1, 0, 0});
    rig.reset_bus_by_ioctl(0);
    EXPECT_EQ(here.srb_status(), SRB_STATUS_BUS_RESET);
    EXPECT_EQ(there.srb_status(), SRB_STATUS_BUS_RESET);
    rig.advance(5s);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(BusReset, SP_173_SP_174_SP_349_ANextRequestIsOwedIfTheAdapterWaitedForOne) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {kHold});  // and asks for nothing
    rig.script(PuppetResetBus, {kSweepAll, kForget});
    rig.send({.timeout_s = 60});
    rig.reset_bus_by_ioctl();
    rig.advance(5s);
  });
  ASSERT_EQ(rig.findings().size(), 1u) << rig.what_happened();
  EXPECT_EQ(rig.findings()[0].rule, "SP-349");
}

TEST_F(BusReset, SP_174_NothingIsOwedIfItHadBeenAskedForBefore) {
  rig.run_started([&] {
    hold_requests();
    rig.script(PuppetResetBus, {kSweepAll, kForget});
    rig.send();
    rig.reset_bus_by_ioctl();
    rig.advance(5s);
    answer_requests();
    EXPECT_TRUE(rig.unit().frozen);
    rig.release_queue();
    EXPECT_TRUE(rig.send().done);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(BusReset, SP_126_SP_173_NextLuRequestServesAsWell) {
  rig.run([&] {
    rig.puppet().TaggedQueuing = rig.puppet().MultipleRequests = TRUE;
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    ASSERT_EQ(rig.enumerate(), STATUS_SUCCESS);
    rig.script(PuppetStartIo, {kHold});
    rig.script(PuppetResetBus, {kSweepAll, kForget, {PuppetNextLu, 0, 0}});
    Sent& owned = rig.send({.flags = SRB_FLAGS_DATA_IN | SRB_FLAGS_QUEUE_ACTION_ENABLE | SRB_FLAGS_NO_QUEUE_FREEZE});
    rig.reset_bus_by_ioctl();
    EXPECT_TRUE(owned.done);
    rig.advance(5s);
    answer_requests();
    EXPECT_TRUE(rig.send().done);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

Srb reset_bus_srb() {
  return {.function = SRB_FUNCTION_RESET_BUS, .flags = 0, .length = 0, .timeout_s = 0, .sense_length = 0};
}

TEST_F(BusReset, SP_211_SP_212_SP_213_SP_215_TheResetMayBeARequestItself) {
  rig.run_started([&] {
    Sent& reset = rig.send(reset_bus_srb());
    EXPECT_TRUE(reset.done);
    EXPECT_EQ(reset.srb_status(), SRB_STATUS_BUS_RESET);  // the sweep took it along
    EXPECT_EQ(reset.completions, 1u);
    EXPECT_EQ(rig.calls(PuppetResetBus), 1u);  // the miniport's own call
    EXPECT_FALSE(reset.frozen());              // SP-215
    EXPECT_FALSE(rig.unit().frozen);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(BusReset, SP_342_CompletingItAgainAfterTheSweepIsNamedApart) {
  rig.run_started([&] {
    rig.reset_srb_script({kSweepAll, {PuppetCompleteAgain, 0, 0}, kNext});
    rig.send(reset_bus_srb());
    ADD_FAILURE() << "the run should have stopped";
  });
  EXPECT_TRUE(rig.found("SP-342")) << rig.what_happened();
  EXPECT_EQ(rig.stop_parameter(0), 0x1003u);
}

TEST_F(BusReset, SP_214_ItsCompletionStartsTheHoldOff) {
  rig.run_started([&] {
    rig.reset_srb_script({{PuppetCompleteThis, SRB_STATUS_SUCCESS, 0}, kNext});
    rig.send(reset_bus_srb());
    const machine::Time reset_at = rig.now();
    Sent& next = rig.send();
    EXPECT_FALSE(next.done);
    rig.advance(5s);
    ASSERT_TRUE(next.done);
    expect_about(next.done_at - reset_at, 4s);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(BusReset, SP_214_AnInvalidRequestResetNothing) {
  rig.run_started([&] {
    rig.reset_srb_script({{PuppetCompleteThis, SRB_STATUS_INVALID_REQUEST, 0}, kNext});
    rig.send(reset_bus_srb());
    EXPECT_TRUE(rig.send().done);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(BusReset, SP_210_TheRequestWaitsBehindAFrozenQueue) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {{PuppetCompleteThis, SRB_STATUS_PARITY_ERROR, 0}, kNext});
    EXPECT_TRUE(rig.send().frozen());
    Sent& reset = rig.send(reset_bus_srb());
    EXPECT_FALSE(reset.done);
    rig.release_queue();
    EXPECT_TRUE(reset.done);
  });
}

TEST_F(BusReset, SP_176_SP_180_SP_181_SP_182_ThePortManagesTheDelay) {
  rig.run_started([&] {
    rig.reset_bus_by_ioctl();
    const machine::Time returned = rig.now();
    Sent& waits = rig.send();
    EXPECT_FALSE(waits.done);
    rig.advance(3999ms);
    EXPECT_FALSE(waits.done);
    rig.advance(2ms);
    ASSERT_TRUE(waits.done);
    expect_about(waits.done_at - returned, 4s);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(BusReset, SP_181_ItsLengthIsASetting) {
  rig.settings().reset_holdoff = 500ms;
  rig.run_started([&] {
    rig.reset_bus_by_ioctl();
    Sent& waits = rig.send();
    rig.advance(501ms);
    EXPECT_TRUE(waits.done);
  });
}

TEST_F(BusReset, SP_183_SP_185_RequestsWaitOnEveryBusAndNoneFails) {
  rig.run([&] {
    PUPPET& puppet = rig.puppet();
    puppet.NumberOfBuses = 2;
    puppet.Units[0] = 0, puppet.Units[1] = 0x10000, puppet.Units[2] = ~0u;
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    ASSERT_EQ(rig.enumerate(), STATUS_SUCCESS);
    rig.reset_bus_by_ioctl(0);
    std::vector<Sent*> waiting;
    for (unsigned i = 0; i < 4; ++i) waiting.push_back(&rig.send({.sort_key = i}, {static_cast<UCHAR>(i & 1), 0, 0}));
    for (Sent* one : waiting) EXPECT_FALSE(one->done);
    rig.advance(5s);
    for (Sent* one : waiting) EXPECT_EQ(one->srb_status(), SRB_STATUS_SUCCESS);
    EXPECT_LT(waiting[0]->place, waiting[2]->place);
    EXPECT_LT(waiting[1]->place, waiting[3]->place);
  });
}

TEST_F(BusReset, SP_184_BypassRequestsWaitToo) {
  rig.run_started([&] {
    rig.reset_bus_by_ioctl();
    Sent& bypass =
        rig.send({.flags = SRB_FLAGS_DATA_IN | SRB_FLAGS_BYPASS_FROZEN_QUEUE | SRB_FLAGS_BYPASS_LOCKED_QUEUE});
    EXPECT_FALSE(bypass.done);
    rig.advance(5s);
    EXPECT_TRUE(bypass.done);
  });
}

TEST_F(BusReset, SP_186_ANextRequestInTheHoldOffIsRemembered) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {kHold});
    rig.script(PuppetResetBus, {kSweepAll, kForget});
    rig.send({.flags = SRB_FLAGS_DATA_IN | SRB_FLAGS_NO_QUEUE_FREEZE});
    rig.reset_bus_by_ioctl();
    rig.script(PuppetInterrupt, {kNext});
    rig.interrupt();
    answer_requests();
    Sent& waits = rig.send();
    EXPECT_FALSE(waits.done);
    rig.advance(5s);
    EXPECT_TRUE(waits.done);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(BusReset, SP_187_SP_199_InterruptTimerAndCompletionsGoOnInTheHoldOff) {
  rig.run_started([&] {
    hold_requests();
    rig.script(PuppetResetBus, {});
    Sent& owned = rig.send();
    rig.reset_bus_by_ioctl();
    rig.script(PuppetInterrupt, {{PuppetCompleteAllHeld, 0, SRB_STATUS_BUS_RESET}, {PuppetRequestTimer, 1000, 0}});
    rig.interrupt();
    EXPECT_TRUE(owned.done);
    EXPECT_LT(owned.done_at, rig.now() + 1s);
    rig.advance(100ms);
    EXPECT_EQ(rig.calls(PuppetTimer), 1u);
    EXPECT_EQ(rig.adapter().state, port::scsiport::ResetState::HoldOff);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(BusReset, SP_188_AnotherResetDetectedSetsTheClockToItsFullLength) {
  rig.run_started([&] {
    rig.reset_bus_by_ioctl();
    rig.advance(3s);
    rig.script(PuppetInterrupt, {{PuppetResetDetected, 0, 0}});
    rig.interrupt();
    Sent& waits = rig.send();
    rig.advance(3s);
    EXPECT_FALSE(waits.done);
    rig.advance(1100ms);
    EXPECT_TRUE(waits.done);
  });
}

TEST_F(BusReset, SP_327_AnotherResetByIoctlCallsAgain) {
  rig.run_started([&] {
    rig.reset_bus_by_ioctl();
    rig.advance(3s);
    EXPECT_EQ(rig.reset_bus_by_ioctl(), STATUS_SUCCESS);
    EXPECT_EQ(rig.calls(PuppetResetBus), 2u);
    Sent& waits = rig.send();
    rig.advance(3s);
    EXPECT_FALSE(waits.done);
    rig.advance(1100ms);
    EXPECT_TRUE(waits.done);
  });
}

TEST_F(BusReset, SP_189_ClocksOfOwnedRequestsStandStillInTheHoldOff) {
  rig.run_started([&] {
    hold_requests();
    rig.script(PuppetResetBus, {});  // the device keeps working on it
    port::scsiport::port().settings.verify = false;
    rig.send({.timeout_s = 6});
    rig.advance(5s);
    rig.reset_bus_by_ioctl();
    rig.advance(4500ms);
    EXPECT_EQ(rig.calls(PuppetResetBus), 1u);  // not overdue yet, 9.5 s after its start
    rig.advance(3s);
    EXPECT_EQ(rig.calls(PuppetResetBus), 2u);
  });
}

TEST_F(BusReset, SP_194_SP_239_SP_240_BusResetFreezesTheUnitUnlessToldNotTo) {
  rig.run([&] {
    PUPPET& puppet = rig.puppet();
    puppet.Units[0] = 0, puppet.Units[1] = 0x100, puppet.Units[2] = ~0u;
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    ASSERT_EQ(rig.enumerate(), STATUS_SUCCESS);
    hold_requests();
    Sent& freezes = rig.send({}, {0, 0, 0});
    Sent& does_not = rig.send({.flags = SRB_FLAGS_DATA_IN | SRB_FLAGS_NO_QUEUE_FREEZE}, {0, 1, 0});
    rig.reset_bus_by_ioctl();
    EXPECT_TRUE(freezes.frozen());
    EXPECT_FALSE(does_not.frozen());
    EXPECT_TRUE(rig.unit({0, 0, 0}).frozen);
    EXPECT_FALSE(rig.unit({0, 1, 0}).frozen);
    rig.release_queue();
    EXPECT_FALSE(rig.unit({0, 0, 0}).frozen);
  });
}

TEST_F(BusReset, SP_195_AnIdleUnitIsNotFrozen) {
  rig.run_started([&] {
    rig.reset_bus_by_ioctl();
    EXPECT_FALSE(rig.unit().frozen);
  });
}

TEST_F(BusReset, SP_196_SP_200_NoRetryAndNoSenseByThePort) {
  rig.run_started([&] {
    hold_requests();
    Sent& owned = rig.send();
    rig.reset_bus_by_ioctl();
    rig.advance(10s);
    EXPECT_EQ(owned.completions, 1u);
    EXPECT_EQ(rig.calls(PuppetStartIo), 1u);
  });
}

TEST_F(BusReset, SP_153_SP_154_SP_158_SP_225_SP_229_SP_230_SP_231_AnOverdueRequestResetsItsBusAndNothingElseIsTried) {
  rig.run_started([&] {
    hold_requests();
    Sent& owned = rig.send({.timeout_s = 3});
    rig.advance(10s);
    ASSERT_TRUE(owned.done);
    EXPECT_EQ(owned.srb_status(), SRB_STATUS_BUS_RESET);  // SP-230
    EXPECT_EQ(rig.calls(PuppetResetBus), 1u);
    EXPECT_EQ(rig.calls(PuppetStartIo), 1u);  // SP-153, SP-158: no RESET_BUS among them
    const machine::Duration took = rig.time_of(PuppetResetBus, 0) - rig.time_of(PuppetStartIo, 0);
    EXPECT_GE(took, 3s);  // SP-225
    EXPECT_LE(took, 4s + 20ms);
    EXPECT_TRUE(owned.frozen());  // SP-231
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(BusReset, SP_155_SP_224_AnAdapterThatDoesNotAskAgainIsResetOnEveryBus) {
  rig.run([&] {
    rig.puppet().NumberOfBuses = 3;
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    ASSERT_EQ(rig.enumerate(), STATUS_SUCCESS);
    rig.script(PuppetStartIo, {kHold});
    rig.puppet().LogCount = 0;
    rig.send({.timeout_s = 2});
    rig.advance(4s);
    ASSERT_NE(rig.call(PuppetResetBus, 2), nullptr);
    for (unsigned path = 0; path < 3; ++path) EXPECT_EQ(rig.call(PuppetResetBus, path)->Argument, path);
  });
}

TEST_F(BusReset, SP_355_ForgettingToAskIsNamedWhenNothingElseIsOut) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {{PuppetCompleteThis, SRB_STATUS_SUCCESS, 0}});
    EXPECT_TRUE(rig.send({.timeout_s = 2}).done);
    rig.advance(4s);
  });
  EXPECT_TRUE(rig.found("SP-355")) << rig.what_happened();
}

TEST_F(BusReset, SP_179_TheResultOfTheRoutineIsTheAnswer) {
  rig.run_started([&] {
    EXPECT_EQ(rig.reset_bus_by_ioctl(), STATUS_SUCCESS);
    rig.script(PuppetResetBus, {{PuppetLogError, SP_BUS_TIME_OUT, 1}, {PuppetReturn, FALSE, 0}});
    EXPECT_EQ(rig.reset_bus_by_ioctl(), STATUS_IO_DEVICE_ERROR);
  });
}

TEST_F(BusReset, SP_192_FalseIsReportedAndTheHoldOffRunsAllTheSame) {
  rig.run_started([&] {
    rig.script(PuppetResetBus, {{PuppetLogError, SP_BUS_TIME_OUT, 1}, {PuppetReturn, FALSE, 0}});
    rig.reset_bus_by_ioctl();
    const machine::Time returned = rig.now();
    Sent& waits = rig.send();
    EXPECT_FALSE(waits.done);
    rig.advance(5s);
    ASSERT_TRUE(waits.done);
    expect_about(waits.done_at - returned, 4s);
  });
  EXPECT_TRUE(rig.found("SP-351")) << rig.what_happened();
}

TEST_F(BusReset, SP_178_AHardResetTakesEveryBusWithIt) {
  const auto outcome = rig.run([&] {
    PUPPET& puppet = rig.puppet();
    puppet.NumberOfBuses = 2;
    puppet.Units[0] = 0, puppet.Units[1] = 0x10000, puppet.Units[2] = 0x10100, puppet.Units[3] = ~0u;
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    ASSERT_EQ(rig.enumerate(), STATUS_SUCCESS);
    hold_requests();
    // The reset of bus 0 ends in a hard reset, which the miniport tells of; of bus 1 it gives back only one request.
    rig.script(PuppetResetBus,
               {{PuppetSweep, 0x00FFFF, SRB_STATUS_BUS_RESET}, {PuppetRequestTimer, 1'000'000, 0}, kNext});
    rig.script(PuppetTimer, {{PuppetResetDetected, 0, 0}, {PuppetSweep, 0x010000, SRB_STATUS_BUS_RESET}});
    rig.send({.timeout_s = 60}, {0, 0, 0});
    rig.send({.timeout_s = 60}, {1, 0, 0});
    rig.send({.timeout_s = 60}, {1, 1, 0});
    rig.reset_bus_by_ioctl(0);
    rig.advance(10s);
    ADD_FAILURE() << "the run should have stopped";
  });
  EXPECT_EQ(outcome, machine::OutcomeKind::BugCheck);
  EXPECT_EQ(rig.stop_parameter(0), 0x1007u) << rig.what_happened();
}

TEST_F(BusReset, SP_202_TheUnitAttentionAfterAResetFreezesOnceMore) {
  rig.run_started([&] {
    hold_requests();
    Sent& owned = rig.send();
    rig.reset_bus_by_ioctl();
    EXPECT_TRUE(owned.frozen());
    rig.release_queue();
    rig.script(PuppetStartIo,
               {{PuppetSense, 6, 0x29},
                {PuppetCompleteThis, SRB_STATUS_ERROR | SRB_STATUS_AUTOSENSE_VALID, SCSISTAT_CHECK_CONDITION},
                kNext});
    Sent& next = rig.send();
    rig.advance(5s);
    EXPECT_TRUE(next.frozen());
    EXPECT_TRUE(rig.unit().frozen);
  });
}

TEST_F(BusReset, SP_217_AResetRequestThatIsNeverCompletedResetsTheBusAgainAndEndsInTheStop) {
  const auto outcome = rig.run_started([&] {
    rig.reset_srb_script({kHold, kNext});
    rig.script(PuppetResetBus, {});
    rig.send(reset_bus_srb());
    rig.advance(9s);
    EXPECT_EQ(rig.calls(PuppetResetBus), 0u);
    rig.advance(20s);
    ADD_FAILURE() << "the run should have stopped";
  });
  EXPECT_EQ(outcome, machine::OutcomeKind::BugCheck);
  EXPECT_EQ(rig.calls(PuppetResetBus), 1u);
  EXPECT_EQ(rig.stop_parameter(0), 0x1007u) << rig.what_happened();
}

TEST_F(BusReset, SP_204_SP_206_ResetDetectedComesFromTheTimerToo) {
  rig.run_started([&] {
    rig.script(PuppetInterrupt, {{PuppetRequestTimer, 1000, 0}});
    rig.script(PuppetTimer, {{PuppetResetDetected, 0, 0}});
    rig.interrupt();
    rig.advance(100ms);
    EXPECT_EQ(rig.adapter().state, port::scsiport::ResetState::HoldOff);
    EXPECT_EQ(rig.calls(PuppetResetBus), 0u);
  });
}

TEST_F(BusReset, SP_162_ItMayComeWithNothingOwnedAtAll) {
  rig.run_started([&] { EXPECT_EQ(rig.reset_bus_by_ioctl(), STATUS_SUCCESS); });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(BusReset, SP_098_SP_163_RunsAtDeviceIrqlAndNeverInsideAnotherRoutine) {
  rig.run_started([&] {
    hold_requests();
    rig.send({.timeout_s = 1});
    rig.advance(3s);
    ASSERT_NE(rig.call(PuppetResetBus, 0), nullptr);
    EXPECT_EQ(rig.call(PuppetResetBus, 0)->Irql, rig.adapter().interrupt_irql);
    EXPECT_EQ(rig.puppet().NestedMax, 1u);
  });
}

TEST_F(BusReset, SP_164_NothingIsTakenAwayBeforeTheCall) {
  rig.run_started([&] {
    hold_requests();
    rig.script(PuppetResetBus, {{PuppetGetSrb, 0, SP_UNTAGGED}, kSweepAll, kForget, kNext});
    rig.send();
    const PU64 held = rig.puppet().Held[0];
    rig.reset_bus_by_ioctl();
    EXPECT_EQ(rig.puppet().Result, held);
  });
}

TEST_F(BusReset, SP_175_ResetDetectedInsideTheRoutineChangesNothing) {
  rig.run_started([&] {
    rig.script(PuppetResetBus, {{PuppetResetDetected, 0, 0}, kSweepAll, kNext});
    rig.reset_bus_by_ioctl();
    Sent& waits = rig.send();
    rig.advance(4001ms);
    EXPECT_TRUE(waits.done);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(BusReset, SP_102_SP_119_RequestsEndAfterTheRoutineHasReturnedAtDispatchLevel) {
  rig.run_started([&] {
    hold_requests();
    Sent& owned = rig.send();
    rig.reset_bus_by_ioctl();
    EXPECT_EQ(owned.callbacks_running, 0u);
    EXPECT_LE(owned.irql, DISPATCH_LEVEL);
  });
}

TEST_F(BusReset, SP_205_SP_206_SP_207_ResetDetectedHoldsOffWithoutACall) {
  rig.run_started([&] {
    rig.script(PuppetInterrupt, {{PuppetResetDetected, 0, 0}});
    rig.interrupt();
    Sent& waits = rig.send();
    EXPECT_FALSE(waits.done);
    EXPECT_EQ(rig.calls(PuppetResetBus), 0u);
    rig.advance(4100ms);
    EXPECT_TRUE(waits.done);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(BusReset, SP_207_ResetDetectedLeavesTheRequestsToTheMiniport) {
  rig.run_started([&] {
    hold_requests();
    rig.send({.timeout_s = 60});
    rig.script(PuppetInterrupt, {{PuppetResetDetected, 0, 0}});
    rig.interrupt();
    rig.advance(10s);
    ADD_FAILURE() << "the run should have stopped";
  });
  EXPECT_TRUE(rig.found("SP-347")) << rig.what_happened();
}

TEST_F(BusReset, SP_208_WithSeveralBusesOnlyThoseThatWereSeenToResetCount) {
  rig.run([&] {
    PUPPET& puppet = rig.puppet();
    puppet.NumberOfBuses = 2;
    puppet.Units[0] = 0, puppet.Units[1] = 0x10000, puppet.Units[2] = ~0u;
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    ASSERT_EQ(rig.enumerate(), STATUS_SUCCESS);
    hold_requests();
    rig.send({.timeout_s = 60}, {0, 0, 0});
    Sent& innocent = rig.send({.timeout_s = 60}, {1, 0, 0});
    rig.script(PuppetInterrupt, {{PuppetResetDetected, 0, 0}, {PuppetCompleteHeld, 0, SRB_STATUS_BUS_RESET}});
    rig.interrupt();
    rig.advance(6s);
    EXPECT_FALSE(innocent.done);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(BusReset, SP_193_SP_353_EightResetsWithoutASuccessEndTheRun) {
  const auto outcome = rig.run_started([&] {
    rig.script(PuppetStartIo, {kHold});
    for (unsigned i = 0; i < 12; ++i) {
      rig.send({.flags = SRB_FLAGS_DATA_IN | SRB_FLAGS_NO_QUEUE_FREEZE, .timeout_s = 1});
      rig.advance(8s);
    }
    ADD_FAILURE() << "the run should have ended";
  });
  EXPECT_NE(outcome, machine::OutcomeKind::Completed);
  EXPECT_TRUE(rig.found("SP-353")) << rig.what_happened();
  EXPECT_EQ(rig.calls(PuppetResetBus), 8u);
}

TEST_F(BusReset, SP_193_ASuccessBetweenStartsTheCountAnew) {
  rig.run_started([&] {
    const Srb brief{.flags = SRB_FLAGS_DATA_IN | SRB_FLAGS_NO_QUEUE_FREEZE, .timeout_s = 1};
    for (unsigned i = 0; i < 12; ++i) {
      hold_requests();
      rig.send(brief);
      rig.advance(8s);
      answer_requests();
      if (i == 6) {
        EXPECT_TRUE(rig.send(brief).done);
      }
    }
    EXPECT_EQ(rig.calls(PuppetResetBus), 12u);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(BusReset, SP_193_AFailedAdapterEndsWhatWaitsWithNoHba) {
  rig.settings().verify = false;
  rig.run_started([&] {
    const Srb brief{.flags = SRB_FLAGS_DATA_IN | SRB_FLAGS_NO_QUEUE_FREEZE, .timeout_s = 1};
    rig.script(PuppetStartIo, {kHold});
    rig.script(PuppetResetBus, {kNext});  // what is owned stays owned
    Sent& owned = rig.send(brief);
    Sent& waits = rig.send(brief);
    rig.advance(80s);
    EXPECT_EQ(rig.adapter().state, port::scsiport::ResetState::Failed);
    EXPECT_FALSE(owned.done);
    EXPECT_EQ(waits.srb_status(), SRB_STATUS_NO_HBA);
    EXPECT_EQ(rig.send(brief).srb_status(), SRB_STATUS_NO_HBA);
    rig.script(PuppetInterrupt, {{PuppetCompleteAllHeld, 0, SRB_STATUS_BUS_RESET}});
    rig.interrupt();
    EXPECT_EQ(owned.srb_status(), SRB_STATUS_BUS_RESET);
  });
  EXPECT_TRUE(rig.found("SP-353")) << rig.what_happened();
}

TEST_F(BusReset, SP_156_SP_329_BreakReservationIsTheSame) {
  rig.run_started([&] {
    const std::byte request[8] = {std::byte{8}};
    EXPECT_EQ(rig.ioctl(rig.fdo(), IOCTL_STORAGE_BREAK_RESERVATION, request), STATUS_SUCCESS);
    EXPECT_EQ(rig.calls(PuppetResetBus), 1u);
  });
}

TEST_F(BusReset, SP_045_AResetInInitializeHoldsTheFirstInquiry) {
  rig.run([&] {
    rig.script(PuppetInitialize, {{PuppetResetDetected, 0, 0}});
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    const machine::Time started = rig.now();
    ASSERT_EQ(rig.enumerate(), STATUS_SUCCESS);
    EXPECT_GE(rig.now() - started, 4s - 1ms);
    EXPECT_EQ(rig.unit().pdo != nullptr, true);
  });
}

}  // namespace
}  // namespace drydock::tests::scsiport
