// Sections 3, 4 and 6: a miniport as provider of WMI data, the pseudo unit of an adapter, and one that caches data.

#include <gtest/gtest.h>

#include <cstring>

#include "contract/scsiport/puppet_rig.h"
#include "nt/storage.h"
#include "nt/wmi.h"
#include "ntos/cm/registry.h"
#include "ntos/io/wmi.h"
#include "ntos/pnp/devnode.h"
#include "ntos/pnp/manager.h"
#include "port/scsiport/kernel.h"

namespace drydock::tests::scsiport {
namespace {

constexpr ULONG kTag = 0x74736554;

namespace user = ntos::io::user;

class Wmi : public testing::Test {
 protected:
  PuppetRig rig{1, {}, "scsi_wmi"};
  std::byte buffer[64] = {};

  ULONG& variable(const char* name) { return rig.variable<ULONG>(name); }
  const SCSI_WMI_REQUEST_BLOCK& last() { return rig.variable<SCSI_WMI_REQUEST_BLOCK>("Last"); }

  user::IoResult ask(DEVICE_OBJECT* device, UCHAR minor, ULONG length = 64) {
    void* block = port::scsiport::ExAllocatePoolWithTag(NonPagedPool, sizeof(buffer), kTag);
    std::memcpy(block, buffer, sizeof(buffer));
    const auto result = user::send(device, IRP_MJ_SYSTEM_CONTROL, minor, [&](IRP* irp, IO_STACK_LOCATION* stack) {
      irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
      stack->Parameters.WMI.ProviderId = reinterpret_cast<ULONG_PTR>(device);
      stack->Parameters.WMI.DataPath = reinterpret_cast<PVOID>(0xDA7A);
      stack->Parameters.WMI.BufferSize = length;
      stack->Parameters.WMI.Buffer = block;
    });
    std::memcpy(buffer, block, sizeof(buffer));
    port::scsiport::ExFreePoolWithTag(block, kTag);
    return result;
  }
  /// The device is the PnP manager's; `argument` is what HwScsiFindAdapter gets.
  void run(const std::function<void()>& body, const std::function<void()>& configure = {}) {
    outcome_ = rig.run_plugged(
        [&] {
          rig.advance(50ms);  // the kernel has asked every provider for its registration
          body();
        },
        configure);
  }
  void expect_clean() {
    EXPECT_EQ(outcome_, machine::OutcomeKind::Completed);
    EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
  }
  machine::OutcomeKind outcome_{};
};

TEST_F(Wmi, SP_092_AQueryBecomesAWmiSrb) {
  run([&] {
    const auto answer = ask(rig.fdo(), IRP_MN_QUERY_ALL_DATA);
    EXPECT_EQ(answer.status, STATUS_SUCCESS);
    EXPECT_EQ(answer.information, 8u);
    EXPECT_EQ(buffer[0], std::byte{0xA0});
    EXPECT_EQ(last().Length, 88);
    EXPECT_EQ(last().Function, SRB_FUNCTION_WMI);
    EXPECT_EQ(last().WMISubFunction, IRP_MN_QUERY_ALL_DATA);
    EXPECT_EQ(last().WMIFlags, SRB_WMI_FLAGS_ADAPTER_REQUEST);
    EXPECT_EQ(last().DataPath, reinterpret_cast<PVOID>(0xDA7A));
    EXPECT_EQ(last().DataTransferLength, 64u);
    EXPECT_TRUE(last().SrbFlags & SRB_FLAGS_DATA_IN);
    // For a unit, its address and no flag.
    EXPECT_EQ(ask(rig.unit().pdo, IRP_MN_QUERY_SINGLE_INSTANCE).status, STATUS_SUCCESS);
    EXPECT_EQ(last().WMISubFunction, IRP_MN_QUERY_SINGLE_INSTANCE);
    EXPECT_EQ(last().WMIFlags, 0);
    EXPECT_EQ(last().TargetId, 0);
  });
  expect_clean();
}

TEST_F(Wmi, SP_092_DataGoesBothWays) {
  run([&] {
    std::memset(buffer, 0x3C, sizeof(buffer));
    EXPECT_EQ(ask(rig.fdo(), IRP_MN_CHANGE_SINGLE_INSTANCE).status, STATUS_SUCCESS);
    EXPECT_TRUE(last().SrbFlags & SRB_FLAGS_DATA_OUT);
    EXPECT_EQ(rig.variable<UCHAR>("LastData"), 0x3C);
  });
  expect_clean();
}

TEST_F(Wmi, SP_092_ItMayPendWithItsContextInTheExtension) {
  run([&] {
    variable("Pends") = TRUE;
    EXPECT_EQ(ask(rig.fdo(), IRP_MN_QUERY_ALL_DATA).status, STATUS_SUCCESS);
    EXPECT_TRUE(variable("PendedOk"));
  });
  expect_clean();
}

TEST_F(Wmi, SP_092_TheStatusIsTheLibrarys) {
  run([&] {
    variable("AnswerStatus") = SRB_STATUS_DATA_OVERRUN;
    variable("AnswerLength") = 4;
    EXPECT_EQ(ask(rig.fdo(), IRP_MN_REGINFO).status, STATUS_BUFFER_TOO_SMALL);
    const auto too_small = ask(rig.fdo(), IRP_MN_QUERY_ALL_DATA);
    EXPECT_EQ(too_small.status, STATUS_SUCCESS);  // a WNODE_TOO_SMALL
    EXPECT_EQ(too_small.information, 4u);
    variable("AnswerStatus") = SRB_STATUS_ERROR;
    const auto failed = ask(rig.fdo(), IRP_MN_QUERY_ALL_DATA);
    EXPECT_EQ(failed.status, STATUS_IO_DEVICE_ERROR);
    EXPECT_EQ(failed.information, 0u);
    EXPECT_FALSE(rig.unit().frozen);
  });
  expect_clean();
}

TEST_F(Wmi, SP_057_SP_092_WithoutAProviderNothingReachesTheMiniport) {
  run(
      [&] {
        EXPECT_FALSE(ask(rig.fdo(), IRP_MN_QUERY_ALL_DATA).ok());  // whatever the bus below says
        EXPECT_EQ(ask(rig.unit().pdo, IRP_MN_QUERY_ALL_DATA).status, STATUS_NOT_SUPPORTED);
        EXPECT_EQ(variable("Requests"), 0u);
      },
      [&] { variable("Provides") = FALSE; });
  expect_clean();
}

TEST_F(Wmi, SP_144_RegistrationAndReregistrationAskForTheData) {
  run([&] {
    // Adapter and disk were asked when they registered.
    EXPECT_EQ(variable("Requests"), 2u);
    EXPECT_EQ(last().WMISubFunction, IRP_MN_REGINFO);
    variable("Reregister") = TRUE;
    rig.advance(200ms);
    EXPECT_EQ(variable("Requests"), 3u);
    EXPECT_EQ(last().WMISubFunction, IRP_MN_REGINFO);
    EXPECT_EQ(last().WMIFlags, SRB_WMI_FLAGS_ADAPTER_REQUEST);
    EXPECT_EQ(last().DataPath, reinterpret_cast<PVOID>(1));  // WMIUPDATE
    variable("EventUnit") = 0x000000;
    variable("Reregister") = TRUE;
    rig.advance(200ms);
    EXPECT_EQ(variable("Requests"), 4u);
    EXPECT_EQ(last().WMIFlags, 0);
  });
  expect_clean();
}

TEST_F(Wmi, SP_143_AnEventIsPassedOnAsLargeAsItsHeaderSays) {
  run([&] {
    variable("EventBytes") = sizeof(WNODE_HEADER) + 100;
    variable("Events") = 1;
    rig.advance(200ms);
    ASSERT_EQ(ntos::io::wmi_events().size(), 1u);
    const auto& event = ntos::io::wmi_events().front();
    EXPECT_EQ(event.size(), sizeof(WNODE_HEADER) + 100);
    WNODE_HEADER header;
    std::memcpy(static_cast<void*>(&header), event.data(), sizeof(header));
    EXPECT_EQ(header.ProviderId, ntos::io::IoWMIDeviceObjectToProviderId(rig.fdo()));
    variable("EventUnit") = 0x000000;
    variable("Events") = 1;
    rig.advance(200ms);
    ASSERT_EQ(ntos::io::wmi_events().size(), 2u);
    std::memcpy(static_cast<void*>(&header), ntos::io::wmi_events().back().data(), sizeof(header));
    EXPECT_EQ(header.ProviderId, ntos::io::IoWMIDeviceObjectToProviderId(rig.unit().pdo));
  });
  expect_clean();
}

TEST_F(Wmi, SP_143_OfTooManyAtOnceTheLastAreDropped) {
  run([&] {
    variable("Events") = 10;
    rig.advance(200ms);
    EXPECT_EQ(ntos::io::wmi_events().size(), 8u);
    variable("Events") = 1;  // there is room again
    rig.advance(200ms);
    EXPECT_EQ(ntos::io::wmi_events().size(), 9u);
  });
  ASSERT_EQ(rig.findings().size(), 2u) << rig.what_happened();
  EXPECT_EQ(rig.findings()[0].rule, "SP-143");
}

TEST_F(Wmi, SP_143_AnEventOfAnImpossibleSizeIsReported) {
  run([&] {
    variable("EventBytes") = 8;
    variable("Events") = 1;
    rig.advance(200ms);
    EXPECT_TRUE(ntos::io::wmi_events().empty());
  });
  EXPECT_TRUE(rig.found("SP-369")) << rig.what_happened();
}

// ---- the adapter's pseudo unit ----

class InitiatorUnit : public Wmi {
 protected:
  void run_without_disks(ULONG create, const std::function<void()>& body) {
    run(body, [=] {
      ntos::cm::Key& device = ntos::cm::registry().service_parameters(u"scsi_wmi").create(u"Device");
      device.set_string(u"DriverParameter", u"none");
      device.set_dword(u"CreateInitiatorLU", create);
    });
  }
  NTSTATUS miniport_ioctl() {
    SRB_IO_CONTROL control{};
    control.HeaderLength = sizeof(control);
    control.Timeout = 5;
    std::byte out[sizeof(control)];
    return rig.ioctl(rig.fdo(), IOCTL_SCSI_MINIPORT, std::as_bytes(std::span(&control, 1)), out);
  }
};

TEST_F(InitiatorUnit, SP_051_RequestsForTheAdapterNeedNoDevice) {
  run_without_disks(1, [&] {
    EXPECT_EQ(ask(rig.fdo(), IRP_MN_QUERY_ALL_DATA).status, STATUS_SUCCESS);
    EXPECT_EQ(miniport_ioctl(), STATUS_SUCCESS);
    // It is nobody's device.
    ntos::pnp::Devnode* node = ntos::pnp::manager().find_pdo(rig.adapter().pdo);
    EXPECT_TRUE(node->children.empty());
    EXPECT_EQ(rig.ioctl(rig.fdo(), IOCTL_SCSI_RESCAN_BUS), STATUS_SUCCESS);
    ntos::pnp::manager().wait_until_settled();
    EXPECT_EQ(miniport_ioctl(), STATUS_SUCCESS);
    EXPECT_TRUE(ntos::pnp::manager().remove(node->id).ok());
  });
  expect_clean();
}

TEST_F(InitiatorUnit, SP_051_WithoutTheValueThereIsNone) {
  run_without_disks(0, [&] {
    EXPECT_FALSE(NT_SUCCESS(ask(rig.fdo(), IRP_MN_QUERY_ALL_DATA).status));
    EXPECT_EQ(miniport_ioctl(), STATUS_DEVICE_DOES_NOT_EXIST);
    EXPECT_TRUE(rig.adapter().units.empty());
  });
  expect_clean();
}

// ---- FLUSH and SHUTDOWN ----

class Caching : public testing::Test {
 protected:
  PuppetRig rig{1, {}, "scsi_cache"};
  ULONG& variable(const char* name) { return rig.variable<ULONG>(name); }
  ULONG medium(unsigned block) { return (&rig.variable<ULONG>("Medium"))[block]; }
  Sent& write(UCHAR block, ULONG word) {
    return rig.send({.flags = SRB_FLAGS_DATA_OUT, .operation = 0x2A, .block = block, .word = word});
  }
  Sent& send(UCHAR function) { return rig.send({.function = function, .flags = 0, .length = 0, .timeout_s = 10}); }
};

TEST_F(Caching, SP_063_AFlushIsOwnedUntilTheMediumHasItAll) {
  rig.run_plugged([&] {
    EXPECT_TRUE(write(1, 111).done);
    EXPECT_TRUE(write(2, 222).done);
    EXPECT_EQ(medium(1), 0u);
    Sent& flush = send(SRB_FUNCTION_FLUSH);
    EXPECT_FALSE(flush.done);
    rig.advance(1s);
    EXPECT_EQ(flush.srb_status(), SRB_STATUS_SUCCESS);
    EXPECT_EQ(medium(1), 111u);
    EXPECT_EQ(medium(2), 222u);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST_F(Caching, SP_063_SeveralShutdownsMayComeTheLastAfterEverythingElse) {
  rig.run_plugged([&] {
    for (ULONG word : {1u, 2u}) {
      write(0, word);
      Sent& shutdown = send(SRB_FUNCTION_SHUTDOWN);
      rig.advance(1s);
      EXPECT_EQ(shutdown.srb_status(), SRB_STATUS_SUCCESS);
      EXPECT_EQ(medium(0), word);
    }
    EXPECT_EQ(variable("Shutdowns"), 2u);
    // A stop: what is still kept back is asked for before ScsiStopAdapter.
    write(3, 333);
    EXPECT_TRUE(ntos::pnp::manager().rebalance(ntos::pnp::manager().find_pdo(rig.adapter().pdo)->id).ok());
    EXPECT_EQ(variable("Flushes"), 1u);
    EXPECT_EQ(medium(3), 333u);
    EXPECT_EQ(variable("Stops"), 1u);
    EXPECT_EQ(variable("LostBeforeStop"), 0u);
  });
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

}  // namespace
}  // namespace drydock::tests::scsiport
