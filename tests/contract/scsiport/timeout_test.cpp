// Section 8: timeouts and escalation.

#include "contract/scsiport/puppet_test.h"
#include "machine/decisions.h"

namespace drydock::tests::scsiport {
namespace {

using Timeouts = PuppetTest;

/// From HwScsiStartIo to HwScsiResetBus.
machine::Duration overdue_after(PuppetRig& rig) {
  return rig.time_of(PuppetResetBus, 0) - rig.time_of(PuppetStartIo, 0);
}

/// How far the free-running tick has got, in quarters, is the one thing that goes another way.
class Phase final : public machine::Strategy {
 public:
  explicit Phase(std::uint32_t quarters) : quarters_(quarters) {}
  std::uint32_t answer(const char* site, std::uint32_t) override {
    return std::string_view(site) == "scsiport.tick_phase" ? quarters_ : 0;
  }

 private:
  std::uint32_t quarters_;
};

TEST(TimeoutsByPhase, SP_221_SP_225_ARequestIsOverdueWithinTheSecondAfterItsTime) {
  for (unsigned quarters = 0; quarters < 4; ++quarters) {
    PuppetRig rig(1, [quarters] { return std::make_unique<Phase>(quarters); });
    rig.run_started([&] {
      rig.script(PuppetStartIo, {kHold, kNext});
      rig.send({.timeout_s = 3});
      rig.advance(6s);
      ASSERT_EQ(rig.calls(PuppetResetBus), 1u);
      const machine::Duration took = overdue_after(rig);
      const machine::Duration expected = 4s - quarters * 250ms;
      EXPECT_GE(took, expected - 1ms) << quarters;
      EXPECT_LE(took, expected + 20ms) << quarters;
    });
    EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
  }
}

TEST_F(Timeouts, SP_227_LoadDoesNotStretchATimeout) {
  run_with([](PUPPET& puppet) { puppet.TaggedQueuing = puppet.MultipleRequests = TRUE; },
           [&] {
             rig.script(PuppetStartIo, {kHold, {PuppetNextLu, ~0u, 0}});
             for (unsigned i = 0; i < 50; ++i)
               rig.send({.flags = SRB_FLAGS_DATA_IN | SRB_FLAGS_QUEUE_ACTION_ENABLE | SRB_FLAGS_NO_QUEUE_FREEZE,
                         .timeout_s = 3});
             EXPECT_EQ(rig.adapter().owned, 50u);
             rig.advance(6s);
             ASSERT_EQ(rig.calls(PuppetResetBus), 1u);
             EXPECT_LE(overdue_after(rig), 4s + 20ms);
           });
  expect_clean();
}

TEST_F(Timeouts, SP_230_SP_231_TheStatusIsTheMiniportsAndTheQueueFreezes) {
  rig.run_started([&] {
    hold_requests();
    rig.script(PuppetResetBus, {{PuppetCompleteAllHeld, 0, SRB_STATUS_TIMEOUT}, kNext});
    Sent& late = rig.send({.timeout_s = 1});
    rig.advance(3s);
    EXPECT_EQ(late.srb_status(), SRB_STATUS_TIMEOUT);
    EXPECT_EQ(late.status, STATUS_IO_TIMEOUT);
    EXPECT_TRUE(late.frozen());
    EXPECT_TRUE(rig.unit().frozen);
  });
  expect_clean();
}

TEST_F(Timeouts, SP_232_TheSenseRequestOfThePortHasTwoSeconds) {
  rig.run_started([&] {
    hold_requests();
    rig.script(PuppetResetBus, {kSweepAll, kForget, kNext});
    Sent& failed = rig.send({.timeout_s = 60});
    held(0)->ScsiStatus = SCSISTAT_CHECK_CONDITION;
    interrupt({{PuppetCompleteHeld, 0, SRB_STATUS_ERROR}});
    ASSERT_EQ(rig.calls(PuppetStartIo), 2u);
    EXPECT_EQ(seen().Cdb[0], 0x03);
    EXPECT_FALSE(failed.done);
    rig.advance(1900ms);
    EXPECT_EQ(rig.calls(PuppetResetBus), 0u);
    rig.advance(1300ms);
    EXPECT_EQ(rig.calls(PuppetResetBus), 1u);
    EXPECT_TRUE(failed.done);
  });
  expect_clean();
}

TEST_F(Timeouts, SP_254_AResetDuringTheSenseRequestReturnsTheFailedOneWithoutSense) {
  rig.run_started([&] {
    hold_requests();
    Sent& failed = rig.send({.timeout_s = 60});
    held(0)->ScsiStatus = SCSISTAT_CHECK_CONDITION;
    interrupt({{PuppetCompleteHeld, 0, SRB_STATUS_ERROR}});
    EXPECT_FALSE(failed.done);
    rig.reset_bus_by_ioctl();
    ASSERT_TRUE(failed.done);
    EXPECT_EQ(failed.srb_status(), SRB_STATUS_ERROR);
    EXPECT_EQ(failed.srb->ScsiStatus, SCSISTAT_CHECK_CONDITION);
    EXPECT_FALSE(failed.srb->SrbStatus & SRB_STATUS_AUTOSENSE_VALID);
    EXPECT_TRUE(failed.frozen());
  });
  expect_clean();
}

TEST_F(Timeouts, SP_233_OneOverdueRequestCausesOneResetAndItsClockStartsAnew) {
  rig.settings().verify = false;
  rig.run_started([&] {
    hold_requests();
    rig.script(PuppetResetBus, {kNext});  // it keeps the request
    rig.send({.timeout_s = 3});
    rig.advance(5s);
    EXPECT_EQ(rig.calls(PuppetResetBus), 1u);
    rig.advance(15s);
    ASSERT_GE(rig.calls(PuppetResetBus), 2u);
    // The rest after the first, then the full time again.
    const machine::Duration between = rig.time_of(PuppetResetBus, 1) - rig.time_of(PuppetResetBus, 0);
    EXPECT_GE(between, 4s + 3s - 1ms);
    EXPECT_LE(between, 4s + 4s + 1s + 20ms);
  });
}

}  // namespace
}  // namespace drydock::tests::scsiport
