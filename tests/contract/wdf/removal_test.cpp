// Orderly removal (docs/contracts/wdf.md, section 7).

#include <algorithm>

#include "contract/wdf/host_filter.h"
#include "contract/wdf/lifecycle.h"
#include "machine/refusal.h"
#include "ntos/io/device.h"
#include "wdf/deferred.h"

namespace drydock::test::wdf {
namespace {

struct BusLife : Life {
  BusLife() {
    orders(1).Interrupts = orders(1).MapsBar = 0;
    orders(1).Children = orders(1).ChildrenRaw = 1;
    orders(2) = {};
  }
  Devnode& child(Manager& manager) { return *manager.find_id(kWdfId)->children.at(0); }
};

TEST(WdfRemoval, WDF_128_WDF_138_S38_NeverStartedThenRemoved) {
  Life rig;
  rig.orders(1).Queue = 2;
  machine::Refusal* refusal = nullptr;
  rig.run([&](Manager& manager) {
    refusal = new machine::Refusal(1, "pnp.resources");
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_TRUE(refusal->made());
    delete refusal;
    const std::string log = rig.log();
    EXPECT_EQ(rig.requests().find("START"), std::string::npos);
    EXPECT_EQ(log.rfind("DriverEntry; DeviceAdd", 0), 0u) << log;
    DEVICE_OBJECT* device = ntos::io::IoGetAttachedDevice(manager.find_id(kWdfId)->pdo);
    if (rig.count(PuppetObjCleanup) == 0) {
      EXPECT_EQ(send_pnp(device, IRP_MN_QUERY_REMOVE_DEVICE), STATUS_SUCCESS);
      EXPECT_EQ(send_pnp(device, IRP_MN_CANCEL_REMOVE_DEVICE), STATUS_SUCCESS);
      EXPECT_EQ(rig.log(), "");
      EXPECT_EQ(send_pnp(device, IRP_MN_REMOVE_DEVICE), STATUS_SUCCESS);
      EXPECT_EQ(rig.log(), kObjects);
    } else {
      EXPECT_EQ(log, joined({kAdded, kObjects, kUnloaded}));
    }
  });
}

TEST(WdfRemoval, WDF_128_WDF_138_S38_QueryAndRemoveOfAPdoThatNeverStarted) {
  Life rig;
  rig.orders(1).Interrupts = rig.orders(1).MapsBar = 0;
  rig.orders(1).Children = 1;  // nobody serves it, and it is not raw
  rig.orders(2) = {};
  rig.run([&](Manager& manager) {
    rig.start(manager);
    DEVICE_OBJECT* pdo = manager.find_id(kWdfId)->children.at(0)->pdo;
    EXPECT_EQ(send_pnp(pdo, IRP_MN_QUERY_REMOVE_DEVICE), STATUS_SUCCESS);
    EXPECT_EQ(send_pnp(pdo, IRP_MN_CANCEL_REMOVE_DEVICE), STATUS_SUCCESS);
    EXPECT_EQ(rig.log(), "");
    EXPECT_TRUE(manager.remove(manager.find_id(kWdfId)->id).ok());
    EXPECT_EQ(rig.log(2), "2:ObjCleanup; 2:ObjDestroy");  // no DOWN, no ReleaseHardware, no SmFlush, no SmCleanup
  });
}

TEST(WdfRemoval, WDF_129_CancelRemoveCallsNobody) {
  Life rig;
  rig.orders(1).IdleMilliseconds = 10;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    manager.query_and_cancel_remove(rig.node(manager).id);
    EXPECT_EQ(rig.log(), "QueryRemove");
    EXPECT_EQ(rig.requests(), "QUERY_REMOVE CANCEL_REMOVE");
    rig.sleep(100ms);
    EXPECT_EQ(rig.log(), kDownD3);  // it may idle again
  });
}

