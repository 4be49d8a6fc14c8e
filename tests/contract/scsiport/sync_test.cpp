// Section 5: what runs when, at which IRQL, under which lock.

#include <algorithm>

#include "contract/scsiport/request_fixture.h"
#include "machine/trace.h"
#include "ntos/io/interrupt.h"

namespace drydock::tests::scsiport {
namespace {

class Sync : public RequestFixture {
 protected:
  static PUPPET_ORDER peek(const void* address) {
    const auto number = reinterpret_cast<std::uint64_t>(address);
    return {PuppetPeek, static_cast<PU32>(number), static_cast<PU32>(number >> 32)};
  }
  bool port_lock_held_in(PuppetRoutine routine, const std::function<void()>& cause) {
    rig.script(routine, {peek(&rig.adapter().kernel->lock), kSuccess, kNext});
    return result_after(cause);
  }
  bool interrupt_lock_held_in(PuppetRoutine routine, const std::function<void()>& cause) {
    rig.script(routine, {peek(rig.adapter().interrupt->ActualLock), kSuccess, kNext});
    return result_after(cause);
  }

 private:
  bool result_after(const std::function<void()>& cause) {
    rig.puppet().Result = ~0ull;
    cause();
    EXPECT_NE(rig.puppet().Result, ~0ull) << "the routine was not called";
    return rig.puppet().Result != 0;
  }
};

TEST_F(Sync, SP_100_ThePortLockIsTakenBeforeTheInterruptLock) {
  rig.run_started([&] {
    auto send = [&] { rig.send(); };
    auto reset = [&] { rig.reset_bus_by_ioctl(); };
    auto fire = [&] { rig.interrupt(); };
    EXPECT_TRUE(port_lock_held_in(PuppetStartIo, send));
    EXPECT_TRUE(interrupt_lock_held_in(PuppetStartIo, send));
    EXPECT_FALSE(port_lock_held_in(PuppetInterrupt, fire));
    EXPECT_TRUE(interrupt_lock_held_in(PuppetInterrupt, fire));
    EXPECT_TRUE(port_lock_held_in(PuppetResetBus, reset));
    EXPECT_TRUE(interrupt_lock_held_in(PuppetResetBus, reset));
    rig.advance(5s);
  });
  expect_clean();
}

TEST(SyncSeeds, SP_095_SP_100_OnSeveralProcessorsNothingDeadlocksAndNoTwoRoutinesRunAtOnce) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    PuppetRig rig(4, [seed] { return machine::random(seed); });
    const auto outcome = rig.run([&] {
      rig.puppet().TaggedQueuing = rig.puppet().MultipleRequests = TRUE;
      ASSERT_EQ(rig.start(), STATUS_SUCCESS);
      ASSERT_EQ(rig.enumerate(), STATUS_SUCCESS);
      rig.script(PuppetStartIo, {kHold, {PuppetRequestTimer, 20'000, 0}, kNextLu});
      rig.script(PuppetInterrupt, {{PuppetCompleteAllHeld, 0, SRB_STATUS_SUCCESS}, {PuppetCallEnable, 0, 0}});
      rig.script(PuppetTimer, {{PuppetCompleteAllHeld, 0, SRB_STATUS_SUCCESS}, kNext});
      rig.script(PuppetEnableCallback, {{PuppetStall, 30, 0}, {PuppetCallDisable, 0, 0}});
      std::vector<Sent*> all;
      for (unsigned round = 0; round < 20; ++round) {
        for (unsigned i = 0; i < 4; ++i) all.push_back(&rig.send({.flags = kTagged}));
        rig.interrupt();
        rig.advance(5ms);
        if (round % 5 == 4) {
          rig.reset_bus_by_ioctl();
          rig.advance(5s);
        }
      }
      rig.advance(10s);
      for (const Sent* sent : all) EXPECT_EQ(sent->completions, 1u) << "seed " << seed;
      EXPECT_EQ(rig.puppet().NestedMax, 1u) << "seed " << seed;
    });
    EXPECT_EQ(outcome, machine::OutcomeKind::Completed) << "seed " << seed << "\n" << rig.what_happened();
    EXPECT_TRUE(rig.findings().empty()) << "seed " << seed << "\n" << rig.what_happened();
  }
}

TEST_F(Sync, SP_101_NoRoutineOfThePortCallsTheMiniportBack) {
  rig.run_started([&] {
    rig.script(PuppetEnableCallback, {{PuppetCallDisable, 0, 0}});
    rig.script(PuppetTimer, {});
    // While the first is in HwScsiStartIo, a second waits that could be started, and every callback is asked for.
    rig.script(PuppetStartIo, {{PuppetRequestTimer, 1, 0},
                               {PuppetCallEnable, 0, 0},
                               {PuppetBusChange, 0, 0},
                               kNext,
                               {PuppetSweep, 0xFFFFFF, SRB_STATUS_ABORTED},
                               {PuppetLogError, SP_PROTOCOL_ERROR, 1}});
    rig.send({.flags = SRB_FLAGS_DATA_IN | SRB_FLAGS_NO_QUEUE_FREEZE});
    rig.send({.flags = SRB_FLAGS_DATA_IN | SRB_FLAGS_NO_QUEUE_FREEZE});
    rig.advance(1s);
    EXPECT_EQ(rig.calls(PuppetStartIo), 2u);
    EXPECT_GE(rig.calls(PuppetEnableCallback), 1u);
    EXPECT_EQ(rig.calls(PuppetDisableCallback), rig.calls(PuppetEnableCallback));
    EXPECT_GE(rig.calls(PuppetTimer), 1u);
    EXPECT_EQ(rig.puppet().NestedMax, 1u);
  });
  expect_clean();
}

// ---- the DPC ----

TEST_F(Sync, SP_103_TheOrderInsideTheDpc) {
  run_tagged(
      [&] {
        rig.script(PuppetStartIo, {kHold, kNextLu});
        Sent& first = rig.send({.flags = kTagged, .timeout_s = 60}, {0, 0, 0});
        Sent& second = rig.send({.flags = kTagged, .timeout_s = 60}, {0, 0, 0});
        rig.script(PuppetStartIo, {kHold});
        rig.send({.flags = kTagged, .timeout_s = 60}, {0, 1, 0});  // leaves the adapter not ready
        Sent& ready = rig.send({.flags = kTagged}, {0, 0, 0});     // waits for it
        rig.script(PuppetStartIo, {kSuccess, kNext});
        rig.script(PuppetEnableCallback, {{PuppetCallDisable, 0, 0}});
        rig.puppet().LogCount = 0;
        interrupt({{PuppetCallEnable, 0, 0},
                   {PuppetCompleteHeld, 0, SRB_STATUS_SUCCESS},
                   {PuppetCompleteHeld, 0, SRB_STATUS_SUCCESS},
                   {PuppetNextLu, 0, 0}});
        // Started before the completed ones are looked at; of those the last notified comes first; the deferred
        // callback at the very end.
        ASSERT_TRUE(first.done && second.done && ready.done);
        EXPECT_LT(second.place, first.place);
        ASSERT_EQ(rig.puppet().LogCount, 4u);
        EXPECT_EQ(rig.puppet().Log[0].Routine, PU32{PuppetInterrupt});
        EXPECT_EQ(rig.puppet().Log[1].Routine, PU32{PuppetStartIo});
        EXPECT_EQ(rig.puppet().Log[2].Routine, PU32{PuppetEnableCallback});
        EXPECT_EQ(rig.puppet().Log[3].Routine, PU32{PuppetDisableCallback});
        interrupt({{PuppetCompleteAllHeld, 0, SRB_STATUS_SUCCESS}});
      },
      {0x000, 0x100});
  expect_clean();
}

TEST_F(Sync, SP_103_ARequestIsStartedBeforeAFailureGivenBackWithItFreezesTheQueue) {
  run_tagged([&] {
    const ULONG freezes = SRB_FLAGS_DATA_IN | SRB_FLAGS_QUEUE_ACTION_ENABLE;
    rig.script(PuppetStartIo, {kHold});
    Sent& fails = rig.send({.flags = freezes});
    Sent& follows = rig.send({.flags = freezes});
    Sent& after = rig.send({.flags = freezes});
    EXPECT_EQ(rig.calls(PuppetStartIo), 1u);
    interrupt({{PuppetCompleteHeld, 0, SRB_STATUS_PARITY_ERROR}, {PuppetNextLu, 0, 0}});
    EXPECT_TRUE(fails.frozen());
    EXPECT_EQ(rig.calls(PuppetStartIo), 2u);
    interrupt({{PuppetCompleteHeld, 0, SRB_STATUS_SUCCESS}, {PuppetNextLu, 0, 0}});
    EXPECT_TRUE(follows.done);
    EXPECT_FALSE(after.done);  // now it is frozen
    EXPECT_EQ(rig.calls(PuppetStartIo), 2u);
    rig.script(PuppetStartIo, {kSuccess, kNextLu});
    rig.release_queue();
    EXPECT_TRUE(after.done);
  });
  expect_clean();
}

/// Answers one site with 1, everything else as ever.
class OneSite : public machine::Strategy {
 public:
  explicit OneSite(const char* site) : site_(site) {}
  std::uint32_t answer(const char* site, std::uint32_t) override { return std::string_view(site) == site_ ? 1 : 0; }

 private:
  const char* site_;
};

TEST(SyncDecision, SP_103_TheOrderOfCompletionsIsADecision) {
  unsigned places[2][2] = {};
  for (unsigned other = 0; other < 2; ++other) {
    PuppetRig rig(1, [other]() -> std::unique_ptr<machine::Strategy> {
      if (other) return std::make_unique<OneSite>("order.completions");
      return machine::steady();
    });
    rig.run([&] {
      rig.puppet().TaggedQueuing = rig.puppet().MultipleRequests = TRUE;
      ASSERT_EQ(rig.start(), STATUS_SUCCESS);
      ASSERT_EQ(rig.enumerate(), STATUS_SUCCESS);
      rig.script(PuppetStartIo, {kHold, kNextLu});
      Sent& first = rig.send({.flags = kTagged});
      Sent& second = rig.send({.flags = kTagged});
      rig.script(PuppetInterrupt, {{PuppetCompleteAllHeld, 0, SRB_STATUS_SUCCESS}});
      rig.interrupt();
      places[other][0] = first.place, places[other][1] = second.place;
    });
  }
  EXPECT_GT(places[0][0], places[0][1]);
  EXPECT_LT(places[1][0], places[1][1]);
}

// ---- the callbacks that work with interrupts off ----

TEST(SyncCallback, SP_105_WhileTheEnableCallbackRunsTheMiniportIsLeftAlone) {
  for (unsigned processors : {1u, 2u}) {
    PuppetRig rig(processors);
    rig.run([&] {
      ASSERT_EQ(rig.start(), STATUS_SUCCESS);
      ASSERT_EQ(rig.enumerate(), STATUS_SUCCESS);
      rig.script(PuppetInterrupt, {{PuppetCallEnable, 0, 0}, {PuppetRequestTimer, 1, 0}});
      rig.script(PuppetEnableCallback, {{PuppetStall, 900, 0}, {PuppetCallDisable, 0, 0}});
      rig.script(PuppetTimer, {});
      const std::uint32_t vector = rig.adapter().translated_vector;
      rig.puppet().LogCount = 0;
      // In the middle of the stall the adapter interrupts and a request arrives.
      rig.machine().after(300us, [&, vector] {
        rig.script(PuppetInterrupt, {});
        machine::send_interrupt_message(vector);
      });
      rig.interrupt();
      rig.send();
      rig.advance(1s);
      const PUPPET& puppet = rig.puppet();
      unsigned enable = 0;
      while (enable < puppet.LogCount && puppet.Log[enable].Routine != PU32{PuppetEnableCallback}) ++enable;
      ASSERT_LT(enable + 1, puppet.LogCount);
      EXPECT_GE(puppet.Log[enable + 1].Time, puppet.Log[enable].Time + 9000) << processors;
      EXPECT_EQ(rig.calls(PuppetInterrupt), 2u) << "the one that came meanwhile must not be lost";
      EXPECT_EQ(puppet.NestedMax, 1u);
      EXPECT_EQ(rig.calls(PuppetDisableCallback), 1u);
    });
    EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
  }
}

TEST_F(Sync, SP_142_FalseFromTheCallbacksIsReportedAndNothingElse) {
  rig.run_started([&] {
    rig.script(PuppetEnableCallback, {{PuppetCallDisable, 0, 0}, {PuppetReturn, FALSE, 0}});
    rig.script(PuppetDisableCallback, {{PuppetReturn, FALSE, 0}});
    interrupt({{PuppetCallEnable, 0, 0}});
    EXPECT_EQ(rig.calls(PuppetDisableCallback), 1u);
    EXPECT_TRUE(rig.send().done);
    interrupt({});
    EXPECT_EQ(rig.calls(PuppetInterrupt), 2u);
  });
  ASSERT_EQ(rig.findings().size(), 2u) << rig.what_happened();
  for (const machine::Finding& finding : rig.findings()) EXPECT_EQ(finding.rule, "SP-142");
}

// ---- HwScsiInterrupt ----

TEST_F(Sync, SP_117_ItMayComeAtAnyTime) {
  rig.run_started([&] {
    // No request is owned.
    interrupt({{PuppetReturn, FALSE, 0}});
    // During a hold-off.
    rig.reset_bus_by_ioctl();
    EXPECT_EQ(rig.adapter().state, port::scsiport::ResetState::HoldOff);
    interrupt({{PuppetReturn, FALSE, 0}});
    EXPECT_EQ(rig.calls(PuppetInterrupt), 2u);
    rig.advance(5s);
  });
  expect_clean();
}

TEST(SyncDecision, SP_117_ItMayComeBeforeInitialize) {
  PuppetRig rig(1, [] { return std::make_unique<OneSite>("scsiport.early_interrupt"); });
  rig.run([&] {
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    ASSERT_NE(rig.call(PuppetInterrupt, 0), nullptr);
    EXPECT_LT(rig.call(PuppetInterrupt, 0), rig.call(PuppetInitialize, 0));
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(Sync, SP_118_NeverBetweenStopAndConnection) {
  rig.run_started([&] {
    const std::uint32_t vector = rig.adapter().translated_vector;
    EXPECT_EQ(rig.set_power(PowerDeviceD3), STATUS_SUCCESS);
    ASSERT_EQ(rig.calls(PuppetStopAdapter), 1u);
    machine::send_interrupt_message(vector);
    rig.advance(10ms);
    EXPECT_EQ(rig.calls(PuppetInterrupt), 0u);
    EXPECT_EQ(rig.set_power(PowerDeviceD0), STATUS_SUCCESS);
    interrupt({});
    EXPECT_EQ(rig.calls(PuppetInterrupt), 1u);
  });
  expect_clean();
}

TEST_F(Sync, SP_116_BothLimitsOfAnInterruptRoutineAreReportedEachForItself) {
  rig.run_started([&] {
    interrupt({{PuppetStall, 40, 0}});
    EXPECT_EQ(rig.adapter().interrupts_over_50us, 0u);
    interrupt({{PuppetStall, 60, 0}});
    EXPECT_EQ(rig.adapter().interrupts_over_50us, 1u);
    EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
    interrupt({{PuppetStall, 600, 0}, {PuppetStall, 600, 0}});
  });
  ASSERT_EQ(rig.findings().size(), 1u) << rig.what_happened();
  EXPECT_EQ(rig.findings()[0].rule, "SP-339");
}

}  // namespace
}  // namespace drydock::tests::scsiport
