// Sections 4 to 6, 8 and 9: issuing requests, notifications, timeouts, frozen and locked queues, sense.

#include <gtest/gtest.h>

#include <algorithm>

#include "contract/scsiport/request_fixture.h"
#include "machine/outside.h"

namespace drydock::tests::scsiport {
namespace {

using Requests = RequestFixture;

// ---- section 4 ----

TEST_F(Requests, SP_052_OneRequestUntilTheNextIsAskedFor) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {kHold});
    rig.send();
    rig.send();
    EXPECT_EQ(rig.calls(PuppetStartIo), 1u);
    interrupt({{PuppetCompleteHeld, 0, SRB_STATUS_SUCCESS}});
    EXPECT_EQ(rig.calls(PuppetStartIo), 1u);  // SP-150: completing does not ask
    interrupt({kNext});
    EXPECT_EQ(rig.calls(PuppetStartIo), 2u);
  });
  expect_clean();
}

TEST_F(Requests, SP_054_AscendingSortKeysThenWrap) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {kHold});
    rig.send({.sort_key = 50});
    Sent& low = rig.send({.sort_key = 10});
    Sent& high = rig.send({.sort_key = 70});
    rig.script(PuppetStartIo, {kSuccess, kNext});
    interrupt({{PuppetCompleteHeld, 0, SRB_STATUS_SUCCESS}, kNext});
    EXPECT_LT(high.place, low.place);
  });
  expect_clean();
}

TEST_F(Requests, SP_055_SP_126_ABusyUnitWaitsForNextLuRequest) {
  run_tagged([&] {
    rig.script(PuppetStartIo, {kHold, kNext});
    rig.send({.flags = kTagged});
    rig.send({.flags = kTagged});
    EXPECT_EQ(rig.calls(PuppetStartIo), 1u);
    interrupt({{PuppetNextLu, 0, 0}});
    EXPECT_EQ(rig.calls(PuppetStartIo), 2u);
  });
  expect_clean();
}

TEST_F(Requests, SP_056_ReadyUnitsTakeTurns) {
  run_tagged(
      [&] {
        rig.script(PuppetStartIo, {kHold});
        for (unsigned i = 0; i < 2; ++i)
          for (UCHAR target : {0, 1}) rig.send({}, {0, target, 0});
        rig.script(PuppetStartIo, {kSuccess, kNext});
        interrupt({{PuppetCompleteAllHeld, 0, SRB_STATUS_SUCCESS}, kNext});
        EXPECT_EQ(rig.calls(PuppetStartIo), 4u);
      },
      {0x000, 0x100});
  expect_clean();
}

TEST_F(Requests, SP_059_SP_061_SomeFunctionsAreNeverPassedOn) {
  rig.run_started([&] {
    for (UCHAR function : {SRB_FUNCTION_RECEIVE_EVENT, SRB_FUNCTION_RELEASE_RECOVERY, SRB_FUNCTION_TERMINATE_IO,
                           SRB_FUNCTION_RESET_DEVICE, SRB_FUNCTION_RESET_LOGICAL_UNIT})
      EXPECT_EQ(rig.send({.function = function, .flags = 0, .length = 0}).srb_status(), SRB_STATUS_BAD_FUNCTION);
    EXPECT_EQ(rig.calls(PuppetStartIo), 0u);
  });
}

TEST_F(Requests, SP_060_SomeFunctionsArePortsOwn) {
  rig.run_started([&] {
    for (UCHAR function : {SRB_FUNCTION_CLAIM_DEVICE, SRB_FUNCTION_RELEASE_DEVICE, SRB_FUNCTION_ATTACH_DEVICE,
                           SRB_FUNCTION_REMOVE_DEVICE, SRB_FUNCTION_RELEASE_QUEUE, SRB_FUNCTION_LOCK_QUEUE,
                           SRB_FUNCTION_UNLOCK_QUEUE, SRB_FUNCTION_QUIESCE_DEVICE})
      EXPECT_EQ(rig.send({.function = function, .flags = 0, .length = 0}).srb_status(), SRB_STATUS_SUCCESS)
          << unsigned{function};
    EXPECT_EQ(rig.calls(PuppetStartIo), 0u);
  });
}

