// Section 6: what the miniport notifies, in whatever order it does.

#include "contract/scsiport/request_fixture.h"

namespace drydock::tests::scsiport {
namespace {

using Notifications = RequestFixture;

constexpr ULONG kNoFreeze = SRB_FLAGS_DATA_IN | SRB_FLAGS_NO_QUEUE_FREEZE;

TEST_F(Notifications, SP_121_AnUnderrunIsWhatWasReallyMoved) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {{PuppetSetLength, 100, 0}, {PuppetCompleteThis, SRB_STATUS_DATA_OVERRUN, 0}, kNext});
    Sent& sent = rig.send({.flags = kNoFreeze});
    EXPECT_EQ(sent.srb_status(), SRB_STATUS_DATA_OVERRUN);
    EXPECT_EQ(sent.srb->DataTransferLength, 100u);
    EXPECT_EQ(sent.information, 100u);
    EXPECT_EQ(sent.status, STATUS_BUFFER_OVERFLOW);
  });
  expect_clean();
}

TEST_F(Notifications, SP_125_NextRequestIsForATargetThatIsNotBusy) {
  run_tagged(
      [&] {
        rig.script(PuppetStartIo, {kHold, kNext});
        rig.send({.flags = kTagged}, {0, 0, 0});
        Sent& same = rig.send({.flags = kTagged}, {0, 0, 0});
        Sent& other = rig.send({.flags = kTagged}, {0, 1, 0});
        EXPECT_EQ(rig.calls(PuppetStartIo), 2u);
        EXPECT_EQ(held(1)->TargetId, 1);
        interrupt({kNext});
        EXPECT_EQ(rig.calls(PuppetStartIo), 2u);  // both are busy
        rig.script(PuppetStartIo, {kSuccess, kNext});
        interrupt({{PuppetCompleteHeld, 0, SRB_STATUS_SUCCESS}});
        EXPECT_TRUE(same.done);
        EXPECT_FALSE(other.done);
        interrupt({{PuppetCompleteAllHeld, 0, SRB_STATUS_SUCCESS}});
        EXPECT_TRUE(other.done);
      },
      {0x000, 0x100});
  expect_clean();
}

TEST_F(Notifications, SP_128_CompletionAndNextRequestInAnyOrder) {
  rig.run_started([&] {
    for (Orders orders : {Orders{kSuccess, kNext}, Orders{kNext, kSuccess}}) {
      rig.script(PuppetStartIo, orders);
      for (unsigned i = 0; i < 3; ++i) EXPECT_EQ(rig.send().srb_status(), SRB_STATUS_SUCCESS);
    }
    // Long before: the adapter is ready though the request is still owned.
    rig.script(PuppetStartIo, {kHold, kNext});
    Sent& first = rig.send();
    Sent& second = rig.send();
    rig.advance(2s);
    interrupt({{PuppetCompleteHeld, 0, SRB_STATUS_SUCCESS}});
    EXPECT_TRUE(first.done);
    interrupt({{PuppetCompleteHeld, 0, SRB_STATUS_SUCCESS}});
    EXPECT_TRUE(second.done);
  });
  expect_clean();
}

TEST_F(Notifications, SP_129_SeveralCountAsOne) {
  run_with(
      [&] {
        rig.puppet().TaggedQueuing = rig.puppet().MultipleRequests = TRUE;
        rig.puppet().Targets = 3;
        set_units({0x000, 0x100, 0x200});
      },
      [&] {
        rig.script(PuppetStartIo, {kHold});
        for (UCHAR target : {0, 1, 2}) rig.send({.flags = kTagged}, {0, target, 0});
        EXPECT_EQ(rig.calls(PuppetStartIo), 1u);
        interrupt({kNext, kNext, kNext, {PuppetNextLu, 0, 0}, {PuppetNextLu, 0, 0}});
        EXPECT_EQ(rig.calls(PuppetStartIo), 2u);
        interrupt({kNext});
        EXPECT_EQ(rig.calls(PuppetStartIo), 3u);
        interrupt({{PuppetCompleteAllHeld, 0, SRB_STATUS_SUCCESS}, kNext});
        interrupt({kNext, kNext});  // ready already: nothing changes
        rig.send({.flags = kTagged});
        rig.send({.flags = kTagged}, {0, 1, 0});
        EXPECT_EQ(rig.calls(PuppetStartIo), 4u);
        interrupt({{PuppetCompleteAllHeld, 0, SRB_STATUS_SUCCESS}, kNext});
        interrupt({{PuppetCompleteAllHeld, 0, SRB_STATUS_SUCCESS}, kNext});
      });
  expect_clean();
}

TEST_F(Notifications, SP_130_NextLuRequestForAnUnknownUnitIsANextRequest) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {kSuccess});
    EXPECT_TRUE(rig.send().done);
    Sent& waits = rig.send();
    EXPECT_FALSE(waits.done);
    interrupt({{PuppetNextLu, 0x000600, 0}});
    EXPECT_TRUE(waits.done);
  });
  expect_clean();
}

