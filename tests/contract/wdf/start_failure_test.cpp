// Failures on the way up, and what they leave (docs/contracts/wdf.md, section 9).

#include "contract/wdf/host_filter.h"
#include "contract/wdf/lifecycle.h"
#include "machine/refusal.h"

namespace drydock::test::wdf {
namespace {

constexpr const char* kNotSupported = "STATUS_NOT_SUPPORTED";

TEST(WdfStartFailure, WDF_175_WDF_184_AFailedDeviceWaitsForRemove) {
  Life rig;
  rig.orders(1).Status[PuppetPrepareHardware] = 0xC0000120;
  rig.orders(1).Queue = 1;
  NTSTATUS again = 0;
  std::string at_start;
  rig.run([&](Manager& manager) {
    // The failed device, before the PnP manager has come to removing it.
    rig.on(PuppetReleaseHardware, [&] { at_start = rig.requests(); });
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_EQ(at_start, "");  // ReleaseHardware comes before START's end
    EXPECT_EQ(rig.log(1), joined({"DeviceAdd; RemoveAdded; PrepareHardware; ReleaseHardware", kObjects}));
    EXPECT_EQ(rig.count(PuppetDeviceAdd), 2u);  // a new instance was asked for
  });
  Life failed;  // a second START
  failed.orders(1).Status[PuppetReleaseHardware] = kFailed;
  failed.run([&](Manager& manager) {
    failed.start(manager);
    DEVICE_OBJECT* device = failed.device(manager);
    manager.run_on_worker([&] {
      send_pnp(device, IRP_MN_QUERY_STOP_DEVICE);
      send_pnp(device, IRP_MN_STOP_DEVICE);
      failed.log();
      again = send_pnp(device, IRP_MN_START_DEVICE);
      EXPECT_EQ(failed.log(), "");
    });
    EXPECT_EQ(again, STATUS_INVALID_DEVICE_STATE);
    manager.wait_until_settled();
  });
}

TEST(WdfStartFailure, WDF_178_WDF_179_AFailureBeforeTheDriversOwnCallback) {
  Life first;
  first.run([&](Manager& manager) {
    machine::Refusal refusal(1, "wdf.match");
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_TRUE(refusal.made());
    EXPECT_EQ(first.log(), joined({kAdded, "RemoveAdded", kObjects, kUnloaded}));
    EXPECT_EQ(first.requests(), "START=C000009A REMOVE");  // nobody asks for a new instance
  });
  Life pdo;  // one that had been removed
  pdo.orders(1).Interrupts = pdo.orders(1).MapsBar = 0;
  pdo.orders(1).Children = pdo.orders(1).ChildrenRaw = 1;
  pdo.orders(2) = {};
  pdo.run([&](Manager& manager) {
    pdo.start(manager);
    const auto child = manager.find_id(kWdfId)->children.at(0)->id;
    EXPECT_TRUE(manager.disable(child).ok());
    pdo.log();
    pdo.requests();
    machine::Refusal refusal(1, "wdf.match");
    manager.enable(child);
    manager.wait_until_settled();
    EXPECT_EQ(pdo.requests(), "START=C000009A REMOVE");
    EXPECT_EQ(pdo.count(PuppetReleaseHardware), 1u);
    EXPECT_EQ(pdo.count(PuppetCreateChild), 1u);
  });
  Life restart;
  restart.run([&](Manager& manager) {
    restart.start(manager);
    machine::Refusal refusal(1, "wdf.match");
    EXPECT_FALSE(manager.rebalance(restart.node(manager).id).ok());
    manager.wait_until_settled();
    EXPECT_EQ(restart.log(1), joined({"QueryStop", kDownFinal, "ReleaseHardware; RemoveAdded; SmFlush; "
                                                               "SurpriseRemoval; SmCleanup",
                                      kObjects}));
    EXPECT_EQ(restart.requests().rfind("QUERY_STOP STOP START=C000009A SURPRISE_REMOVAL REMOVE", 0), 0u);
    EXPECT_EQ(restart.count(PuppetDeviceAdd), 2u);
  });
}

TEST(WdfStartFailure, WDF_182_WDF_224_NotSupportedIsNoAnswer) {
  for (PuppetCall call : {PuppetPrepareHardware, PuppetQueryStop, PuppetQueryRemove}) {
    Life rig;
    rig.orders(1).Status[call] = 0xC00000BB;
    rig.expect({"WDF-456"});
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      manager.wait_until_settled();
      if (call == PuppetPrepareHardware) {
        EXPECT_EQ(rig.requests().rfind("START=C00000BB REMOVE", 0), 0u);  // plain failure
        return;
      }
      rig.requests();
      if (call == PuppetQueryStop)
        manager.query_and_cancel_stop(rig.node(manager).id);
      else
        manager.remove(rig.node(manager).id);
      EXPECT_NE(rig.requests().find("=C00000BB"), std::string::npos) << kNotSupported;
      EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
    });
  }
  Life eject;
  eject.orders(1).Interrupts = eject.orders(1).MapsBar = 0;
  eject.orders(1).Children = eject.orders(1).ChildrenRaw = 1;
  eject.orders(2) = {};
  eject.orders(2).Ejectable = 1;
  eject.orders(2).Status[PuppetEject] = 0xC00000BB;
  eject.expect({"WDF-456"});
  eject.run([&](Manager& manager) {
    eject.start(manager);
    manager.eject(manager.find_id(kWdfId)->children.at(0)->id);
    manager.wait_until_settled();
    EXPECT_NE(eject.requests().find("EJECT=C00000BB"), std::string::npos);
  });
}

