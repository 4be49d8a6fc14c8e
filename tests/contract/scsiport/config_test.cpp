// Section 3: what HwScsiFindAdapter answers, and what the port makes of it.

#include <cstring>

#include "contract/scsiport/request_fixture.h"
#include "ntos/cm/registry.h"

namespace drydock::tests::scsiport {
namespace {

class Config : public RequestFixture {
 protected:
  ntos::cm::Key& device_parameters() {
    return ntos::cm::registry().service_parameters(u"scsi_puppet").create(u"Device");
  }
};

TEST_F(Config, SP_032_OnPciTheSuppliedInterruptIsAccepted) {
  rig.run([&] {
    rig.puppet().InterruptLevel = 3;
    EXPECT_EQ(rig.start(), STATUS_SUCCESS);
  });
  ASSERT_TRUE(rig.found("SP-032")) << rig.what_happened();
}

TEST_F(Config, SP_033_WithoutABusNothingIsScannedAndItIsReported) {
  rig.run([&] {
    rig.puppet().NumberOfBuses = 0;
    EXPECT_EQ(rig.start(), STATUS_SUCCESS);
    EXPECT_EQ(rig.enumerate(), STATUS_SUCCESS);
    EXPECT_EQ(rig.calls(PuppetStartIo), 0u);
    EXPECT_TRUE(rig.adapter().units.empty());
  });
  EXPECT_TRUE(rig.found("SP-033")) << rig.what_happened();
}

TEST_F(Config, SP_033_EachBusHasItsInitiatorAndNobodyAsksThatAddress) {
  rig.run([&] {
    rig.puppet().NumberOfBuses = 2;
    rig.puppet().Targets = 4;
    rig.puppet().InitiatorId = 2;
    set_units({0x000200, 0x010200, 0x010300});
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    ASSERT_EQ(rig.enumerate(), STATUS_SUCCESS);
    EXPECT_EQ(rig.calls(PuppetStartIo), 2u * 3);
    EXPECT_EQ(rig.adapter().units.size(), 1u);
  });
  expect_clean();
}

TEST_F(Config, SP_035_ForAPnpAdapterAgainIsIgnored) {
  rig.run([&] {
    rig.puppet().Again = TRUE;
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    EXPECT_EQ(rig.calls(PuppetFindAdapter), 1u);
    EXPECT_EQ(port::scsiport::port().adapters.size(), 1u);
  });
  expect_clean();
}

TEST_F(Config, SP_036_WhatTheMiniportChangedCounts) {
  run_with(
      [&] {
        PUPPET& puppet = rig.puppet();
        puppet.Targets = 200;
        puppet.SrbExtensionSize = 1000;
        puppet.LuExtensionSize = 4096;
        puppet.TaggedQueuing = TRUE;
        puppet.ScriptInquiries = FALSE;
      },
      [&] {
        EXPECT_EQ(rig.adapter().config.MaximumNumberOfTargets, 128);
        rig.script(PuppetStartIo, {{PuppetPokeExtension, 999, 0x5A}, {PuppetPhysical, 2, 0}, kSuccess, kNext});
        rig.send({.flags = kTagged});
        EXPECT_EQ(rig.puppet().Result2, 1000u);   // the whole SRB extension is there
        EXPECT_NE(seen().QueueTag, SP_UNTAGGED);  // TaggedQueuing was FALSE in HW_INITIALIZATION_DATA
        interrupt({{PuppetGetLogicalUnit, 0, 0}});
        const auto* unit = reinterpret_cast<const std::byte*>(rig.puppet().Result);
        ASSERT_NE(unit, nullptr);
        for (unsigned i = 0; i < 4096; ++i) ASSERT_EQ(unit[i], std::byte{0});
      });
  expect_clean();
}

TEST_F(Config, SP_036_TargetsAreClampedTo128) {
  rig.run([&] {
    rig.puppet().Targets = 200;
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    ASSERT_EQ(rig.enumerate(), STATUS_SUCCESS);
    EXPECT_EQ(rig.calls(PuppetStartIo), 128u - 1);
  });
  expect_clean();
}

TEST_F(Config, SP_036_TheDefaultsHoldWhereTheMiniportChangesNothing) {
  run_with([&] { rig.puppet().TaggedQueuing = FALSE; },
           [&] {
             rig.send({.flags = kTagged});
             EXPECT_EQ(seen().QueueTag, SP_UNTAGGED);
           });
  expect_clean();
}

TEST_F(Config, SP_043_FalseFromInitializeWithoutALogEntryIsReported) {
  rig.run([&] {
    rig.script(PuppetInitialize, {{PuppetReturn, FALSE, 0}});
    EXPECT_EQ(rig.start(), STATUS_ADAPTER_HARDWARE_ERROR);
  });
  ASSERT_TRUE(rig.found("SP-043")) << rig.what_happened();
}

TEST_F(Config, SP_043_WithALogEntryItIsNot) {
  rig.run([&] {
    rig.script(PuppetInitialize, {{PuppetLogError, SP_INTERNAL_ADAPTER_ERROR, 7}, {PuppetReturn, FALSE, 0}});
    EXPECT_EQ(rig.start(), STATUS_ADAPTER_HARDWARE_ERROR);
  });
  expect_clean();
}

TEST_F(Config, SP_079_TheSenseBufferIsAsLargeAsTheRegistrySays) {
  const std::pair<ULONG, ULONG> cases[] = {{0, 18}, {64, 64}, {10, 18}, {300, 255}};
  for (auto [setting, expected] : cases) {
    PuppetRig fresh;
    fresh.run([&, setting = setting, expected = expected] {
      if (setting) device_parameters().set_dword(u"TotalSenseDataBytes", setting);
      ASSERT_EQ(fresh.start(), STATUS_SUCCESS);
      ASSERT_EQ(fresh.enumerate(), STATUS_SUCCESS);
      fresh.script(PuppetStartIo, {{PuppetPhysical, 1, 0}, kSuccess, kNext});
      fresh.send({.sense_length = 255});
      SCSI_REQUEST_BLOCK srb;
      std::memcpy(static_cast<void*>(&srb), fresh.puppet().LastSrb, sizeof(srb));
      EXPECT_EQ(srb.SenseInfoBufferLength, expected);
      EXPECT_EQ(fresh.puppet().Result2, expected);
    });
    EXPECT_TRUE(fresh.findings().empty()) << fresh.what_happened();
  }
}

TEST_F(Config, SP_111_BothSettingsOfTheConfigurationMayReadBusData) {
  rig.run([&] {
    rig.puppet().Controls |= 1u << ScsiSetBootConfig | 1u << ScsiSetRunningConfig;
    rig.script(PuppetSetBootConfig, {{PuppetGetBusData, 0, 0}});
    rig.script(PuppetSetRunningConfig, {{PuppetGetBusData, 0, 0}});
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    for (DEVICE_POWER_STATE state : {PowerDeviceD3, PowerDeviceD0}) EXPECT_EQ(rig.set_power(state), STATUS_SUCCESS);
    EXPECT_EQ(rig.calls(PuppetSetBootConfig), 1u);
    EXPECT_EQ(rig.calls(PuppetSetRunningConfig), 1u);
    EXPECT_EQ(rig.call(PuppetSetBootConfig, 0)->Irql, PASSIVE_LEVEL);
    EXPECT_EQ(rig.call(PuppetSetRunningConfig, 0)->Irql, PASSIVE_LEVEL);
  });
  expect_clean();
}

}  // namespace
}  // namespace drydock::tests::scsiport