TEST_F(Notifications, SP_131_ResetDetectedTakesNoFurtherArgumentAndAnExtraOneIsIgnored) {
  rig.run_started([&] {
    for (PU32 extra : {0u, 5u}) {
      interrupt({{PuppetResetDetected, extra, 0}});
      EXPECT_EQ(rig.adapter().state, port::scsiport::ResetState::HoldOff);
      Sent& waits = rig.send();
      EXPECT_FALSE(waits.done);
      rig.advance(5s);
      EXPECT_TRUE(waits.done);
    }
    EXPECT_EQ(rig.calls(PuppetResetBus), 0u);  // the bus has been reset already
  });
  expect_clean();
}

TEST_F(Notifications, SP_137_TheIntervalCountsFromTheEndOfTheCallback) {
  rig.run_started([&] {
    // 25 ms asked for, then 900 us more in the routine: the timer is due after 25 ms from its end.
    interrupt({{PuppetRequestTimer, 20'000, 0}, {PuppetStall, 900, 0}});
    const machine::Time entered = rig.time_of(PuppetInterrupt, 0);
    rig.advance(200ms);
    ASSERT_EQ(rig.calls(PuppetTimer), 1u);
    EXPECT_GE(rig.time_of(PuppetTimer, 0), entered + 20ms + 900us);
    EXPECT_LE(rig.time_of(PuppetTimer, 0), entered + 20ms + 900us + 11ms);
  });
  expect_clean();
}

TEST_F(Notifications, SP_138_TheTimerRunsOnDuringAHoldOff) {
  rig.run_started([&] {
    interrupt({{PuppetRequestTimer, 1'000'000, 0}});
    rig.reset_bus_by_ioctl();
    rig.advance(2s);
    EXPECT_EQ(rig.adapter().state, port::scsiport::ResetState::HoldOff);
    EXPECT_EQ(rig.calls(PuppetTimer), 1u);
    rig.advance(5s);
  });
  expect_clean();
}

TEST_F(Notifications, SP_148_AfterASweepOnlyRequestCompleteIsForbidden) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {kHold});
    Sent& sent = rig.send({.flags = kNoFreeze});
    interrupt({{PuppetSweep, 0xFFFFFF, SRB_STATUS_ABORTED}, {PuppetForgetHeld, 0, 0}, kNext});
    EXPECT_EQ(sent.srb_status(), SRB_STATUS_ABORTED);
    EXPECT_TRUE(rig.adapter().ready);
    expect_clean();
    rig.send({.flags = kNoFreeze});
    interrupt({{PuppetSweep, 0xFFFFFF, SRB_STATUS_ABORTED}, {PuppetCompleteHeld, 0, SRB_STATUS_ABORTED}, kNext});
  });
  EXPECT_EQ(rig.stop_parameter(0), 0x1003u) << rig.what_happened();
}

TEST_F(Notifications, SP_149_ASweepThatMatchesNothingDoesNothing) {
  rig.run_started([&] {
    interrupt({{PuppetSweep, 0xFFFFFF, SRB_STATUS_ABORTED}});  // nothing is owned
    rig.script(PuppetStartIo, {kHold, kNext});
    Sent& owned = rig.send();
    interrupt({{PuppetSweep, 0x000500, SRB_STATUS_ABORTED}, {PuppetSweep, 0x050000, SRB_STATUS_ABORTED}});
    EXPECT_FALSE(owned.done);
    interrupt({{PuppetCompleteHeld, 0, SRB_STATUS_SUCCESS}});
    EXPECT_EQ(owned.srb_status(), SRB_STATUS_SUCCESS);
  });
  expect_clean();
}

TEST_F(Notifications, SP_150_ASweepDoesNotMakeTheAdapterReady) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {kHold});
    rig.send({.flags = kNoFreeze, .timeout_s = 60});
    Sent& waits = rig.send({.timeout_s = 60});
    rig.script(PuppetStartIo, {kSuccess, kNext});
    interrupt({{PuppetSweep, 0xFFFFFF, SRB_STATUS_ABORTED}, {PuppetForgetHeld, 0, 0}});
    rig.advance(5s);
    EXPECT_FALSE(waits.done);
    EXPECT_FALSE(rig.adapter().ready);
    interrupt({kNext});
    EXPECT_TRUE(waits.done);
  });
  expect_clean();
}

TEST_F(Notifications, SP_152_AUnitThatNeverAnsweredHasAnExtensionOnlyWhileItOwesAnAnswer) {
  rig.run([&] {
    rig.puppet().Targets = 1;
    rig.puppet().ScriptInquiries = TRUE;
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    rig.script(PuppetStartIo,
               {{PuppetGetLogicalUnit, 0, 0}, {PuppetCompleteThis, SRB_STATUS_SELECTION_TIMEOUT, 0}, kNext});
    ASSERT_EQ(rig.enumerate(), STATUS_SUCCESS);
    EXPECT_NE(rig.puppet().Result, 0u);  // its INQUIRY is owned
    interrupt({{PuppetGetLogicalUnit, 0, 0}});
    EXPECT_EQ(rig.puppet().Result, 0u);
  });
  expect_clean();
}

TEST_F(Notifications, SP_152_WithoutAnExtensionSizeThereIsNone) {
  run_with([&] { rig.puppet().LuExtensionSize = 0; },
           [&] {
             rig.puppet().Result = 1;
             interrupt({{PuppetGetLogicalUnit, 0, 0}});
             EXPECT_EQ(rig.puppet().Result, 0u);
           });
  expect_clean();
}

}  // namespace
}  // namespace drydock::tests::scsiport