TEST(WdfStartFailure, WDF_194_ChildrenOfAParentThatDoesNotComeUp) {
  Life rig;
  rig.orders(1).Interrupts = rig.orders(1).MapsBar = 0;
  rig.orders(1).Children = rig.orders(1).ChildrenRaw = 1;
  rig.orders(1).Status[PuppetD0Entry] = kFailed;
  rig.orders(1).FailAfter[PuppetD0Entry] = 1;
  rig.orders(2) = {};
  rig.run([&](Manager& manager) {
    rig.start(manager);
    const std::string log = rig.sleep_and_wake(manager);
    // Released, it gets its own D0Entry over a dead parent.
    const auto parent = log.find("; D0Entry(D3)"), child = log.find("2:D0Entry(D3)");
    ASSERT_NE(parent, std::string::npos) << log;
    ASSERT_NE(child, std::string::npos) << log;
    EXPECT_LT(parent, child);
  });
}

TEST(WdfStartFailure, WDF_195_RequestsHeldSinceBeforeTheFailureAreCancelled) {
  Life rig;
  rig.orders(1).Queue = 1;
  rig.orders(1).Status[PuppetD0Entry] = kFailed;
  rig.orders(1).FailAfter[PuppetD0Entry] = 1;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    auto file = user::open(rig.device(manager));
    ntos::po::sleep(PowerSystemSleeping3);
    auto read = file.start_read(4);
    ntos::po::wake();
    EXPECT_EQ(read->wait().status, STATUS_CANCELLED);
    EXPECT_EQ(rig.count(PuppetIoRead), 0u);
    file.close();
    manager.wait_until_settled();
  });
}

TEST(WdfStartFailure, WDF_198_TheKernelRefusesAConnection) {
  Life rig;
  rig.run([&](Manager& manager) {
    machine::Refusal refusal(2, "IoConnectInterrupt");
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_TRUE(refusal.made());
    EXPECT_EQ(rig.log(1), joined({"DeviceAdd; RemoveAdded; PrepareHardware; D0Entry(D3Final); IntEnable(1); "
                                  "IntDisable(1); D0Exit(D3Final); ReleaseHardware",
                                  kObjects}));
    EXPECT_EQ(rig.requests().rfind("START=C000009E REMOVE", 0), 0u);
  });
}

TEST(WdfStartFailure, WDF_200_WDF_201_S22_DmaFailsOnTheWayUp) {
  struct Case {
    PuppetCall fails;
    const char* up;
    const char* down;
  };
  const Case cases[] = {
      {PuppetDmaFill, "DmaFill(1)", "DmaStop(1); DmaStop(2); DmaDisable(2); DmaFlush(2)"},
      {PuppetDmaEnable, "DmaFill(1); DmaEnable(1)", "DmaStop(1); DmaDisable(1); DmaStop(2); DmaDisable(2); DmaFlush(2)"},
      {PuppetDmaStart, "DmaFill(1); DmaEnable(1); DmaStart(1)",
       "DmaStop(1); DmaDisable(1); DmaFlush(1); DmaStop(2); DmaDisable(2); DmaFlush(2)"},
  };
  for (const Case& each : cases) {
    Life rig;
    rig.orders(1).Enablers = 2;
    rig.orders(1).Children = 1;  // a list to scan
    rig.orders(1).Status[each.fails] = kFailed;
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      manager.wait_until_settled();
      EXPECT_EQ(rig.log(1), joined({"DeviceAdd; RemoveAdded; PrepareHardware", kUpFinal, each.up, each.down,
                                    "PreInt(D3Final); IntDisable(2); IntDisable(1); D0Exit(D3Final); ReleaseHardware",
                                    kObjects}));
      EXPECT_EQ(rig.requests().rfind("START=C000009E REMOVE", 0), 0u);
      EXPECT_EQ(rig.count(PuppetScan), 0u);
    });
  }
}