TEST_F(Requests, SP_062_FlushAndShutdownOnlyReachAMiniportThatCaches) {
  rig.run_started([&] {
    EXPECT_EQ(rig.send({.function = SRB_FUNCTION_FLUSH, .flags = 0, .length = 0}).srb_status(), SRB_STATUS_SUCCESS);
    EXPECT_EQ(rig.calls(PuppetStartIo), 0u);
    rig.adapter().caches_data = true;
    EXPECT_EQ(rig.send({.function = SRB_FUNCTION_SHUTDOWN, .flags = 0, .length = 0}).srb_status(), SRB_STATUS_SUCCESS);
    EXPECT_EQ(rig.calls(PuppetStartIo), 1u);
    rig.adapter().caches_data = false;
  });
}

TEST_F(Requests, SP_067_SP_068_SP_069_SP_070_SP_081_WhatTheSrbLooksLike) {
  rig.run_started([&] {
    Sent& sent = rig.send({.operation = 0x2A});
    const SCSI_REQUEST_BLOCK srb = seen();
    EXPECT_EQ(srb.PathId, 0);
    EXPECT_EQ(srb.TargetId, 0);
    EXPECT_EQ(srb.SrbStatus, SRB_STATUS_PENDING);
    EXPECT_EQ(srb.ScsiStatus, 0);
    EXPECT_TRUE(srb.SrbFlags & SRB_FLAGS_IS_ACTIVE);
    EXPECT_NE(srb.SrbExtension, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(srb.SrbExtension) % 8, 0u);
    EXPECT_NE(rig.puppet().SrbExtensionByte, 0);
    EXPECT_EQ(srb.Cdb[0], 0x2A);
    EXPECT_EQ(srb.QueueTag, SP_UNTAGGED);
    EXPECT_EQ(sent.information, 512u);  // SP-123
  });
  expect_clean();
}

TEST_F(Requests, SP_072_SP_073_TagsAreUniqueBeginAtOneAndAreAtMost254) {
  run_tagged([&] {
    rig.script(PuppetStartIo, {kHold, kNextLu});
    for (unsigned i = 0; i < 300; ++i) rig.send({.flags = kTagged, .length = 0, .timeout_s = 100});
    EXPECT_EQ(rig.puppet().HeldCount, 254u);
    bool used[256] = {};
    for (unsigned i = 0; i < rig.puppet().HeldCount; ++i) {
      const UCHAR tag = held(i)->QueueTag;
      EXPECT_TRUE(tag >= 1 && tag <= 254);
      EXPECT_FALSE(used[tag]);
      used[tag] = true;
    }
    rig.script(PuppetStartIo, {kSuccess, kNextLu});
    interrupt({{PuppetCompleteAllHeld, 0, SRB_STATUS_SUCCESS}});
    EXPECT_EQ(rig.adapter().owned, 0u);
    EXPECT_EQ(rig.calls(PuppetStartIo), 300u);
  });
  expect_clean();
}

TEST_F(Requests, SP_074_SP_075_UntaggedRequestsGoAlone) {
  run_tagged([&] {
    rig.script(PuppetStartIo, {kHold, kNextLu});
    rig.send({.flags = kTagged});
    rig.send({.flags = SRB_FLAGS_DATA_IN});
    EXPECT_EQ(rig.calls(PuppetStartIo), 1u);
    rig.script(PuppetStartIo, {kHold, kNext});
    interrupt({{PuppetCompleteHeld, 0, SRB_STATUS_SUCCESS}});
    EXPECT_EQ(rig.calls(PuppetStartIo), 2u);
    EXPECT_EQ(held(0)->QueueTag, SP_UNTAGGED);
    rig.send({.flags = kTagged});
    EXPECT_EQ(rig.calls(PuppetStartIo), 2u);
    interrupt({{PuppetCompleteHeld, 0, SRB_STATUS_SUCCESS}});
    EXPECT_EQ(rig.calls(PuppetStartIo), 3u);
  });
  expect_clean();
}

TEST_F(Requests, SP_076_NothingStartsBesideARequestThatMayNotDisconnect) {
  run_tagged(
      [&] {
        rig.script(PuppetStartIo, {kHold, kNext});
        rig.send({.flags = SRB_FLAGS_DATA_IN | SRB_FLAGS_DISABLE_DISCONNECT}, {0, 0, 0});
        rig.send({.flags = kTagged}, {0, 1, 0});
        EXPECT_EQ(rig.calls(PuppetStartIo), 1u);
        interrupt({{PuppetCompleteHeld, 0, SRB_STATUS_SUCCESS}});
        EXPECT_EQ(rig.calls(PuppetStartIo), 2u);
      },
      {0x000, 0x100});
  expect_clean();
}

