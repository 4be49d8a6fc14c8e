// Section 3: what HwScsiFindAdapter receives, bringing the adapter up, finding units.

#include <gtest/gtest.h>

#include <cstring>

#include "contract/scsiport/puppet_rig.h"
#include "ntos/cm/registry.h"

namespace drydock::tests::scsiport {
namespace {

class Start : public testing::Test {
 protected:
  PuppetRig rig;
  PORT_CONFIGURATION_INFORMATION config() {
    PORT_CONFIGURATION_INFORMATION result;
    std::memcpy(static_cast<void*>(&result), rig.puppet().Config, sizeof(result));
    return result;
  }
  ntos::cm::Key& device_parameters() {
    return ntos::cm::registry().service_parameters(u"scsi_puppet").create(u"Device");
  }
};

TEST_F(Start, SP_006_WithAPnpInterfaceValueNoRoutineIsCalledByScsiPortInitialize) {
  rig.run([&] { EXPECT_EQ(rig.puppet().LogCount, 0u); });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(Start, SP_011_FillsTheDriverObject) {
  rig.run([&] {
    const DRIVER_OBJECT* driver = rig.fdo()->DriverObject;
    for (UCHAR major : {IRP_MJ_CREATE, IRP_MJ_CLOSE, IRP_MJ_DEVICE_CONTROL, IRP_MJ_SCSI, IRP_MJ_PNP, IRP_MJ_POWER,
                        IRP_MJ_SYSTEM_CONTROL})
      EXPECT_NE(driver->MajorFunction[major], driver->MajorFunction[IRP_MJ_READ]) << unsigned{major};
    EXPECT_NE(driver->DriverExtension->AddDevice, nullptr);
    EXPECT_NE(driver->DriverUnload, nullptr);
  });
}

TEST_F(Start, SP_015_SP_016_TheExtensionIsZeroBeforeEveryFindAdapter) {
  rig.run([&] {
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    EXPECT_TRUE(rig.puppet().ExtensionWasZero);
    EXPECT_EQ(rig.pnp(IRP_MN_QUERY_STOP_DEVICE), STATUS_SUCCESS);
    EXPECT_EQ(rig.pnp(IRP_MN_STOP_DEVICE), STATUS_SUCCESS);
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    EXPECT_EQ(rig.calls(PuppetFindAdapter), 2u);
    EXPECT_TRUE(rig.puppet().ExtensionWasZero);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(Start, SP_017_SP_018_ContextAndBusInformationAreNull) {
  rig.run([&] {
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    EXPECT_EQ(rig.puppet().HwContext, 0u);
    EXPECT_EQ(rig.puppet().BusInformation, 0u);
  });
}

TEST_F(Start, SP_019_TheArgumentStringIsDriverParameterAsAscii) {
  rig.run([&] {
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    EXPECT_FALSE(rig.puppet().ArgumentGiven);
    EXPECT_EQ(rig.pnp(IRP_MN_STOP_DEVICE), STATUS_SUCCESS);
    device_parameters().set_string(u"DriverParameter", u"fast=1");
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    EXPECT_TRUE(rig.puppet().ArgumentGiven);
    EXPECT_STREQ(rig.puppet().Argument, "fast=1");
  });
}

TEST_F(Start, SP_020_SP_023_SP_024_SP_025_TheConfigurationIsPrepared) {
  rig.run([&] {
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    const auto given = config();
    EXPECT_EQ(given.Length, sizeof(given));
    EXPECT_EQ(given.AdapterInterfaceType, PCIBus);
    EXPECT_EQ(given.InterruptMode, LevelSensitive);
    EXPECT_EQ(given.NumberOfAccessRanges, 2u);
    EXPECT_TRUE(given.MapBuffers && given.NeedPhysicalAddresses && given.AutoRequestSense);
    EXPECT_FALSE(given.TaggedQueuing || given.MultipleRequestPerLu);
    EXPECT_EQ(given.MaximumTransferLength, SP_UNINITIALIZED_VALUE);
    EXPECT_EQ(given.DmaChannel, SP_UNINITIALIZED_VALUE);
    EXPECT_EQ(given.NumberOfPhysicalBreaks, 17u);
    EXPECT_EQ(given.NumberOfBuses, 0);
    EXPECT_EQ(given.InitiatorBusId[0], static_cast<CHAR>(0xFF));
    EXPECT_EQ(given.MaximumNumberOfTargets, 8);
    EXPECT_EQ(given.MaximumNumberOfLogicalUnits, 8);
    EXPECT_FALSE(given.Master || given.ScatterGather || given.CachesData || given.AdapterScansDown);
  });
}

TEST_F(Start, SP_024_MaximumSGListIsClamped) {
  rig.run([&] {
    device_parameters().set_dword(u"MaximumSGList", 5000);
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    EXPECT_EQ(config().NumberOfPhysicalBreaks, 255u);
  });
}

TEST_F(Start, SP_021_SP_022_AccessRangesComeFromTheResourcesInTheirOrder) {
  rig.run([&] {
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    ASSERT_EQ(rig.adapter().ranges.size(), 2u);
    EXPECT_TRUE(rig.adapter().ranges[0].memory);
    EXPECT_EQ(rig.adapter().ranges[0].bus_start, 0xF0000000u);
    EXPECT_FALSE(rig.adapter().ranges[1].memory);
    EXPECT_EQ(rig.adapter().ranges[1].bus_start, 0xC000u);
  });
}

TEST_F(Start, SP_026_Dma64IsOfferedAsTheBoardSays) {
  rig.settings().dma64 = 1;
  rig.run([&] {
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    EXPECT_EQ(config().Dma64BitAddresses, SCSI_DMA64_SYSTEM_SUPPORTED);
    rig.pnp(IRP_MN_STOP_DEVICE);
    port::scsiport::port().settings.dma64 = 0;
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    EXPECT_EQ(config().Dma64BitAddresses, 0);
  });
}

TEST_F(Start, SP_028_SP_109_FindAdapterRunsAtPassiveLevel) {
  rig.run([&] {
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    EXPECT_EQ(rig.call(PuppetFindAdapter, 0)->Irql, PASSIVE_LEVEL);
  });
}

TEST_F(Start, SP_034_TheResultOfFindAdapterDecidesTheStart) {
  rig.run([&] {
    const std::pair<ULONG, NTSTATUS> cases[] = {{SP_RETURN_NOT_FOUND, STATUS_NOT_FOUND},
                                                {SP_RETURN_ERROR, STATUS_ADAPTER_HARDWARE_ERROR},
                                                {SP_RETURN_BAD_CONFIG, STATUS_DEVICE_CONFIGURATION_ERROR},
                                                {77, STATUS_INTERNAL_ERROR}};
    for (auto [result, status] : cases) {
      rig.puppet().FindAdapterResult = result;
      EXPECT_EQ(rig.start(), status) << result;
    }
    rig.puppet().FindAdapterResult = SP_RETURN_FOUND;
    EXPECT_EQ(rig.start(), STATUS_SUCCESS);
  });
}

TEST_F(Start, SP_037_UserSettingsWin) {
  rig.run([&] {
    device_parameters().set_dword(u"DisableTaggedQueuing", 1);
    device_parameters().set_dword(u"DisableSynchronousTransfers", 1);
    rig.puppet().TaggedQueuing = TRUE;
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    ASSERT_EQ(rig.enumerate(), STATUS_SUCCESS);
    EXPECT_FALSE(rig.adapter().tagged_queuing);
    rig.send();
    EXPECT_TRUE(reinterpret_cast<SCSI_REQUEST_BLOCK*>(rig.puppet().LastSrb)->SrbFlags &
                SRB_FLAGS_DISABLE_SYNCH_TRANSFER);
  });
}

TEST_F(Start, SP_038_MultipleRequestsNeedAutosense) {
  rig.run([&] {
    rig.puppet().MultipleRequests = TRUE;
    rig.puppet().AutoSense = FALSE;
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    EXPECT_FALSE(rig.adapter().multiple_requests);
  });
  EXPECT_TRUE(rig.found("SP-038"));
}

TEST_F(Start, SP_040_SP_042_SP_097_InitializeRunsOnceUnderTheLockWithTheInterruptConnected) {
  rig.run([&] {
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    EXPECT_EQ(rig.calls(PuppetInitialize), 1u);
    EXPECT_EQ(rig.call(PuppetInitialize, 0)->Irql, rig.adapter().interrupt_irql);
    EXPECT_NE(rig.adapter().interrupt, nullptr);
  });
}

TEST_F(Start, SP_042_FalseFromInitializeFailsTheStart) {
  rig.run([&] {
    rig.script(PuppetInitialize, {{PuppetReturn, FALSE, 0}});
    EXPECT_EQ(rig.start(), STATUS_ADAPTER_HARDWARE_ERROR);
    EXPECT_EQ(rig.adapter().interrupt, nullptr);
  });
}

TEST_F(Start, SP_046_SP_262_TheSupportedControlTypesAreAskedFor) {
  rig.run([&] {
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    EXPECT_TRUE(rig.adapter().controls[ScsiStopAdapter]);
    EXPECT_TRUE(rig.adapter().controls[ScsiRestartAdapter]);
    EXPECT_FALSE(rig.adapter().controls[ScsiSetBootConfig]);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(Start, SP_047_ScansEveryTargetOfEveryBusButTheInitiator) {
  rig.run([&] {
    PUPPET& puppet = rig.puppet();
    puppet.NumberOfBuses = 2;
    puppet.Targets = 10;
    puppet.Units[0] = 0x000300, puppet.Units[1] = 0x010900, puppet.Units[2] = ~0u;
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    ASSERT_EQ(rig.enumerate(), STATUS_SUCCESS);
    EXPECT_EQ(rig.calls(PuppetStartIo), 2u * (10 - 1));
    ASSERT_EQ(rig.adapter().units.size(), 2u);
    EXPECT_EQ(rig.adapter().units[0]->address, (UnitAddress{0, 3, 0}));
    EXPECT_EQ(rig.adapter().units[1]->address, (UnitAddress{1, 9, 0}));
  });
}

TEST_F(Start, SP_049_IdentifiersComeFromInquiryData) {
  rig.run_started([&] {
    const INQUIRYDATA& inquiry = rig.unit().inquiry;
    EXPECT_EQ(port::scsiport::device_id_of(inquiry), u"SCSI\\Disk&Ven_DRYDOCK&Prod_Puppet_disk&Rev_1.0");
    const std::u16string ids = port::scsiport::hardware_ids_of(inquiry);
    EXPECT_EQ(ids.substr(0, ids.find(u'\0')), u"SCSI\\DiskDRYDOCK_Puppet_disk_____1.0_");
    EXPECT_EQ(port::scsiport::instance_id_of({0, 1, 2}), u"012");
  });
}

TEST_F(Start, SP_050_ARescanKeepsUnitsWithTheirClaims) {
  rig.run_started([&] {
    LogicalUnit* before = &rig.unit();
    before->claimed = true;
    rig.puppet().Units[1] = 0x100, rig.puppet().Units[2] = ~0u;
    ASSERT_EQ(rig.enumerate(), STATUS_SUCCESS);
    EXPECT_EQ(&rig.unit(), before);
    EXPECT_TRUE(before->claimed);
    EXPECT_EQ(rig.adapter().units.size(), 2u);
    rig.puppet().Units[0] = 0x100, rig.puppet().Units[1] = ~0u;
    ASSERT_EQ(rig.enumerate(), STATUS_SUCCESS);
    EXPECT_TRUE(before->missing);
  });
}

TEST_F(Start, SP_110_SP_361_BusDataOnlyFromFindAdapter) {
  rig.run_started([&] {
    rig.script(PuppetStartIo,
               {{PuppetGetBusData, 0, 0}, {PuppetCompleteThis, SRB_STATUS_SUCCESS, 0}, {PuppetNextRequest, 0, 0}});
    rig.send();
    EXPECT_EQ(rig.puppet().Result, 0u);
  });
  EXPECT_TRUE(rig.found("SP-361")) << rig.what_happened();
}

TEST_F(Start, SP_112_NotificationsFromFindAdapterAreReported) {
  rig.run([&] {
    rig.script(PuppetFindAdapter, {{PuppetNextRequest, 0, 0}});
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
  });
  EXPECT_TRUE(rig.found("SP-369")) << rig.what_happened();
}

TEST_F(Start, SP_263_AnAdapterWithoutAdapterControlStays) {
  rig.run_started([&] {
    rig.adapter().hw.HwAdapterControl = nullptr;
    EXPECT_EQ(rig.pnp(IRP_MN_QUERY_STOP_DEVICE), STATUS_UNSUCCESSFUL);
    EXPECT_EQ(rig.pnp(IRP_MN_QUERY_REMOVE_DEVICE), STATUS_UNSUCCESSFUL);
  });
}

TEST_F(Start, SP_264_SP_269_SP_274_StopAdapterRunsUnderTheLockAndNothingAfterIt) {
  rig.run_started([&] {
    const KIRQL irql = rig.adapter().interrupt_irql;
    EXPECT_EQ(rig.pnp(IRP_MN_STOP_DEVICE), STATUS_SUCCESS);
    ASSERT_EQ(rig.calls(PuppetStopAdapter), 1u);
    EXPECT_EQ(rig.call(PuppetStopAdapter, 0)->Irql, irql);
    EXPECT_EQ(rig.adapter().interrupt, nullptr);
    const unsigned calls = rig.puppet().LogCount;
    Sent& waits = rig.send();
    rig.advance(30s);
    EXPECT_FALSE(waits.done);
    EXPECT_EQ(rig.puppet().LogCount, calls);
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    EXPECT_TRUE(waits.done);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(Start, SP_265_SP_266_AStopWaitsForOwnedRequestsAndResetsForThem) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {{PuppetHoldThis, 0, 0}, {PuppetNextRequest, 0, 0}});
    Sent& owned = rig.send({.timeout_s = 2});
    EXPECT_EQ(rig.pnp(IRP_MN_STOP_DEVICE), STATUS_SUCCESS);
    EXPECT_TRUE(owned.done);
    EXPECT_EQ(rig.calls(PuppetResetBus), 1u);
    EXPECT_EQ(rig.calls(PuppetStopAdapter), 1u);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(Start, SP_277_SurpriseRemovalEndsRequestsWithNoDeviceAndCallsNothingButStop) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {{PuppetHoldThis, 0, 0}});
    Sent& owned = rig.send({.timeout_s = 2});
    Sent& queued = rig.send();
    EXPECT_EQ(rig.pnp(IRP_MN_SURPRISE_REMOVAL), STATUS_SUCCESS);
    EXPECT_TRUE(queued.done);
    EXPECT_EQ(queued.srb_status(), SRB_STATUS_NO_DEVICE);
    EXPECT_EQ(rig.calls(PuppetResetBus), 0u);
    EXPECT_EQ(rig.calls(PuppetStopAdapter), 1u);
    EXPECT_TRUE(owned.done);  // reported, and then ended
    EXPECT_EQ(rig.send().srb_status(), SRB_STATUS_NO_DEVICE);
  });
  EXPECT_TRUE(rig.found("SP-356")) << rig.what_happened();
}

TEST_F(Start, SP_275_AnUnsuccessfulStopGoesOnAndIsReported) {
  rig.run_started([&] {
    rig.script(PuppetStopAdapter, {{PuppetReturn, FALSE, 0}});
    EXPECT_EQ(rig.pnp(IRP_MN_STOP_DEVICE), STATUS_SUCCESS);
  });
  EXPECT_TRUE(rig.found("SP-275"));
}

TEST_F(Start, SP_276_AStopEndsTheHoldOff) {
  rig.run_started([&] {
    rig.reset_bus_by_ioctl();
    EXPECT_EQ(rig.pnp(IRP_MN_STOP_DEVICE), STATUS_SUCCESS);
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    EXPECT_TRUE(rig.send().done);
  });
}

}  // namespace
}  // namespace drydock::tests::scsiport