TEST(WdfStartFailure, WDF_206_S24_WmiRegistrationFails) {
  Life rig;
  rig.orders(1).Wmi = 1;
  rig.orders(1).Interface = 1;
  rig.run([&](Manager& manager) {
    machine::Refusal refusal(1, "IoWMIRegistrationControl");
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_TRUE(refusal.made());
    EXPECT_EQ(rig.log(1), joined({"DeviceAdd", started(), kDownFinal, "ReleaseHardware; SmFlush; SmCleanup", kObjects}));
    EXPECT_EQ(rig.requests().rfind("START=C000009A REMOVE", 0), 0u);
  });
}

TEST(WdfStartFailure, WDF_207_ScanCannotFailThePowerUp) {
  Life rig;
  rig.orders(1).Children = 1;
  rig.orders(1).ChildrenRaw = 1;
  rig.orders(1).Status[PuppetScan] = kFailed;  // there is nobody to tell
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
  });
  Life said;  // but WdfDeviceSetFailed is heard
  said.orders(1).Children = 1;
  said.does(0, PuppetScan, PuppetSetFailed, 2);
  said.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_EQ(said.count(PuppetSmInit), 1u);
    EXPECT_EQ(manager.find_id(kWdfId)->problem, Problem::FailedPostStart);
  });
}

TEST(WdfStartFailure, WDF_210_DownFailsInStop) {
  for (PuppetCall call : {PuppetSmSuspend, PuppetPreInt, PuppetIntDisable, PuppetD0Exit}) {
    Life rig;
    rig.orders(1).Status[call] = kFailed;
    rig.run([&](Manager& manager) {
      rig.start(manager);
      EXPECT_FALSE(manager.rebalance(rig.node(manager).id).ok());
      manager.wait_until_settled();
      EXPECT_EQ(rig.log(1), joined({"QueryStop", kDownFinal, "ReleaseHardware; SmFlush; SurpriseRemoval; SmCleanup",
                                    kObjects}));
      EXPECT_EQ(rig.requests().rfind("QUERY_STOP STOP START=C0000184 SURPRISE_REMOVAL REMOVE", 0), 0u);
    });
  }
}

TEST(WdfStartFailure, WDF_219_ReleaseHardwareFailingOnAFailurePathIsIgnored) {
  for (PuppetCall call : {PuppetPrepareHardware, PuppetD0Entry}) {
    Life rig;
    rig.orders(1).Status[call] = 0xC0000120;
    rig.orders(1).Status[PuppetReleaseHardware] = kFailed;
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      manager.wait_until_settled();
      EXPECT_EQ(rig.count(PuppetReleaseHardware), 1u);
      EXPECT_EQ(rig.requests().rfind(call == PuppetPrepareHardware ? "START=C0000120 REMOVE" : "START=C000009E REMOVE",
                                     0),
                0u);
    });
  }
}

TEST(WdfStartFailure, WDF_222_InterruptsOfPrepareGoWhateverReleaseHardwareReturned) {
  Life rig;
  rig.orders(1).Interrupts = 0;
  rig.orders(1).InterruptsInPrepare = 2;
  rig.orders(1).Status[PuppetReleaseHardware] = kFailed;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    manager.remove(rig.node(manager).id);
    EXPECT_NE(rig.log(1).find("ReleaseHardware; ChildObjCleanup(2); ChildObjDestroy(2); ChildObjCleanup(1); "
                              "ChildObjDestroy(1); SmFlush"),
              std::string::npos);
  });
}

TEST(WdfStartFailure, WDF_225_RelationsQueryRunsBeforeTheChildListsAreAsked) {
  Life rig;
  rig.orders(1).Interrupts = rig.orders(1).MapsBar = 0;
  rig.orders(1).Children = rig.orders(1).ChildrenRaw = 1;
  rig.orders(1).Omits[PuppetRelationsQuery] = PUPPET_WANTED;
  rig.orders(1).Status[PuppetRelationsQuery] = kFailed;  // it has no answer
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    const std::string log = rig.log();
    EXPECT_NE(log.find("RelationsQuery(0); CreateChild(1)"), std::string::npos) << log;
    EXPECT_EQ(manager.find_id(kWdfId)->children.size(), 1u);
  });
}

