// Sections 10 and 11: stop, restart and shutdown as HwScsiAdapterControl sees them; what is logged and with which code.

#include "contract/scsiport/puppet_test.h"
#include "machine/refusal.h"
#include "ntos/io/error_log.h"
#include "ntos/io/user.h"

namespace drydock::tests::scsiport {
namespace {

using Stop = PuppetTest;

constexpr PU32 kEveryControl = 1u << ScsiQuerySupportedControlTypes | 1u << ScsiStopAdapter | 1u << ScsiRestartAdapter |
                               1u << ScsiSetBootConfig | 1u << ScsiSetRunningConfig;

TEST_F(Stop, SP_270_SP_271_BootConfigFollowsStopAndRunningConfigPrecedesRestart) {
  run_with([](PUPPET& puppet) { puppet.Controls = kEveryControl; },
           [&] {
             EXPECT_EQ(rig.set_power(PowerDeviceD3), STATUS_SUCCESS);
             EXPECT_EQ(rig.set_power(PowerDeviceD0), STATUS_SUCCESS);
             std::vector<PU32> order;
             for (unsigned i = 0; i < rig.puppet().LogCount; ++i) order.push_back(rig.puppet().Log[i].Routine);
             EXPECT_EQ(order, (std::vector<PU32>{PuppetStopAdapter, PuppetSetBootConfig, PuppetSetRunningConfig,
                                                 PuppetRestartAdapter}));
             EXPECT_EQ(rig.call(PuppetSetBootConfig, 0)->Irql, PASSIVE_LEVEL);
             EXPECT_EQ(rig.call(PuppetSetRunningConfig, 0)->Irql, PASSIVE_LEVEL);
             EXPECT_TRUE(rig.send().done);
           });
  expect_clean();
}

TEST_F(Stop, SP_271_TheInterruptIsNotConnectedYetInSetRunningConfig) {
  run_with([](PUPPET& puppet) { puppet.Controls = kEveryControl; },
           [&] {
             EXPECT_EQ(rig.set_power(PowerDeviceD3), STATUS_SUCCESS);
             EXPECT_EQ(rig.adapter().interrupt, nullptr);
             // Bus data may be read there; a notification of something under way would be one too many.
             rig.script(PuppetSetRunningConfig, {{PuppetGetBusData, 0, 0}});
             EXPECT_EQ(rig.set_power(PowerDeviceD0), STATUS_SUCCESS);
             EXPECT_NE(rig.adapter().interrupt, nullptr);
           });
  expect_clean();
}

TEST_F(Stop, SP_269_OnlyTypesThatWereSetTrueAreUsed) {
  rig.run_started([&] {  // the puppet's ordinary list has neither of the two
    EXPECT_EQ(rig.set_power(PowerDeviceD3), STATUS_SUCCESS);
    EXPECT_EQ(rig.set_power(PowerDeviceD0), STATUS_SUCCESS);
    EXPECT_EQ(rig.calls(PuppetSetBootConfig), 0u);
    EXPECT_EQ(rig.calls(PuppetSetRunningConfig), 0u);
  });
  expect_clean();
}

TEST_F(Stop, ASystemPowerIrpEndsWhereThereIsNoMemoryForADevicePowerIrp) {
  rig.run_started([&] {
    const machine::Refusal refusal(1, "PoRequestPowerIrp");
    const auto ended =
        ntos::io::user::send(rig.adapter().fdo, IRP_MJ_POWER, IRP_MN_SET_POWER, [](IRP* irp, IO_STACK_LOCATION* stack) {
          irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
          stack->Parameters.Power.Type = SystemPowerState;
          stack->Parameters.Power.State.SystemState = PowerSystemSleeping3;
        });
    EXPECT_TRUE(refusal.made());
    EXPECT_EQ(ended.status, STATUS_INSUFFICIENT_RESOURCES);
  });
  expect_clean();
}

TEST_F(Stop, SP_374_SettingEntriesBeyondTheListIsNamed) {
  rig.run([&] {
    rig.puppet().ControlOverrun = 2;
    EXPECT_EQ(rig.start(), STATUS_SUCCESS);
  });
  EXPECT_TRUE(rig.found("SP-374")) << rig.what_happened();
}

TEST_F(Stop, SP_280_ShutdownRequestsComeLastAndStopAdapterWithThePower) {
  run_with([](PUPPET& puppet) { puppet.CachesData = TRUE; },
           [&] {
             hold_requests();
             Sent& data = rig.send({.timeout_s = 60});
             interrupt({{PuppetCompleteAllHeld, 0, SRB_STATUS_SUCCESS}});
             ASSERT_TRUE(data.done);
             answer_requests();
             const Srb shutdown{.function = SRB_FUNCTION_SHUTDOWN, .flags = SRB_FLAGS_NO_QUEUE_FREEZE, .length = 0};
             EXPECT_TRUE(rig.send(shutdown).done);
             EXPECT_TRUE(rig.send(shutdown).done);  // several may come
             EXPECT_EQ(seen().Function, SRB_FUNCTION_SHUTDOWN);
             EXPECT_EQ(rig.set_power(PowerDeviceD3), STATUS_SUCCESS);
             EXPECT_EQ(rig.calls(PuppetStopAdapter), 1u);
             EXPECT_EQ(rig.calls(PuppetStartIo), 4u);  // and the FLUSH of SP-265
           });
  expect_clean();
}

// ---- section 11 ----

TEST_F(Stop, SP_282_SP_360_AnSrbThatIsLoggedMustStillBeOwned) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {{PuppetLogErrorLast, SP_INTERNAL_ADAPTER_ERROR, 0}, kSuccess, kNext});
    rig.send();
    EXPECT_TRUE(rig.found("SP-360")) << "the INQUIRY's SRB had been given back";
  });
  EXPECT_EQ(rig.findings().size(), 1u) << rig.what_happened();
}

