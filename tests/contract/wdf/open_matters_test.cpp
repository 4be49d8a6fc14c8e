// What the documents leave open, as decided (docs/contracts/wdf.md, section 23).

#include <algorithm>

#include "../../guest/wdf_objects.h"
#include "../../guest/wdf_queues.h"
#include "contract/wdf/wdf_rig.h"
#include "ntos/io/user.h"
#include "ntos/pnp/device_interface.h"
#include "ntos/po/system_power.h"

namespace drydock::test::wdf {
namespace {

namespace user = ntos::io::user;

TEST(WdfOpen, WDF_481_WhoComesAfterTheRemoveLockWasDrainedComesTooLate) {
  WdfRig rig;
  rig.orders(1).WaitsIn = 1 + PuppetObjCleanup;
  rig.orders(1).WaitMilliseconds = 20;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    DEVICE_OBJECT* device = rig.device(manager);
    rig.beside([&] { EXPECT_TRUE(manager.remove(rig.node(manager).id).ok()); },
               [&] {
                 rig.sleep(10ms);
                 EXPECT_EQ(rig.count(PuppetObjCleanup), 1u);
                 for (UCHAR minor : {UCHAR{IRP_MN_QUERY_PNP_DEVICE_STATE}, UCHAR{IRP_MN_QUERY_REMOVE_DEVICE}}) {
                   const auto answer = user::send(device, IRP_MJ_PNP, minor, [](IRP* irp, IO_STACK_LOCATION*) {
                     irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
                   });
                   EXPECT_EQ(answer.status, STATUS_DELETE_PENDING);
                 }
               });
  });
}

TEST(WdfOpen, WDF_484_WDF_447_AnOldListStillTellsOfTheOldAssignment) {
  WdfRig rig({}, "wdf_objects");
  rig.orders(1).Variant = kObjStaleList;
  rig.expect({"WDF-447"});  // a mistake all the same
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    rig.checked(1);
  });
}

TEST(WdfOpen, WDF_486_ACreateAfterReleaseHardwareIsDeliveredLikeAnyOther) {
  WdfRig rig({}, "wdf_queues");
  rig.orders(1).Variant = kQueueSlowRelease;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    constexpr GUID kInterface = {0x7A1F0A32, 0x5C1B, 0x4B55, {0x9E, 0x1D, 0x21, 0x0C, 0x51, 0x83, 0x0A, 0x03}};
    const auto interfaces = manager.interfaces().of_class(kInterface, nullptr, false);
    ASSERT_EQ(interfaces.size(), 1u);
    const std::u16string link = interfaces.front()->link;
    rig.unplug();
    rig.sleep(10ms);
    // It has returned; the interrupt that goes after it takes its time, and the interface is still on.
    EXPECT_EQ(rig.log(), "D0Exit(D3Final); ReleaseHardware; Note(3)");
    NTSTATUS status;
    user::File file = user::open(link, &status);
    EXPECT_EQ(status, STATUS_SUCCESS);
    EXPECT_EQ(rig.log(), "FileCreate; Note(9)");  // and the request was cleaned up
    manager.wait_until_settled();
    user::open(link, &status);
    EXPECT_FALSE(NT_SUCCESS(status));
    EXPECT_EQ(rig.log(), "");
    file.close();
    manager.wait_until_settled();
  });
}

TEST(WdfOpen, WDF_482_ACallbackThatDoesNotReturnIsNamed) {
  for (PuppetCall call : {PuppetReleaseHardware, PuppetD0Exit}) {
    for (PU32 seconds : {59u, 61u}) {
      WdfRig rig;
      rig.orders(1).WaitsIn = 1 + call;
      rig.orders(1).WaitMilliseconds = seconds * 1000;
      if (seconds > 60) rig.expect({"WDF-482"});
      rig.run([&](Manager& manager) {
        manager.enumerate_root();
        EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
      });
      const auto& findings = rig.machine().findings();
      const auto said = std::ranges::find(findings, "WDF-482", &machine::Finding::rule);
      if (said == findings.end()) continue;
      EXPECT_NE(said->summary.find(call == PuppetD0Exit ? "EvtDeviceD0Exit" : "EvtDeviceReleaseHardware"),
                std::string::npos);
    }
  }
}

}  // namespace
}  // namespace drydock::test::wdf
