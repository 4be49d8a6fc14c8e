// What the documents leave open, as decided (docs/contracts/wdf.md, section 23).

#include <algorithm>

#include "contract/wdf/wdf_rig.h"
#include "ntos/io/user.h"
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