TEST_F(Stop, SP_283_AParityErrorThatIsNotLoggedIsNoted) {
  rig.run_started([&] {
    keep_notes();
    const Srb quiet{.flags = SRB_FLAGS_DATA_IN | SRB_FLAGS_NO_QUEUE_FREEZE};
    rig.script(PuppetStartIo,
               {{PuppetLogError, SP_BUS_PARITY_ERROR, 0}, {PuppetCompleteThis, SRB_STATUS_PARITY_ERROR, 0}, kNext});
    rig.send(quiet);
    EXPECT_FALSE(noted("SP-283"));
    rig.script(PuppetStartIo, {{PuppetCompleteThis, SRB_STATUS_PARITY_ERROR, 0}, kNext});
    rig.send(quiet);
    EXPECT_TRUE(noted("SP-283"));
  });
  expect_clean();
}

TEST_F(Stop, SP_284_ASelectionTimeoutMayBeLoggedOrNot) {
  rig.run_started([&] {
    keep_notes();
    const Srb quiet{.flags = SRB_FLAGS_DATA_IN | SRB_FLAGS_NO_QUEUE_FREEZE};
    rig.script(PuppetStartIo, {{PuppetCompleteThis, SRB_STATUS_SELECTION_TIMEOUT, 0}, kNext});
    rig.send(quiet);
    rig.script(PuppetStartIo, {kHold,
                               {PuppetLogErrorHeld, SP_BUS_TIME_OUT, 0},
                               {PuppetCompleteHeld, 0, SRB_STATUS_SELECTION_TIMEOUT},
                               kNext});
    rig.send(quiet);
    EXPECT_FALSE(noted("SP-28"));
  });
  expect_clean();
}

TEST_F(Stop, SP_285_ACodeThatDoesNotFitTheStatusIsNoted) {
  rig.run_started([&] {
    keep_notes();
    const Srb quiet{.flags = SRB_FLAGS_DATA_IN | SRB_FLAGS_NO_QUEUE_FREEZE};
    rig.script(PuppetStartIo, {kHold,
                               {PuppetLogErrorHeld, SP_REQUEST_TIMEOUT, 0},
                               {PuppetCompleteHeld, 0, SRB_STATUS_COMMAND_TIMEOUT},
                               kNext});
    rig.send(quiet);
    EXPECT_FALSE(noted("SP-285"));
    rig.script(PuppetStartIo, {kHold,
                               {PuppetLogErrorHeld, SP_BUS_PARITY_ERROR, 0},
                               {PuppetCompleteHeld, 0, SRB_STATUS_COMMAND_TIMEOUT},
                               kNext});
    rig.send(quiet);
    EXPECT_TRUE(noted("SP-285"));
  });
  expect_clean();
}

TEST_F(Stop, SP_286_BadFirmwareIsLoggedAndNothingElse) {
  rig.run_started([&] {
    interrupt({{PuppetLogError, SP_BAD_FW_ERROR, 5}});
    EXPECT_EQ(ntos::io::event_log().back().unique_value, 5u);
    EXPECT_TRUE(rig.send().done);
  });
  expect_clean();
}

}  // namespace
}  // namespace drydock::tests::scsiport