TEST(WdfRemoval, WDF_130_S12_RemovalWithoutAQuery) {
  Life rig;
  HostFilter above(rig, "above");
  above.refuse[IRP_MN_START_DEVICE] = kFailed;  // after the puppet has started
  rig.add_filters({}, {u"above"});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(1), joined({"DeviceAdd", started(), kDownFinal, "ReleaseHardware; SmFlush; SmCleanup", kObjects}));
    EXPECT_EQ(rig.requests(), "START=C0000001 REMOVE");
  });
}

TEST(WdfRemoval, WDF_137_AnOpenHandleTurnsTheRemovalDown) {
  Life rig;
  rig.orders(1).Queue = 1;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    {
      auto file = user::open(rig.device(manager));
      ASSERT_TRUE(file);
      EXPECT_FALSE(manager.remove(rig.node(manager).id).ok());
      EXPECT_EQ(rig.log(), "QueryRemove");
      EXPECT_EQ(rig.requests(), "QUERY_REMOVE CANCEL_REMOVE");
    }
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
  });
}

TEST(WdfRemoval, WDF_139_ObjCleanupIsTheLastCallbackOverTheLowerDrivers) {
  Life rig;
  HostFilter below(rig, "below");
  rig.add_filters({u"below"}, {});
  rig.does(0, PuppetObjCleanup, PuppetAttached);
  bool removed_below = true, destroyed_before = false;
  const auto below_saw_remove = [&] {
    return std::find(below.diary.begin(), below.diary.end(), "REMOVE") != below.diary.end();
  };
  rig.on(PuppetObjCleanup, [&] { removed_below = below_saw_remove(); });
  rig.on(PuppetObjDestroy, [&] { destroyed_before = !below_saw_remove(); });
  rig.run([&](Manager& manager) {
    rig.start(manager);
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    EXPECT_EQ(rig.result(0), 1u);
    EXPECT_FALSE(removed_below);
    EXPECT_FALSE(destroyed_before);
  });
}

TEST(WdfRemoval, WDF_143_ADisabledPdoThatIsReportedNoMore) {
  BusLife rig;
  rig.orders(2).Queue = 2;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    EXPECT_TRUE(manager.disable(rig.child(manager).id).ok());
    rig.log();
    rig.orders(1).Children = 0;
    rig.sleep_and_wake(manager);  // scans
    manager.wait_until_settled();
    EXPECT_EQ(rig.count(PuppetSmCleanup), 1u);
    EXPECT_EQ(rig.count(PuppetObjDestroy), 1u);
    EXPECT_TRUE(manager.find_id(kWdfId)->children.empty());
  });
  BusLife parent;  // or whose parent goes
  parent.run([&](Manager& manager) {
    parent.start(manager);
    EXPECT_TRUE(manager.disable(parent.child(manager).id).ok());
    parent.log();
    EXPECT_TRUE(manager.remove(manager.find_id(kWdfId)->id).ok());
    const std::string log = parent.log();
    EXPECT_NE(log.find("SmFlush; 2:SmCleanup; 2:ObjCleanup; 2:ObjDestroy; SmCleanup"), std::string::npos) << log;
  });
}

TEST(WdfRemoval, WDF_144_HardwareMayBeTouchedUpToD0Exit) {
  // Registers answer in every callback from PrepareHardware to D0Exit, configuration space to ReleaseHardware.
  for (PuppetCall call : {PuppetPrepareHardware, PuppetD0Entry, PuppetPostInt, PuppetSmInit, PuppetSmSuspend,
                          PuppetPreInt, PuppetD0Exit, PuppetIntEnable, PuppetIntDisable}) {
    Life rig;
    rig.orders(1).IdleMilliseconds = 0;
    rig.does(0, call, PuppetReadRegister);
    rig.does(1, PuppetReleaseHardware, PuppetReadConfig);
    rig.run([&](Manager& manager) {
      rig.start(manager);
      EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
      EXPECT_EQ(rig.result(0), 0x010000EDu) << call;
      EXPECT_EQ(rig.result(1), 0x57DF1234u);
    });
  }
}