TEST_F(Requests, SP_077_SP_358_WithoutMapBuffersTheDataCannotBeTouched) {
  const auto outcome = rig.run_started([&] {
    rig.adapter().map_buffers = false;
    rig.script(PuppetStartIo, {{PuppetTouchData, 0, 0}, kSuccess, kNext});
    rig.send();
    ADD_FAILURE() << "the run should have stopped";
  });
  EXPECT_EQ(outcome, machine::OutcomeKind::BugCheck);
}

TEST_F(Requests, SP_078_SP_305_SP_306_PhysicalAddressesOfDataSenseAndExtension) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {{PuppetPhysical, 0, 16}, kSuccess, kNext});
    Sent& data = rig.send();
    EXPECT_EQ(rig.puppet().Result, rig.machine().memory().pa_of(data.data + 16));
    EXPECT_GE(rig.puppet().Result2, 512u - 16);
    rig.script(PuppetStartIo, {{PuppetPhysical, 1, 0}, kSuccess, kNext});
    rig.send();
    EXPECT_EQ(rig.puppet().Result2, 18u);
    rig.script(PuppetStartIo, {{PuppetPhysical, 2, 8}, kSuccess, kNext});
    rig.send();
    EXPECT_EQ(rig.puppet().Result2, 64u - 8);
    EXPECT_EQ(rig.puppet().Result, rig.machine().memory().pa_of(static_cast<std::byte*>(seen().SrbExtension) + 8));
  });
  expect_clean();
}

TEST_F(Requests, SP_307_SP_346_AnyOtherAddressIsTheStop) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {{PuppetPhysical, 3, 0}, kSuccess, kNext});
    rig.send();
  });
  EXPECT_TRUE(rig.found("SP-346")) << rig.what_happened();
  EXPECT_EQ(rig.stop_parameter(0), 0x1006u);
}

TEST_F(Requests, SP_085_SP_368_FalseFromStartIoTakesTheRequestBack) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {kHold, {PuppetReturn, FALSE, 0}});
    Sent& sent = rig.send();
    EXPECT_EQ(sent.srb_status(), SRB_STATUS_INVALID_REQUEST);
    EXPECT_EQ(sent.status, STATUS_UNSUCCESSFUL);
    EXPECT_TRUE(rig.adapter().ready);
  });
  EXPECT_TRUE(rig.found("SP-368"));
}

TEST_F(Requests, SP_087_SP_088_SP_089_ABusyRequestIsSentAgainOnTheNextTick) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {{PuppetCompleteThis, SRB_STATUS_BUSY, 0}, kNext});
    Sent& sent = rig.send();
    EXPECT_FALSE(sent.done);
    rig.advance(3500ms);
    EXPECT_EQ(rig.calls(PuppetStartIo), 4u);
    rig.script(PuppetStartIo, {kSuccess, kNext});
    rig.advance(1s);
    EXPECT_EQ(sent.srb_status(), SRB_STATUS_SUCCESS);
    EXPECT_EQ(sent.srb->DataTransferLength, 512u);
  });
  expect_clean();
}

TEST_F(Requests, SP_089_AfterTwentyRetriesItFailsWithTheQueueFrozen) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {{PuppetCompleteThis, SRB_STATUS_ERROR, SCSISTAT_QUEUE_FULL}, kNext});
    Sent& sent = rig.send();
    rig.advance(30s);
    EXPECT_EQ(sent.status, STATUS_DEVICE_NOT_READY);
    EXPECT_TRUE(sent.frozen());
    EXPECT_EQ(rig.calls(PuppetStartIo), 21u);
  });
  expect_clean();
}

TEST_F(Requests, SP_094_ClaimsAreExclusive) {
  rig.run_started([&] {
    const Srb claim{.function = SRB_FUNCTION_CLAIM_DEVICE, .flags = 0, .length = 0};
    Sent& first = rig.send(claim);
    EXPECT_EQ(first.status, STATUS_SUCCESS);
    EXPECT_EQ(first.srb->DataBuffer, rig.unit().pdo);
    EXPECT_EQ(rig.send(claim).status, STATUS_DEVICE_BUSY);
    rig.send({.function = SRB_FUNCTION_RELEASE_DEVICE, .flags = 0, .length = 0});
    EXPECT_EQ(rig.send(claim).status, STATUS_SUCCESS);
  });
}

// ---- sections 5 and 6 ----