TEST(WdfStartFailure, WDF_226_UsageNotification) {
  for (const bool plain : {false, true}) {
    Life rig;
    HostFilter below(rig, "below");
    rig.add_filters({u"below"}, {});
    rig.orders(1).Omits[plain ? PuppetUsage : PuppetUsageEx] = PUPPET_WANTED;
    rig.orders(1).Status[PuppetUsage] = rig.orders(1).Status[PuppetUsageEx] = 0xC0000120;
    rig.run([&](Manager& manager) {
      rig.start(manager);
      below.diary.clear();
      std::string asked;
      rig.on(plain ? PuppetUsage : PuppetUsageEx, [&] { asked = below.seen(); });
      const NTSTATUS status = send_usage(rig.device(manager), DeviceUsageTypeHibernation, true);
      EXPECT_EQ(asked, "DEVICE_USAGE_NOTIFICATION");  // the lower stack first
      if (plain) {
        EXPECT_EQ(status, STATUS_SUCCESS);  // it cannot fail
        EXPECT_EQ(rig.log(), "Usage(21)");
        EXPECT_EQ(below.seen(), "DEVICE_USAGE_NOTIFICATION");
      } else {
        EXPECT_EQ(status, STATUS_CANCELLED);
        EXPECT_EQ(rig.log(), "UsageEx(21)");
        EXPECT_EQ(below.seen(), "DEVICE_USAGE_NOTIFICATION DEVICE_USAGE_NOTIFICATION");  // taken back
      }
      // And not at all if it does not agree.
      below.refuse[IRP_MN_DEVICE_USAGE_NOTIFICATION] = 0xC0000121;
      EXPECT_EQ(send_usage(rig.device(manager), DeviceUsageTypeHibernation, true), STATUS_CANNOT_DELETE);
      EXPECT_EQ(rig.log(), "");
    });
  }
  // Of a PDO: the parent's stack.
  Life bus;
  HostFilter below(bus, "below");
  bus.add_filters({u"below"}, {});
  bus.orders(1).Interrupts = bus.orders(1).MapsBar = 0;
  bus.orders(1).Children = bus.orders(1).ChildrenRaw = 1;
  bus.orders(2) = {};
  bus.orders(2).Omits[PuppetUsageEx] = PUPPET_WANTED;
  bus.orders(2).Status[PuppetUsageEx] = 0xC0000120;
  bus.run([&](Manager& manager) {
    bus.start(manager);
    below.diary.clear();
    DEVICE_OBJECT* pdo = manager.find_id(kWdfId)->children.at(0)->pdo;
    EXPECT_EQ(send_usage(pdo, DeviceUsageTypePaging, true), STATUS_CANCELLED);
    EXPECT_EQ(bus.log(), "2:UsageEx(11)");
    EXPECT_EQ(below.seen(), "DEVICE_USAGE_NOTIFICATION DEVICE_USAGE_NOTIFICATION");
    below.refuse[IRP_MN_DEVICE_USAGE_NOTIFICATION] = 0xC0000121;
    EXPECT_EQ(send_usage(pdo, DeviceUsageTypePaging, true), STATUS_CANNOT_DELETE);
    EXPECT_EQ(bus.log(), "");
  });
}

TEST(WdfStartFailure, WDF_227_WhichRequestsFollowAFailure) {
  Life first;  // a failed first START: REMOVE alone
  first.orders(1).Status[PuppetD0Entry] = kFailed;
  first.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_EQ(first.requests(), "START=C000009E REMOVE REMOVE START");  // the PDO's own, and a new instance
  });
  Life stopped;  // after a STOP, and a failure reported: SURPRISE_REMOVAL, then REMOVE when handles are closed
  stopped.orders(1).Status[PuppetPrepareHardware] = kFailed;
  stopped.orders(1).FailAfter[PuppetPrepareHardware] = 1;
  stopped.run([&](Manager& manager) {
    stopped.start(manager);
    auto file = user::open(stopped.device(manager));
    manager.rebalance(stopped.node(manager).id);
    manager.wait_until_settled();
    EXPECT_EQ(stopped.requests(), "QUERY_STOP STOP START=C0000001 SURPRISE_REMOVAL");
    file.close();
    manager.wait_until_settled();
    EXPECT_EQ(stopped.requests(), "REMOVE START");
  });
  Life reported;
  reported.does(0, PuppetQueryStop, PuppetSetFailed, 2);
  reported.run([&](Manager& manager) {
    reported.start(manager);
    auto file = user::open(reported.device(manager));
    manager.query_and_cancel_stop(reported.node(manager).id);
    manager.wait_until_settled();
    EXPECT_EQ(reported.requests(), "QUERY_STOP CANCEL_STOP SURPRISE_REMOVAL");
    file.close();
    manager.wait_until_settled();
    EXPECT_EQ(reported.requests(), "REMOVE");
  });
}

}  // namespace
}  // namespace drydock::test::wdf