TEST(WdfRemoval, WDF_145_APurgeWaitsForADeliveredRequest) {
  // In surprise removal, where a handle may be open; the driver finishes what it has from a work item of its own.
  Life rig;
  rig.orders(1).Queue = 1;
  rig.orders(1).MapsBar = 0;
  rig.orders(1).StopUnanswered = 1;
  rig.does(0, PuppetIoStop, PuppetFinishLater, 20);
  rig.run([&](Manager& manager) {
    rig.start(manager);
    auto file = user::open(rig.device(manager));
    auto read = file.start_read(4);
    rig.log();
    const auto before = machine::Machine::current().now();
    rig.unplug();
    manager.wait_until_settled();
    EXPECT_GE(machine::Machine::current().now() - before, 20ms);
    EXPECT_EQ(rig.log(), joined({"SurpriseRemoval; SmSuspend; IoStop(1); PreInt(D3Final); IntDisable(2); "
                                 "IntDisable(1); D0Exit(D3Final); ReleaseHardware; SmFlush"}));
    EXPECT_EQ(read->wait().status, STATUS_NO_SUCH_DEVICE);
  });
}

TEST(WdfRemoval, WDF_145_ARequestAcknowledgedInThePurgeHoldsTheRemovalBeforeObjCleanup) {
  Life rig;
  rig.orders(1).Queue = 1;
  rig.orders(1).AcknowledgesPurge = 1;
  rig.does(0, PuppetSmCleanup, PuppetFinishLater, 20);  // the last callback before the wait
  rig.run([&](Manager& manager) {
    rig.start(manager);
    // Without a file, so that nothing but the request is in the way.
    NTSTATUS ended = STATUS_PENDING;
    DEVICE_OBJECT* device = rig.device(manager);
    drydock::wdf::at_passive_level([device, &ended] {
      ended = user::send(device, IRP_MJ_READ, 0, [](IRP*, IO_STACK_LOCATION* location) {
                location->Parameters.Read.Length = 4;
              }).status;
    });
    rig.sleep(1ms);
    EXPECT_EQ(rig.log(), "IoRead");
    NTSTATUS at_cleanup = STATUS_PENDING;
    rig.on(PuppetObjCleanup, [&] { at_cleanup = ended; });
    const auto before = machine::Machine::current().now();
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    EXPECT_GE(machine::Machine::current().now() - before, 20ms);
    EXPECT_EQ(rig.log(), joined({"QueryRemove; SmSuspend; IoStop(1); PreInt(D3Final); IntDisable(2); IntDisable(1); "
                                 "D0Exit(D3Final); ReleaseHardware; IoStop(2); SmFlush; SmCleanup",
                                 kObjects, kUnloaded}));
    EXPECT_EQ(at_cleanup, STATUS_NO_SUCH_DEVICE);
  });
}

TEST(WdfRemoval, WDF_146_ANewArrivalIsANewDeviceAdd) {
  Life rig;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    const auto id = rig.node(manager).id;
    EXPECT_TRUE(manager.remove(id).ok());
    rig.log();
    manager.start(id);
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(), joined({"DriverEntry; 2:DeviceAdd", "2:RemoveAdded; 2:PrepareHardware; 2:D0Entry(D3Final); "
                                                             "2:PostInt(D3Final); 2:SmInit"}));
  });
}

TEST(WdfRemoval, WDF_135_WDF_211_S30_FailuresInRemoveAreIgnored) {
  for (PuppetCall call : {PuppetSmSuspend, PuppetPreInt, PuppetIntDisable, PuppetD0Exit, PuppetReleaseHardware}) {
    Life rig;
    rig.orders(1).Status[call] = kFailed;
    rig.run([&](Manager& manager) {
      rig.start(manager);
      EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
      EXPECT_EQ(rig.log(), joined({"QueryRemove", kDownFinal, "ReleaseHardware; SmFlush; SmCleanup", kObjects,
                                   kUnloaded}));
      EXPECT_EQ(rig.requests(), "QUERY_REMOVE REMOVE");
    });
  }
}

}  // namespace
}  // namespace drydock::test::wdf