TEST_F(Requests, SP_095_SP_096_SP_099_RoutinesRunAtDeviceIrqlOneAtATime) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {{PuppetRequestTimer, 1000, 0}, kHold, kNext});
    rig.script(PuppetTimer, {{PuppetCompleteAllHeld, 0, SRB_STATUS_SUCCESS}});
    EXPECT_FALSE(rig.send().done);
    rig.advance(50ms);
    interrupt({});
    for (PuppetRoutine routine : {PuppetStartIo, PuppetTimer, PuppetInterrupt})
      EXPECT_EQ(rig.call(routine, 0)->Irql, rig.adapter().interrupt_irql) << routine;
    EXPECT_EQ(rig.puppet().NestedMax, 1u);
  });
  expect_clean();
}

TEST_F(Requests, SP_104_SP_106_SP_139_SP_140_DeferredInterruptWork) {
  rig.run_started([&] {
    rig.script(PuppetEnableCallback, {{PuppetCallDisable, 0, 0}});
    interrupt({{PuppetCallEnable, 0, 0}});
    ASSERT_EQ(rig.calls(PuppetEnableCallback), 1u);
    ASSERT_EQ(rig.calls(PuppetDisableCallback), 1u);
    EXPECT_EQ(rig.call(PuppetEnableCallback, 0)->Irql, DISPATCH_LEVEL);
    EXPECT_EQ(rig.call(PuppetDisableCallback, 0)->Irql, rig.adapter().interrupt_irql);
    EXPECT_EQ(rig.puppet().NestedMax, 1u);
  });
  expect_clean();
}

TEST_F(Requests, SP_141_SP_370_TheEnableCallbackMustAskForTheOther) {
  rig.run_started([&] { interrupt({{PuppetCallEnable, 0, 0}}); });
  EXPECT_TRUE(rig.found("SP-370")) << rig.what_happened();
}

TEST_F(Requests, SP_120_SP_344_PendingIsNoFinalStatus) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {{PuppetCompleteThis, SRB_STATUS_PENDING, 0}});
    rig.send();
  });
  EXPECT_TRUE(rig.found("SP-344")) << rig.what_happened();
  EXPECT_EQ(rig.stop_parameter(0), 0x1004u);
}

TEST_F(Requests, SP_344_SuccessWithABadScsiStatusIsAFinding) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {{PuppetCompleteThis, SRB_STATUS_SUCCESS, SCSISTAT_CHECK_CONDITION}, kNext});
    EXPECT_TRUE(rig.send().done);
  });
  EXPECT_TRUE(rig.found("SP-344")) << rig.what_happened();
}

TEST_F(Requests, SP_122_SP_341_TwiceIsTheStop) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {kSuccess, {PuppetCompleteAgain, 0, 0}, kNext});
    rig.send();
  });
  EXPECT_TRUE(rig.found("SP-341")) << rig.what_happened();
  EXPECT_EQ(rig.stop_parameter(0), 0x1003u);
  EXPECT_EQ(rig.stop_parameter(1), rig.puppet().Extension);
}

TEST_F(Requests, SP_341_WithoutVerificationTheSecondHasNoEffect) {
  rig.settings().verify = false;
  rig.run_started([&] {
    rig.script(PuppetStartIo, {kSuccess, {PuppetCompleteAgain, 0, 0}, kNext});
    EXPECT_EQ(rig.send().completions, 1u);
  });
  EXPECT_TRUE(rig.found("SP-341"));
}

TEST_F(Requests, SP_343_APointerThatIsNoSrbIsNotFollowed) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {{PuppetCompleteBogus, 0, 0}, kSuccess, kNext});
    EXPECT_TRUE(rig.send().done);
  });
  EXPECT_TRUE(rig.found("SP-343"));
}

