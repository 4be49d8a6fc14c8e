// WdfDeviceSetFailed (docs/contracts/wdf.md, section 18).

#include <algorithm>

#include "contract/wdf/wdf_rig.h"
#include "ntos/cm/registry.h"
#include "ntos/io/user.h"

namespace drydock::test::wdf {
namespace {

namespace user = ntos::io::user;

struct Rig : WdfRig {
  explicit Rig(PuppetCall call, PU32 action, const char* driver = "wdf_puppet") : WdfRig({}, driver) {
    orders(0).SetFailedIn = 1 + call;
    orders(0).SetFailedAction = action;
  }
  void fail(Manager& manager) {
    manager.query_and_cancel_stop(manager.find_id(kWdfId)->id);
    manager.wait_until_settled();
  }
};
constexpr PU32 kAttemptRestart = 1, kNoRestart = 2;

TEST(SetFailed, WDF_364_OnlyTwoActionsExist) {
  for (PU32 action : {0u, 3u}) {
    Rig rig(PuppetQueryStop, action);
    rig.expect({"WDF-364"});
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      rig.fail(manager);
      EXPECT_EQ(rig.count(PuppetSurpriseRemoval), 0u);
      EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
    });
  }
}

TEST(SetFailed, WDF_368_WhereNobodyCanBringItBackTheStateAloneIsInvalidated) {
  WdfRig rig;  // a static child
  rig.orders(1).StaticChildren = rig.orders(1).ChildrenRaw = 1;
  rig.orders(2).SetFailedIn = 1 + PuppetQueryStop;
  rig.orders(2).SetFailedAction = kAttemptRestart;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    Devnode& child = *manager.find(rig.node(manager).id)->children.at(0);
    manager.query_and_cancel_stop(child.id);
    manager.wait_until_settled();
    EXPECT_EQ(rig.count(PuppetSurpriseRemoval), 1u);
    EXPECT_EQ(rig.puppet().Devices, 2u);  // nobody was made anew
    EXPECT_EQ(child.problem, Problem::FailedPostStart);
  });
}

TEST(SetFailed, RST_095_WDF_369_WDF_363_AbovePassiveLevelTheBusIsAskedFromAWorkItem) {
  Rig rig(PuppetDpc, kAttemptRestart);
  rig.orders(0).Interrupts = 1;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.model->interrupt(0);
    rig.sleep(1ms);
    manager.wait_until_settled();
    EXPECT_EQ(rig.irql_of(PuppetDpc), 2u);
    EXPECT_EQ(rig.count(PuppetSurpriseRemoval), 1u);
    EXPECT_EQ(rig.count(PuppetDeviceAdd), 2u);
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
  });
}

TEST(SetFailed, WDF_372_WDF_401_RST_155_OnlyDriversOf123AndLaterAreCountedByTheCall) {
  Rig rig(PuppetQueryStop, kAttemptRestart, "wdf_puppet_1_15");
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    for (unsigned restarts = 1; restarts <= 7; ++restarts) {
      rig.fail(manager);
      EXPECT_EQ(rig.count(PuppetDeviceAdd), 1 + restarts);
      EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
      // Asked for once more when the failed device had been torn down, and that is counted.
      auto* key = ntos::cm::registry().device_hardware_key(rig.node(manager).instance_path).open(u"WDF\\Restart");
      ASSERT_NE(key, nullptr);
      EXPECT_EQ(key->dword(u"Count"), std::min(restarts, 5u));
    }
  });
}

TEST(SetFailed, WDF_375_TheCallItselfStopsNothing) {
  Rig rig(PuppetQueryStop, kNoRestart);
  rig.orders(0).Queue = 1;
  rig.orders(0).CompletesReads = 1;
  rig.orders(0).WaitsIn = 1 + PuppetQueryStop;  // the PnP manager waits for the answer: no SURPRISE_REMOVAL yet
  rig.orders(0).WaitMilliseconds = 20;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    user::File file = user::open(rig.device(manager));
    rig.log();
    rig.beside([&] { manager.query_and_cancel_stop(rig.node(manager).id); },
               [&] {
                 rig.sleep(10ms);
                 EXPECT_EQ(rig.log(), "QueryStop");
                 EXPECT_EQ(file.start_read(4)->wait().status, STATUS_SUCCESS);
                 EXPECT_EQ(rig.log(), "IoRead");
               });
    manager.wait_until_settled();
    EXPECT_EQ(rig.log().find("SurpriseRemoval; SmSuspend; "), 0u);
  });
}

}  // namespace
}  // namespace drydock::test::wdf
