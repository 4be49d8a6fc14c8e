// Section 14: checks on a miniport without hardware. Those that need a device are in
// tests/end_to_end/zoo_scsi_test.cpp.

#include "contract/scsiport/puppet_test.h"

namespace drydock::tests::scsiport {
namespace {

using Checks = PuppetTest;

constexpr Srb kQuiet{.flags = SRB_FLAGS_DATA_IN | SRB_FLAGS_NO_QUEUE_FREEZE};

TEST_F(Checks, SP_348_TrueWithRequestsStillOwnedIsNotedAndNoMore) {
  rig.run_started([&] {
    keep_notes();
    hold_requests();
    rig.script(PuppetResetBus, {kNext});
    rig.send(kQuiet);
    rig.reset_bus_by_ioctl();
    EXPECT_TRUE(noted("SP-348 ScsiResetReturnedEarly"));
    interrupt({{PuppetCompleteAllHeld, 0, SRB_STATUS_BUS_RESET}});
    rig.advance(5s);
  });
  expect_clean();
}

TEST_F(Checks, SP_352_ABusResetOfAnotherBusIsNoted) {
  run_with(
      [&](PUPPET& puppet) {
        puppet.NumberOfBuses = 2;
        set_units({0, 0x10000});
      },
      [&] {
        keep_notes();
        hold_requests();
        rig.send(kQuiet, {0, 0, 0});
        Sent& innocent = rig.send(kQuiet, {1, 0, 0});
        rig.script(PuppetResetBus, {{PuppetSweep, 0x00FFFF, SRB_STATUS_BUS_RESET}, kNext});
        rig.reset_bus_by_ioctl(0);
        EXPECT_FALSE(innocent.done);
        EXPECT_FALSE(noted("SP-352"));
        rig.script(PuppetResetBus, {kSweepAll, kForget, kNext});
        rig.reset_bus_by_ioctl(0);
        EXPECT_EQ(innocent.srb_status(), SRB_STATUS_BUS_RESET);
        EXPECT_TRUE(noted("SP-352 ScsiResetHitOtherBus"));
      });
  expect_clean();
}

TEST_F(Checks, SP_356_ARequestLostThroughThreeResetsOrAtTheEndIsNamedWithItsHistory) {
  rig.settings().verify = false;
  rig.run_started([&] {
    hold_requests();
    rig.script(PuppetResetBus, {kNext});
    rig.send({.flags = SRB_FLAGS_DATA_IN, .timeout_s = 100});
    for (unsigned i = 0; i < 2; ++i) {
      rig.reset_bus_by_ioctl();
      rig.advance(5s);
    }
    EXPECT_FALSE(rig.found("SP-356"));
    rig.reset_bus_by_ioctl();
    rig.advance(5s);
    EXPECT_TRUE(rig.found("SP-356"));
    const std::size_t before = rig.findings().size();
    port::scsiport::report_lost_requests();
    ASSERT_EQ(rig.findings().size(), before + 1);
    EXPECT_EQ(rig.findings().back().rule, "SP-356");
    EXPECT_NE(rig.what_happened().find("arrived at the port"), std::string::npos);
    EXPECT_NE(rig.what_happened().find("passed to HwScsiStartIo"), std::string::npos);
    EXPECT_NE(rig.what_happened().find("still owned after 3 resets"), std::string::npos);
  });
}

TEST_F(Checks, SP_341_TheSecondCompletionCarriesTheHistoryOfTheFirst) {
  rig.settings().verify = false;
  rig.run_started([&] {
    Sent& sent = rig.send(kQuiet);
    EXPECT_TRUE(sent.done);
    interrupt({{PuppetCompleteAgain, 0, 0}});
    EXPECT_EQ(sent.completions, 1u);
  });
  EXPECT_TRUE(rig.found("SP-341"));
  EXPECT_NE(rig.what_happened().find("given back in HwScsiStartIo with SrbStatus 0x01"), std::string::npos)
      << rig.what_happened();
}

class Guarded : public PuppetTest {
 protected:
  Guarded() { rig.settings().guard_requests = true; }
  /// The touch stops the machine as it would on Windows, and is named before.
  void expect_stop(const char* part) {
    EXPECT_TRUE(rig.found("SP-357")) << rig.what_happened();
    EXPECT_TRUE(rig.found("DRIVER_IRQL_NOT_LESS_OR_EQUAL")) << rig.what_happened();
    EXPECT_NE(rig.what_happened().find(part), std::string::npos) << rig.what_happened();
    EXPECT_NE(rig.what_happened().find("given back in HwScsiStartIo"), std::string::npos) << rig.what_happened();
  }
};

TEST_F(Guarded, SP_357_TheSrbItself) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {kSuccess, {PuppetTouchLast, 0, 0}, kNext});
    rig.send(kQuiet);
    ADD_FAILURE() << "the run should have stopped";
  });
  expect_stop("the SRB of srb#");
}