TEST_F(Requests, SP_123_SP_124_StatusAndInformationOfTheIrp) {
  rig.run_started([&] {
    const std::pair<UCHAR, NTSTATUS> cases[] = {{SRB_STATUS_SUCCESS, STATUS_SUCCESS},
                                                {SRB_STATUS_TIMEOUT, STATUS_IO_TIMEOUT},
                                                {SRB_STATUS_COMMAND_TIMEOUT, STATUS_IO_TIMEOUT},
                                                {SRB_STATUS_BAD_FUNCTION, STATUS_INVALID_DEVICE_REQUEST},
                                                {SRB_STATUS_NO_DEVICE, STATUS_DEVICE_DOES_NOT_EXIST},
                                                {SRB_STATUS_NO_HBA, STATUS_DEVICE_DOES_NOT_EXIST},
                                                {SRB_STATUS_DATA_OVERRUN, STATUS_BUFFER_OVERFLOW},
                                                {SRB_STATUS_SELECTION_TIMEOUT, STATUS_DEVICE_NOT_CONNECTED},
                                                {SRB_STATUS_BUS_RESET, STATUS_IO_DEVICE_ERROR},
                                                {SRB_STATUS_PARITY_ERROR, STATUS_IO_DEVICE_ERROR}};
    for (auto [srb_status, status] : cases) {
      rig.script(PuppetStartIo, {{PuppetSetLength, 100, 0}, {PuppetCompleteThis, srb_status, 0}, kNext});
      Sent& sent = rig.send({.flags = SRB_FLAGS_DATA_IN | SRB_FLAGS_NO_QUEUE_FREEZE});
      EXPECT_EQ(sent.status, status) << unsigned{srb_status};
      EXPECT_EQ(sent.information, 100u);
    }
  });
  expect_clean();
}

TEST_F(Requests, SP_127_SP_345_NextLuWhileAnUntaggedRequestIsOwned) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {kHold, kNextLu});
    rig.send();
  });
  ASSERT_TRUE(rig.found("SP-345"));
  EXPECT_EQ(rig.findings()[0].severity, machine::Severity::Warning);
}

