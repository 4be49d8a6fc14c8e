// Sections 10, 11 and 13: power, the event log, device control.

#include <gtest/gtest.h>

#include <cstring>

#include "contract/scsiport/puppet_rig.h"
#include "nt/ioctl.h"
#include "nt/pass_through.h"
#include "nt/storage.h"
#include "ntos/io/error_log.h"
#include "ntos/io/user.h"
#include "port/scsiport/error_log.h"

namespace drydock::tests::scsiport {
namespace {

constexpr PUPPET_ORDER kHold{PuppetHoldThis, 0, 0};
constexpr PUPPET_ORDER kNext{PuppetNextRequest, 0, 0};
constexpr PUPPET_ORDER kSuccess{PuppetCompleteThis, SRB_STATUS_SUCCESS, 0};

class Control : public testing::Test {
 protected:
  PuppetRig rig;
  template <class In, class Out>
  NTSTATUS ioctl(DEVICE_OBJECT* device, ULONG code, const In& input, Out& output) {
    return rig.ioctl(device, code, std::as_bytes(std::span(&input, 1)), std::as_writable_bytes(std::span(&output, 1)));
  }
  DEVICE_OBJECT* pdo() { return rig.unit().pdo; }
  SCSI_REQUEST_BLOCK seen() {
    SCSI_REQUEST_BLOCK srb;
    std::memcpy(static_cast<void*>(&srb), rig.puppet().LastSrb, sizeof(srb));
    return srb;
  }
  NTSTATUS power(DEVICE_OBJECT* device, DEVICE_POWER_STATE state) {
    return ntos::io::user::send(device, IRP_MJ_POWER, IRP_MN_SET_POWER,
                                [&](IRP*, IO_STACK_LOCATION* stack) {
                                  stack->Parameters.Power.Type = DevicePowerState;
                                  stack->Parameters.Power.State.DeviceState = state;
                                })
        .status;
  }
  void expect_clean() { EXPECT_TRUE(rig.findings().empty()) << rig.what_happened(); }
};

TEST_F(Control, SP_039_SP_332_CapabilitiesOnTheAdapterOnly) {
  rig.run_started([&] {
    IO_SCSI_CAPABILITIES answer{};
    EXPECT_EQ(ioctl(rig.fdo(), IOCTL_SCSI_GET_CAPABILITIES, char{}, answer), STATUS_SUCCESS);
    EXPECT_EQ(answer.Length, sizeof(answer));
    EXPECT_EQ(answer.MaximumTransferLength, 0x10000u);
    EXPECT_EQ(answer.MaximumPhysicalPages, 17u);
    EXPECT_EQ(ioctl(pdo(), IOCTL_SCSI_GET_CAPABILITIES, char{}, answer), STATUS_INVALID_DEVICE_REQUEST);
  });
  expect_clean();
}

TEST_F(Control, SP_333_AddressOfAUnit) {
  rig.run_started([&] {
    SCSI_ADDRESS answer{};
    EXPECT_EQ(ioctl(pdo(), IOCTL_SCSI_GET_ADDRESS, char{}, answer), STATUS_SUCCESS);
    EXPECT_EQ(answer.Length, sizeof(answer));
    EXPECT_EQ(answer.PortNumber, 0);
    EXPECT_EQ(ioctl(rig.fdo(), IOCTL_SCSI_GET_ADDRESS, char{}, answer), STATUS_INVALID_DEVICE_REQUEST);
  });
}

TEST_F(Control, SP_331_InquiryDataOfEveryBus) {
  rig.run([&] {
    PUPPET& puppet = rig.puppet();
    puppet.NumberOfBuses = 2;
    puppet.Units[0] = 0, puppet.Units[1] = 0x100, puppet.Units[2] = ~0u;
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    ASSERT_EQ(rig.enumerate(), STATUS_SUCCESS);
    rig.unit({0, 1, 0}).claimed = true;
    alignas(8) std::byte buffer[512];
    EXPECT_EQ(rig.ioctl(rig.fdo(), IOCTL_SCSI_GET_INQUIRY_DATA, {}, std::span(buffer, 32)), STATUS_BUFFER_TOO_SMALL);
    ASSERT_EQ(rig.ioctl(rig.fdo(), IOCTL_SCSI_GET_INQUIRY_DATA, {}, buffer), STATUS_SUCCESS);
    const auto* info = reinterpret_cast<const SCSI_ADAPTER_BUS_INFO*>(buffer);
    const SCSI_BUS_DATA* buses = info->BusData;
    EXPECT_EQ(info->NumberOfBuses, 2);
    EXPECT_EQ(buses[0].NumberOfLogicalUnits, 2);
    EXPECT_EQ(buses[0].InitiatorBusId, 7);
    const auto* first = reinterpret_cast<const SCSI_INQUIRY_DATA*>(buffer + buses[0].InquiryDataOffset);
    EXPECT_FALSE(first->DeviceClaimed);
    EXPECT_EQ(std::memcmp(first->InquiryData + 8, "DRYDOCK ", 8), 0);
    const auto* second = reinterpret_cast<const SCSI_INQUIRY_DATA*>(buffer + first->NextInquiryDataOffset);
    EXPECT_EQ(second->TargetId, 1);
    EXPECT_TRUE(second->DeviceClaimed);
    EXPECT_EQ(second->NextInquiryDataOffset, 0u);
    EXPECT_EQ(buses[1].NumberOfLogicalUnits, 0);
    EXPECT_EQ(buses[1].InquiryDataOffset, 0u);
  });
}

TEST_F(Control, SP_335_PropertiesOfDeviceAndAdapter) {
  rig.run_started([&] {
    STORAGE_PROPERTY_QUERY query{StorageDeviceProperty, PropertyStandardQuery, {}};
    struct {
      STORAGE_DEVICE_DESCRIPTOR descriptor;
      char rest[64];
    } device{};
    EXPECT_EQ(ioctl(pdo(), IOCTL_STORAGE_QUERY_PROPERTY, query, device), STATUS_SUCCESS);
    EXPECT_EQ(device.descriptor.BusType, BusTypeScsi);
    EXPECT_STREQ(reinterpret_cast<const char*>(&device) + device.descriptor.VendorIdOffset, "DRYDOCK ");
    STORAGE_DESCRIPTOR_HEADER header{};
    EXPECT_EQ(ioctl(pdo(), IOCTL_STORAGE_QUERY_PROPERTY, query, header), STATUS_SUCCESS);
    EXPECT_GT(header.Size, sizeof(header));
    EXPECT_EQ(ioctl(rig.fdo(), IOCTL_STORAGE_QUERY_PROPERTY, query, device), STATUS_INVALID_DEVICE_REQUEST);
    query.PropertyId = StorageAdapterProperty;
    STORAGE_ADAPTER_DESCRIPTOR adapter{};
    EXPECT_EQ(ioctl(pdo(), IOCTL_STORAGE_QUERY_PROPERTY, query, adapter), STATUS_SUCCESS);
    EXPECT_EQ(adapter.MaximumTransferLength, 0x10000u);
    EXPECT_TRUE(adapter.AdapterUsesPio);
  });
  expect_clean();
}

TEST_F(Control, SP_326_SP_328_SP_330_SP_337_AnswersOfTheResetCodes) {
  rig.run_started([&] {
    EXPECT_EQ(rig.reset_bus_by_ioctl(5), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(rig.ioctl(rig.fdo(), IOCTL_STORAGE_RESET_BUS), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(rig.ioctl(rig.fdo(), IOCTL_STORAGE_RESET_DEVICE), STATUS_INVALID_DEVICE_REQUEST);
    const std::byte path[1] = {};
    EXPECT_EQ(rig.ioctl(rig.fdo(), 0x2DD000, path), STATUS_SUCCESS);
    EXPECT_EQ(rig.ioctl(rig.fdo(), 0x2DD004, path), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(rig.ioctl(pdo(), IOCTL_STORAGE_RESET_BUS, path), STATUS_SUCCESS);
    EXPECT_EQ(rig.calls(PuppetResetBus), 2u);
    EXPECT_EQ(rig.ioctl(rig.fdo(), 0x222000), STATUS_NOT_SUPPORTED);
  });
}

struct PassThroughBuffer {
  SCSI_PASS_THROUGH header{};
  UCHAR sense[24] = {};
  UCHAR data[64] = {};
};
PassThroughBuffer inquiry() {
  PassThroughBuffer buffer;
  buffer.header.Length = sizeof(SCSI_PASS_THROUGH);
  buffer.header.CdbLength = 6;
  buffer.header.Cdb[0] = 0x12;
  buffer.header.Cdb[4] = 36;
  buffer.header.DataIn = SCSI_IOCTL_DATA_IN;
  buffer.header.DataTransferLength = 36;
  buffer.header.DataBufferOffset = offsetof(PassThroughBuffer, data);
  buffer.header.SenseInfoLength = 18;
  buffer.header.SenseInfoOffset = offsetof(PassThroughBuffer, sense);
  buffer.header.TimeOutValue = 3;
  buffer.header.TargetId = 5;  // of no account on a unit
  return buffer;
}

TEST_F(Control, SP_318_SP_320_SP_323_SP_324_PassThrough) {
  rig.run_started([&] {
    rig.unit().claimed = true;
    PassThroughBuffer answer;
    EXPECT_EQ(ioctl(pdo(), IOCTL_SCSI_PASS_THROUGH, inquiry(), answer), STATUS_SUCCESS);
    EXPECT_EQ(std::memcmp(answer.data + 8, "DRYDOCK ", 8), 0);
    EXPECT_EQ(answer.header.ScsiStatus, 0);
    EXPECT_EQ(answer.header.DataTransferLength, 36u);
    EXPECT_TRUE(seen().SrbFlags & SRB_FLAGS_NO_QUEUE_FREEZE);
    EXPECT_EQ(seen().TimeOutValue, 3u);
    PassThroughBuffer wrong = inquiry();
    wrong.header.Length = 40;
    EXPECT_EQ(ioctl(pdo(), IOCTL_SCSI_PASS_THROUGH, wrong, answer), STATUS_INVALID_PARAMETER);
    wrong = inquiry();
    wrong.header.CdbLength = 17;
    EXPECT_EQ(ioctl(pdo(), IOCTL_SCSI_PASS_THROUGH, wrong, answer), STATUS_INVALID_PARAMETER);
    wrong = inquiry();
    wrong.header.DataBufferOffset = sizeof(PassThroughBuffer);
    EXPECT_EQ(ioctl(pdo(), IOCTL_SCSI_PASS_THROUGH, wrong, answer), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(ioctl(pdo(), IOCTL_SCSI_PASS_THROUGH, char{}, answer), STATUS_BUFFER_TOO_SMALL);
  });
  expect_clean();
}

TEST_F(Control, SP_322_ACheckConditionIsTheCallersBusinessABusResetIsNot) {
  rig.run_started([&] {
    rig.puppet().ScriptInquiries = TRUE;
    rig.script(PuppetStartIo,
               {{PuppetSense, 5, 0x24},
                {PuppetCompleteThis, SRB_STATUS_ERROR | SRB_STATUS_AUTOSENSE_VALID, SCSISTAT_CHECK_CONDITION},
                kNext});
    PassThroughBuffer answer;
    EXPECT_EQ(ioctl(pdo(), IOCTL_SCSI_PASS_THROUGH, inquiry(), answer), STATUS_SUCCESS);
    EXPECT_EQ(answer.header.ScsiStatus, SCSISTAT_CHECK_CONDITION);
    EXPECT_EQ(answer.sense[2], 5);
    EXPECT_FALSE(rig.unit().frozen);
    rig.script(PuppetStartIo, {{PuppetCompleteThis, SRB_STATUS_BUS_RESET, 0}, kNext});
    EXPECT_EQ(ioctl(pdo(), IOCTL_SCSI_PASS_THROUGH, inquiry(), answer), STATUS_IO_DEVICE_ERROR);
  });
  expect_clean();
}

TEST_F(Control, SP_334_RescanFindsNewUnits) {
  rig.run_started([&] {
    EXPECT_EQ(rig.ioctl(rig.fdo(), IOCTL_SCSI_RESCAN_BUS), STATUS_SUCCESS);
    EXPECT_EQ(rig.adapter().units.size(), 1u);
  });
  expect_clean();
}

TEST_F(Control, SP_077_SP_336_MiniportControlBecomesAnIoControlSrb) {
  rig.run_started([&] {
    struct {
      SRB_IO_CONTROL header;
      UCHAR data[16];
    } control{}, answer{};
    control.header.HeaderLength = sizeof(SRB_IO_CONTROL);
    control.header.Timeout = 4;
    control.header.Length = 16;
    EXPECT_EQ(ioctl(rig.fdo(), IOCTL_SCSI_MINIPORT, control, answer), STATUS_SUCCESS);
    EXPECT_EQ(seen().Function, SRB_FUNCTION_IO_CONTROL);
    EXPECT_EQ(seen().DataTransferLength, sizeof(SRB_IO_CONTROL) + 16);
    EXPECT_EQ(seen().TimeOutValue, 4u);
    control.header.Length = 4096;
    EXPECT_EQ(ioctl(rig.fdo(), IOCTL_SCSI_MINIPORT, control, answer), STATUS_INVALID_PARAMETER);
    control.header.HeaderLength = 3;
    EXPECT_EQ(ioctl(rig.fdo(), IOCTL_SCSI_MINIPORT, control, answer), STATUS_INVALID_PARAMETER);
  });
  expect_clean();
}

// ---- section 11 ----

TEST_F(Control, SP_281_SP_288_OneEntryWithAddressCodeAndRequest) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {kHold, {PuppetLogErrorHeld, SP_BUS_PARITY_ERROR, 0}, kNext});
    const std::size_t before = ntos::io::event_log().size();
    rig.send();
    ASSERT_EQ(ntos::io::event_log().size(), before + 1);
    const ntos::io::ErrorLogEvent& event = ntos::io::event_log().back();
    EXPECT_EQ(event.error_code & 0xFFFF, 5u);
    ASSERT_EQ(event.dump_data.size(), static_cast<std::size_t>(port::scsiport::kLogDumpWords));
    EXPECT_EQ(event.dump_data[port::scsiport::kLogCode], SP_BUS_PARITY_ERROR);
    EXPECT_EQ(event.dump_data[port::scsiport::kLogCdb] & 0xFF, 0x28u);
  });
  expect_clean();
}

TEST_F(Control, SP_220_EveryResetThatThePortStartsIsLogged) {
  rig.run_started([&] {
    rig.reset_bus_by_ioctl();
    ASSERT_FALSE(ntos::io::event_log().empty());
    EXPECT_EQ(ntos::io::event_log().back().error_code & 0xFFFF, 129u);
  });
}

TEST_F(Control, SP_287_AnUnknownCodeIsLoggedAndReported) {
  rig.run_started([&] {
    rig.script(PuppetInterrupt, {{PuppetLogError, 99, 1}});
    rig.interrupt();
    EXPECT_EQ(ntos::io::event_log().back().dump_data[port::scsiport::kLogCode], 99u);
  });
  EXPECT_TRUE(rig.found("SP-287"));
}

// ---- section 10 ----

TEST_F(Control, SP_272_PowerDownAndUpKeepsTheExtension) {
  rig.run_started([&] {
    PVOID extension = rig.adapter().extension;
    EXPECT_EQ(power(rig.fdo(), PowerDeviceD3), STATUS_SUCCESS);
    EXPECT_EQ(rig.calls(PuppetStopAdapter), 1u);
    Sent& waits = rig.send();
    EXPECT_FALSE(waits.done);
    EXPECT_EQ(power(rig.fdo(), PowerDeviceD0), STATUS_SUCCESS);
    EXPECT_EQ(rig.calls(PuppetRestartAdapter), 1u);
    EXPECT_EQ(rig.calls(PuppetFindAdapter), 0u);
    EXPECT_EQ(rig.adapter().extension, extension);
    EXPECT_TRUE(waits.done);
  });
  expect_clean();
}

TEST_F(Control, SP_273_WithoutRestartTheAdapterIsFoundAgain) {
  rig.run([&] {
    rig.puppet().Controls &= ~(1u << ScsiRestartAdapter);
    ASSERT_EQ(rig.start(), STATUS_SUCCESS);
    ASSERT_EQ(rig.enumerate(), STATUS_SUCCESS);
    EXPECT_EQ(power(rig.fdo(), PowerDeviceD3), STATUS_SUCCESS);
    EXPECT_EQ(power(rig.fdo(), PowerDeviceD0), STATUS_SUCCESS);
    EXPECT_EQ(rig.calls(PuppetFindAdapter), 2u);
    EXPECT_EQ(rig.calls(PuppetInitialize), 2u);
    EXPECT_TRUE(rig.send().done);
  });
  expect_clean();
}

TEST_F(Control, SP_066_AUnitThatIsNotInD0LetsItsRequestsWait) {
  rig.run_started([&] {
    EXPECT_EQ(power(pdo(), PowerDeviceD3), STATUS_SUCCESS);
    Sent& waits = rig.send();
    EXPECT_FALSE(waits.done);
    EXPECT_EQ(power(pdo(), PowerDeviceD0), STATUS_SUCCESS);
    EXPECT_TRUE(waits.done);
  });
  expect_clean();
}

TEST_F(Control, SP_373_AStoppedAdapterIsSilent) {
  rig.run_started([&] {
    rig.script(PuppetTimer, {kNext});
    rig.script(PuppetStopAdapter, {{PuppetRequestTimer, 1000, 0}});
    EXPECT_EQ(rig.pnp(IRP_MN_STOP_DEVICE), STATUS_SUCCESS);
    rig.advance(1s);
    EXPECT_EQ(rig.calls(PuppetTimer), 0u);
  });
  expect_clean();
}

TEST_F(Control, SP_278_RemovingAUnitEndsWhatWaits) {
  rig.run_started([&] {
    rig.script(PuppetStartIo, {{PuppetCompleteThis, SRB_STATUS_ERROR, 0}, kNext});
    rig.send();
    Sent& waits = rig.send();
    EXPECT_FALSE(waits.done);
    ntos::io::user::send(pdo(), IRP_MJ_PNP, IRP_MN_REMOVE_DEVICE, [](IRP*, IO_STACK_LOCATION*) {});
    EXPECT_EQ(waits.srb_status(), SRB_STATUS_NO_DEVICE);
    EXPECT_EQ(rig.send().srb_status(), SRB_STATUS_NO_DEVICE);
  });
}

}  // namespace
}  // namespace drydock::tests::scsiport