TEST_F(Guarded, SP_357_ItsDataBuffer) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {kSuccess, {PuppetTouchLastData, 0, 0}, kNext});
    rig.send(kQuiet);
    ADD_FAILURE() << "the run should have stopped";
  });
  expect_stop("the data buffer of srb#");
}

TEST_F(Guarded, SP_357_ItsSenseBuffer) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {kSuccess, {PuppetTouchLastSense, 0, 0}, kNext});
    rig.send(kQuiet);
    ADD_FAILURE() << "the run should have stopped";
  });
  expect_stop("the sense buffer of srb#");
}

TEST_F(Guarded, SP_357_UntilThenEverythingIsThere) {
  rig.run_started([&] {
    for (unsigned i = 0; i < 300; ++i) {
      rig.script(PuppetStartIo,
                 {{PuppetTouchData, 0, 0}, {PuppetSense, 0, 0}, {PuppetPhysical, 0, 100}, kSuccess, kNext});
      ASSERT_TRUE(rig.send({.flags = kQuiet.flags, .length = 9000}).done);
      EXPECT_NE(rig.puppet().Result, 0u);
    }
  });
  expect_clean();
}

TEST_F(Checks, SP_358_ADataBufferWithoutMapBuffersIsNamed) {
  run_with([](PUPPET& puppet) { puppet.MapBuffers = FALSE; },
           [&] {
             rig.script(PuppetStartIo, {{PuppetTouchData, 0, 0}, kSuccess, kNext});
             rig.send(kQuiet);
             ADD_FAILURE() << "the run should have stopped";
           });
  EXPECT_TRUE(rig.found("SP-358")) << rig.what_happened();
  EXPECT_TRUE(rig.found("DRIVER_IRQL_NOT_LESS_OR_EQUAL")) << rig.what_happened();
}

TEST_F(Checks, SP_362_ExportsHaveAHighestIrql) {
  rig.run_started([&] {
    rig.script(PuppetStartIo,
               {kSuccess, {PuppetSetIrql, HIGH_LEVEL, 0}, kNext, {PuppetSetIrql, rig.adapter().interrupt_irql, 0}});
    EXPECT_TRUE(rig.send(kQuiet).done);
    ASSERT_EQ(rig.findings().size(), 1u) << rig.what_happened();
    EXPECT_EQ(rig.findings()[0].rule, "SP-362");
    rig.pnp(IRP_MN_STOP_DEVICE);
    rig.script(PuppetFindAdapter,
               {{PuppetSetIrql, DISPATCH_LEVEL, 0}, {PuppetGetBusData, 0, 0}, {PuppetSetIrql, 0, 0}});
    rig.start();
    ASSERT_EQ(rig.findings().size(), 2u) << rig.what_happened();
    EXPECT_EQ(rig.findings()[1].rule, "SP-362");
  });
}

/// The world refuses one thing only.
class Refusing final : public machine::Strategy {
 public:
  explicit Refusing(std::string_view site) : site_(site) {}
  std::uint32_t answer(const char* site, std::uint32_t) override { return site_ == site; }

 private:
  std::string_view site_;
};

TEST(Undeliverable, SP_261_WhatHasNoSystemAddressEndsWithInternalError) {
  PuppetRig rig(
      1, [] { return std::make_unique<Refusing>("MmMapLockedPagesSpecifyCache"); }, "scsi_puppet", 0, true);
  rig.run_started([&] {
    Sent& sent = rig.send({.flags = SRB_FLAGS_DATA_IN, .unmapped = true});
    ASSERT_TRUE(sent.done);
    EXPECT_EQ(rig.calls(PuppetStartIo), 0u);
    EXPECT_EQ(sent.srb_status(), SRB_STATUS_INTERNAL_ERROR);
    EXPECT_EQ(sent.status, STATUS_INSUFFICIENT_RESOURCES);
    EXPECT_EQ(static_cast<NTSTATUS>(sent.srb->InternalStatus), STATUS_INSUFFICIENT_RESOURCES);
    EXPECT_FALSE(sent.frozen());
    EXPECT_TRUE(rig.send().done);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

}  // namespace
}  // namespace drydock::tests::scsiport