TEST_F(Requests, SP_133_SP_134_SP_135_SP_136_OneTimerThatCanBeReplacedAndCancelled) {
  rig.run_started([&] {
    interrupt({{PuppetRequestTimer, 25'000, 0}});
    const machine::Time asked = rig.now();
    rig.advance(15ms);
    EXPECT_EQ(rig.calls(PuppetTimer), 0u);
    rig.advance(50ms);
    ASSERT_EQ(rig.calls(PuppetTimer), 1u);
    EXPECT_GE(rig.time_of(PuppetTimer, 0) + 16ms, asked + 25ms);
    interrupt({{PuppetRequestTimer, 30'000, 0}});
    interrupt({{PuppetRequestTimer, 500'000, 0}});
    rig.advance(100ms);
    EXPECT_EQ(rig.calls(PuppetTimer), 1u);
    interrupt({{PuppetRequestTimer, 0, 0}});
    rig.advance(1s);
    EXPECT_EQ(rig.calls(PuppetTimer), 1u);
    rig.script(PuppetTimer, {{PuppetRequestTimer, 10'000, 0}});
    interrupt({{PuppetRequestTimer, 10'000, 0}});
    rig.advance(100ms);
    EXPECT_GE(rig.calls(PuppetTimer), 5u);
    rig.script(PuppetTimer, {});
  });
  expect_clean();
}

TEST_F(Requests, SP_145_SP_146_SP_147_ASweepTakesOwnedRequestsOnly) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {kHold});
    Sent& owned = rig.send({.flags = SRB_FLAGS_DATA_IN | SRB_FLAGS_NO_QUEUE_FREEZE});
    Sent& queued = rig.send();
    interrupt({{PuppetSweep, 0x0000FF, SRB_STATUS_ABORTED}});
    EXPECT_EQ(owned.srb_status(), SRB_STATUS_ABORTED);
    EXPECT_EQ(owned.srb->DataTransferLength, 0u);
    EXPECT_FALSE(queued.done);
    interrupt({{PuppetSweep, 0x010000, SRB_STATUS_ABORTED}});  // SP-149
    EXPECT_FALSE(queued.done);
  });
  expect_clean();
}

TEST_F(Requests, SP_151_SP_152_GetSrbAndGetLogicalUnit) {
  run_tagged([&] {
    rig.script(PuppetStartIo, {kHold, kNextLu});
    rig.send({.flags = kTagged});
    interrupt({{PuppetGetSrb, 0, held(0)->QueueTag}});
    EXPECT_EQ(rig.puppet().Result, rig.puppet().Held[0]);
    interrupt({{PuppetGetSrb, 0, 200}});
    EXPECT_EQ(rig.puppet().Result, 0u);
    interrupt({{PuppetGetSrb, 0, SP_UNTAGGED}});
    EXPECT_EQ(rig.puppet().Result, 0u);
    interrupt({{PuppetGetLogicalUnit, 0, 0}});
    EXPECT_EQ(reinterpret_cast<PVOID>(rig.puppet().Result), rig.unit().extension);
    interrupt({{PuppetGetLogicalUnit, 0x000500, 0}});
    EXPECT_EQ(rig.puppet().Result, 0u);
  });
  expect_clean();
}

TEST_F(Requests, SP_369_BadNotificationsAreNamedAndIgnored) {
  rig.run_started([&] {
    interrupt({{PuppetUnknownNotify, 55, 0},
               {PuppetForeignNotify, 0, 0},
               {PuppetNextLu, 0x500000, 0},
               {PuppetBusChange, 6, 0}});
  });
  EXPECT_EQ(rig.findings().size(), 4u) << rig.what_happened();
  for (const machine::Finding& finding : rig.findings()) EXPECT_EQ(finding.rule, "SP-369");
}

TEST_F(Requests, SP_315_SP_339_StallsHaveLimits) {
  rig.run_started([&] { interrupt({{PuppetStall, 600, 0}, {PuppetStall, 600, 0}}); });
  ASSERT_EQ(rig.findings().size(), 1u) << rig.what_happened();
  EXPECT_EQ(rig.findings()[0].severity, machine::Severity::Warning);
}

TEST_F(Requests, SP_339_ALongStallIsTheStop) {
  rig.run_started([&] { interrupt({{PuppetStall, 100'001, 0}}); });
  EXPECT_EQ(rig.stop_parameter(0), 0x1001u);
}

TEST_F(Requests, SP_165_SP_340_ACallbackOverHalfASecondIsTheStop) {
  rig.run_started([&] {
    rig.script(PuppetInterrupt, {{PuppetStall, 99'000, 0},
                                 {PuppetStall, 99'000, 0},
                                 {PuppetStall, 99'000, 0},
                                 {PuppetStall, 99'000, 0},
                                 {PuppetStall, 99'000, 0},
                                 {PuppetStall, 99'000, 0}});
    rig.interrupt();
  });
  EXPECT_EQ(rig.stop_parameter(0), 0x1002u) << rig.what_happened();
}

/// A host that leaves the machine alone for `pause` whenever it looks at the clock.
struct BusyHost final : machine::OutsideWorld {
  machine::Time time{};
  machine::Duration pause{};
  machine::Time now() override { return time += pause; }
  void look() override {}
  bool wait(machine::Time until) override { return until != machine::Time::max() && ((time = std::max(time, until)), true); }
};

TEST_F(Requests, SP_340_LiveTheHostsOwnPausesAreNotTheCallbacks) {
  BusyHost host;
  machine::go_live(rig.machine(), host);
  rig.run_started([&] {
    host.pause = 20s;
    const machine::Time before = rig.now();
    interrupt({{PuppetStall, 40, 0}});
    EXPECT_GT(rig.now() - before, 20s);
    host.pause = {};
  });
  expect_clean();
}

TEST_F(Requests, SP_340_LiveItsOwnStallsCountAsEver) {
  BusyHost host;
  machine::go_live(rig.machine(), host);
  rig.run_started([&] {
    const PUPPET_ORDER stall{PuppetStall, 99'000, 0};
    interrupt({stall, stall, stall, stall, stall, stall});
  });
  EXPECT_EQ(rig.stop_parameter(0), 0x1002u) << rig.what_happened();
}

TEST_F(Requests, SP_366_TheCdbIsNotTheMiniportsToChange) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {{PuppetChangeCdb, 0, 0}, kSuccess, kNext});
    Sent& sent = rig.send();
    EXPECT_EQ(sent.srb->Cdb[0], 0x28);
  });
  EXPECT_TRUE(rig.found("SP-366"));
}

TEST_F(Requests, SP_367_LengthsDoNotGrow) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {{PuppetSetLength, 1024, 0}, kSuccess, kNext});
    rig.send();
  });
  EXPECT_TRUE(rig.found("SP-367"));
}

TEST_F(Requests, SP_119_SP_360_AnSrbGivenBackIsNotPassedOnAnyMore) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {kSuccess, {PuppetLogErrorLast, SP_PROTOCOL_ERROR, 0}, kNext});
    EXPECT_TRUE(rig.send().done);
  });
  EXPECT_TRUE(rig.found("SP-360"));
}

TEST_F(Requests, SP_119_SP_357_WithGuardedRequestsTouchingOneAfterwardsStops) {
  rig.settings().guard_requests = true;
  rig.run_started([&] {
    EXPECT_TRUE(rig.send().done);
    EXPECT_TRUE(rig.send().done);
    rig.script(PuppetStartIo, {kSuccess, {PuppetSetLength, 0, 0}, kNext});
    rig.send();
    ADD_FAILURE() << "the run should have stopped";
  });
  EXPECT_FALSE(rig.findings().empty());
}

// ---- sections 8 and 9 ----

TEST_F(Requests, SP_222_TheClockStartsWithStartIoNotWithTheQueue) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {kHold, kNext});
    rig.send({.timeout_s = 30});
    rig.send({.timeout_s = 2});
    rig.advance(10s);
    EXPECT_EQ(rig.calls(PuppetResetBus), 0u);
    interrupt({{PuppetCompleteHeld, 0, SRB_STATUS_SUCCESS}});
    rig.advance(4s);
    EXPECT_EQ(rig.calls(PuppetResetBus), 1u);
  });
}

TEST_F(Requests, SP_223_ANewerRequestCannotTimeOutBeforeTheOldest) {
  run_tagged([&] {
    rig.script(PuppetStartIo, {kHold, kNextLu});
    rig.send({.flags = kTagged, .timeout_s = 8});
    rig.send({.flags = kTagged, .timeout_s = 1});
    rig.advance(7s);
    EXPECT_EQ(rig.calls(PuppetResetBus), 0u);
    rig.advance(3s);
    EXPECT_EQ(rig.calls(PuppetResetBus), 1u);
  });
}

TEST_F(Requests, SP_216_SP_226_TimeoutZeroMeansTheDefault) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {kHold, kNext});
    rig.send({.timeout_s = 0});
    rig.advance(9s);
    EXPECT_EQ(rig.calls(PuppetResetBus), 0u);
    rig.advance(3s);
    EXPECT_EQ(rig.calls(PuppetResetBus), 1u);
  });
}

TEST_F(Requests, SP_235_SP_241_SP_243_SP_244_AFrozenQueueTakesRequestsAndStartsBypassOnly) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {{PuppetCompleteThis, SRB_STATUS_PARITY_ERROR, 0}, kNext});
    EXPECT_TRUE(rig.send().frozen());
    rig.script(PuppetStartIo, {kSuccess, kNext});
    Sent& waits = rig.send();
    EXPECT_FALSE(waits.done);
    Sent& bypass = rig.send({.flags = SRB_FLAGS_DATA_IN | SRB_FLAGS_BYPASS_FROZEN_QUEUE});
    EXPECT_TRUE(bypass.done);
    EXPECT_FALSE(waits.done);
    rig.release_queue();
    EXPECT_TRUE(waits.done);
    rig.release_queue();  // not frozen: succeeds
  });
  expect_clean();
}

TEST_F(Requests, SP_236_NoQueueFreezeFreezesNothing) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {{PuppetCompleteThis, SRB_STATUS_ERROR, 0}, kNext});
    EXPECT_FALSE(rig.send({.flags = SRB_FLAGS_DATA_IN | SRB_FLAGS_NO_QUEUE_FREEZE}).frozen());
    EXPECT_FALSE(rig.unit().frozen);
  });
}

TEST_F(Requests, SP_245_SP_246_FlushQueueEndsWhatWaitsAndThaws) {
  rig.run_started([&] {
    const Srb flush{.function = SRB_FUNCTION_FLUSH_QUEUE, .flags = 0, .length = 0};
    EXPECT_EQ(rig.send(flush).status, STATUS_INVALID_DEVICE_REQUEST);
    rig.script(PuppetStartIo, {{PuppetCompleteThis, SRB_STATUS_ERROR, 0}, kNext});
    rig.send();
    Sent& waits = rig.send();
    EXPECT_EQ(rig.send(flush).status, STATUS_SUCCESS);
    EXPECT_EQ(waits.srb_status(), SRB_STATUS_REQUEST_FLUSHED);
    EXPECT_FALSE(rig.unit().frozen);
  });
}

TEST_F(Requests, SP_249_AutosenseIsPassedUp) {
  rig.run_started([&] {
    rig.script(PuppetStartIo,
               {{PuppetSense, 6, 0x29},
                {PuppetCompleteThis, SRB_STATUS_ERROR | SRB_STATUS_AUTOSENSE_VALID, SCSISTAT_CHECK_CONDITION},
                kNext});
    Sent& sent = rig.send();
    EXPECT_TRUE(sent.srb->SrbStatus & SRB_STATUS_AUTOSENSE_VALID);
    EXPECT_EQ(sent.sense[2], 6);
    EXPECT_EQ(sent.sense[12], 0x29);
    EXPECT_EQ(sent.srb->SenseInfoBuffer, sent.sense);
    EXPECT_TRUE(sent.frozen());
    EXPECT_EQ(rig.calls(PuppetStartIo), 1u);
  });
  expect_clean();
}

TEST_F(Requests, SP_250_SP_251_SP_252_WithoutAutosenseThePortAsks) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {{PuppetHoldThis, 0, 0}, kNext});
    Sent& sent = rig.send();
    held(0)->ScsiStatus = SCSISTAT_CHECK_CONDITION;
    rig.script(PuppetStartIo, {{PuppetSetLength, 14, 0}, {PuppetCompleteThis, SRB_STATUS_DATA_OVERRUN, 0}, kNext});
    interrupt({{PuppetCompleteHeld, 0, SRB_STATUS_ERROR}});
    ASSERT_TRUE(sent.done);
    EXPECT_EQ(rig.calls(PuppetStartIo), 2u);
    const SCSI_REQUEST_BLOCK sense = seen();
    EXPECT_EQ(sense.Cdb[0], 0x03);
    EXPECT_EQ(sense.CdbLength, 6);
    EXPECT_EQ(sense.QueueTag, SP_UNTAGGED);
    EXPECT_EQ(sense.DataTransferLength, 18u);
    EXPECT_EQ(sense.TimeOutValue, 2u);  // SP-232
    EXPECT_TRUE(sense.SrbFlags & SRB_FLAGS_BYPASS_FROZEN_QUEUE);
    EXPECT_TRUE(sent.srb->SrbStatus & SRB_STATUS_AUTOSENSE_VALID);
    EXPECT_EQ(sent.srb->SenseInfoBufferLength, 14);
    EXPECT_TRUE(sent.frozen());
  });
  expect_clean();
}

TEST_F(Requests, SP_253_AfterRequestSenseFailedThePortDoesNotAsk) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {{PuppetCompleteThis, SRB_STATUS_REQUEST_SENSE_FAILED, SCSISTAT_CHECK_CONDITION}, kNext});
    EXPECT_TRUE(rig.send().done);
    EXPECT_EQ(rig.calls(PuppetStartIo), 1u);
  });
}

TEST_F(Requests, SP_255_SP_257_ALockedQueueProcessesOnlyThoseThatPassIt) {
  rig.run_started([&] {
    const ULONG passes = SRB_FLAGS_BYPASS_LOCKED_QUEUE | SRB_FLAGS_NO_QUEUE_FREEZE;
    rig.send({.function = SRB_FUNCTION_LOCK_QUEUE, .flags = passes, .length = 0});
    rig.send({.function = SRB_FUNCTION_LOCK_QUEUE, .flags = passes, .length = 0});
    Sent& waits = rig.send();
    EXPECT_FALSE(waits.done);
    EXPECT_TRUE(rig.send({.flags = SRB_FLAGS_DATA_IN | passes}).done);
    rig.send({.function = SRB_FUNCTION_UNLOCK_QUEUE, .flags = passes, .length = 0});
    EXPECT_FALSE(waits.done);
    rig.send({.function = SRB_FUNCTION_UNLOCK_QUEUE, .flags = passes, .length = 0});
    EXPECT_TRUE(waits.done);
  });
  expect_clean();
}

TEST_F(Requests, SP_256_QuiesceWaitsForWhatIsOut) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {kHold, kNext});
    rig.send({.timeout_s = 60});
    Sent& quiesce = rig.send({.function = SRB_FUNCTION_QUIESCE_DEVICE, .flags = 0, .length = 0, .timeout_s = 60});
    EXPECT_FALSE(quiesce.done);
    interrupt({{PuppetCompleteHeld, 0, SRB_STATUS_SUCCESS}});
    EXPECT_EQ(quiesce.srb_status(), SRB_STATUS_SUCCESS);
    rig.send({.timeout_s = 60});
    Sent& late = rig.send({.function = SRB_FUNCTION_QUIESCE_DEVICE, .flags = 0, .length = 0, .timeout_s = 2});
    rig.advance(5s);
    EXPECT_EQ(late.srb_status(), SRB_STATUS_TIMEOUT);
  });
}

TEST_F(Requests, SP_258_ABusResetChangesNoLock) {
  rig.run_started([&] {
    rig.send({.function = SRB_FUNCTION_LOCK_QUEUE, .flags = 0, .length = 0});
    rig.reset_bus_by_ioctl();
    rig.advance(5s);
    EXPECT_EQ(rig.unit().locks, 1u);
  });
}

}  // namespace
}  // namespace drydock::tests::scsiport
