// A failure injected at each callback of a device that has been running (docs/contracts/wdf.md, sections 9 and 11).

#include "contract/wdf/wdf_rig.h"
#include "ntos/po/system_power.h"

namespace drydock::test::wdf {
namespace {

constexpr PU32 kFailure = 0xC0000001;
constexpr const char* kObjectsGo =
    "ChildObjCleanup(1); ChildObjCleanup(2); ObjCleanup; ChildObjDestroy(1); ChildObjDestroy(2); ObjDestroy";

struct Rig : WdfRig {
  Rig() {
    orders(1).Interrupts = 2;
    orders(1).MapsBar = 1;
  }
  /// `call` fails from its second time on.
  void fails_later(PuppetCall call, PU32 status = kFailure) {
    orders(1).Status[call] = status;
    orders(1).FailAfter[call] = 1;
  }
  void start(Manager& manager) {
    manager.enumerate_root();
    log();
    requests();
  }
  std::string sleep_and_wake(Manager& manager) {
    ntos::po::sleep(PowerSystemSleeping3);
    ntos::po::wake();
    manager.wait_until_settled();
    sleep(1ms);
    manager.wait_until_settled();
    return log(1);
  }
};

constexpr const char* kAsleep = "SmSuspend; PreInt(D3); IntDisable(2); IntDisable(1); D0Exit(D3); ";

TEST(WdfFailure, WDF_190_WDF_191_WDF_205_S25_D0EntryFailsOnReturn) {
  Rig rig;
  rig.fails_later(PuppetD0Entry);
  rig.run([&](Manager& manager) {
    rig.start(manager);
    EXPECT_EQ(
        rig.sleep_and_wake(manager),
        std::string(kAsleep) + "D0Entry(D3); ReleaseHardware; SmFlush; SurpriseRemoval; SmCleanup; " + kObjectsGo);
  });
}

TEST(WdfFailure, WDF_260_WDF_261_WDF_262_S26_AfterDescendantsReleasesInSurpriseRemoval) {
  Rig rig;
  rig.fails_later(PuppetD0Entry);
  rig.orders(1).ReleaseLate = 1;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    EXPECT_EQ(
        rig.sleep_and_wake(manager),
        std::string(kAsleep) + "D0Entry(D3); SurpriseRemoval; ReleaseHardware; SmFlush; SmCleanup; " + kObjectsGo);
  });
}

TEST(WdfFailure, WDF_203_WDF_312_S27_SelfManagedIoRestartFails) {
  Rig rig;
  rig.orders(1).Status[PuppetSmRestart] = kFailure;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    EXPECT_EQ(rig.sleep_and_wake(manager),
              std::string(kAsleep) +
                  "D0Entry(D3); IntEnable(1); IntEnable(2); PostInt(D3); SmRestart; PreInt(D3Final); IntDisable(2); "
                  "IntDisable(1); D0Exit(D3Final); ReleaseHardware; SmFlush; SurpriseRemoval; SmCleanup; " +
                  kObjectsGo);
  });
}

TEST(WdfFailure, WDF_208_WDF_209_S28_D0ExitFails) {
  Rig rig;
  rig.orders(1).Status[PuppetD0Exit] = kFailure;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    EXPECT_TRUE(ntos::po::sleep(PowerSystemSleeping3).ok());
    manager.wait_until_settled();
    ntos::po::wake();
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(1), std::string(kAsleep) + "ReleaseHardware; SmFlush; SurpriseRemoval; SmCleanup; " + kObjectsGo);
  });
}

TEST(WdfFailure, WDF_084_WDF_212_AFailingStepOfDownLeavesNothingOut) {
  for (PuppetCall call : {PuppetSmSuspend, PuppetPreInt, PuppetIntDisable}) {
    Rig rig;
    rig.orders(1).Status[call] = kFailure;
    rig.run([&](Manager& manager) {
      rig.start(manager);
      EXPECT_TRUE(ntos::po::sleep(PowerSystemSleeping3).ok());
      manager.wait_until_settled();
      EXPECT_EQ(rig.log(1).find(kAsleep), 0u);
      ntos::po::wake();
      manager.wait_until_settled();
      EXPECT_EQ(rig.count(PuppetReleaseHardware), 1u);
    });
  }
}

TEST(WdfFailure, WDF_217_WDF_220_WDF_168_S29_ReleaseHardwareFailsInStop) {
  Rig rig;
  rig.orders(1).Status[PuppetReleaseHardware] = kFailure;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    manager.rebalance(rig.node(manager).id);
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(1), std::string("QueryStop; SmSuspend; PreInt(D3Final); IntDisable(2); IntDisable(1); "
                                      "D0Exit(D3Final); ReleaseHardware; SmFlush; SurpriseRemoval; SmCleanup; ") +
                              kObjectsGo);
    EXPECT_EQ(rig.requests().find("QUERY_STOP STOP START=C0000184 SURPRISE_REMOVAL REMOVE"), 0u);
  });
}

TEST(WdfFailure, WDF_185_WDF_124_S31_PrepareHardwareFailsAtRestart) {
  Rig rig;
  rig.fails_later(PuppetPrepareHardware, 0xC0000120);
  rig.run([&](Manager& manager) {
    rig.start(manager);
    manager.rebalance(rig.node(manager).id);
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(1), std::string("QueryStop; SmSuspend; PreInt(D3Final); IntDisable(2); IntDisable(1); "
                                      "D0Exit(D3Final); ReleaseHardware; RemoveAdded; PrepareHardware; "
                                      "ReleaseHardware; SmFlush; SurpriseRemoval; SmCleanup; ") +
                              kObjectsGo);
    EXPECT_EQ(rig.requests().find("QUERY_STOP STOP START=C0000120 SURPRISE_REMOVAL REMOVE"), 0u);
  });
}

TEST(WdfFailure, WDF_193_WDF_204_D0EntryFailsAtRestart) {
  Rig rig;
  rig.fails_later(PuppetD0Entry);
  rig.run([&](Manager& manager) {
    rig.start(manager);
    manager.rebalance(rig.node(manager).id);
    manager.wait_until_settled();
    const std::string log = rig.log(1);
    EXPECT_NE(log.find("RemoveAdded; PrepareHardware; D0Entry(D3Final); ReleaseHardware; SmFlush; SurpriseRemoval; "
                       "SmCleanup"),
              std::string::npos)
        << log;
    EXPECT_EQ(rig.requests().find("QUERY_STOP STOP START=C000009E SURPRISE_REMOVAL REMOVE"), 0u);
  });
}

TEST(WdfFailure, WDF_049_RemoveAddedFailingFailsTheStart) {
  Rig rig;
  rig.orders(1).Status[PuppetRemoveAdded] = 0xC0000120;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(1), std::string("DeviceAdd; RemoveAdded; ") + kObjectsGo);
    EXPECT_EQ(rig.requests().find("START=C0000120 REMOVE"), 0u);
  });
}

TEST(WdfFailure, WDF_023_WDF_024_S39_DeviceAddFailsAfterCreate) {
  Rig rig;
  rig.orders(1).Status[PuppetDeviceAdd] = kFailure;
  rig.orders(1).FailsAfterCreate = 1;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(1), std::string("DeviceAdd; ") + kObjectsGo);
    EXPECT_EQ(rig.requests(), "REMOVE");
  });
}

TEST(WdfFailure, WDF_022_SuccessWithoutADeviceIsLegal) {
  Rig rig;
  rig.orders(1).SkipCreate = 1;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.log(1), "DeviceAdd");
  });
}

TEST(WdfFailure, WDF_020_WDF_400_S42_DriverEntryFailsAfterDriverCreate) {
  WdfRig rig;
  rig.orders(0).Status[PuppetDriverEntry] = kFailure;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.log(), "DriverEntry; DriverCleanup; DriverDestroy");
  });
}

TEST(WdfFailure, WDF_148_WDF_150_RST_160_S15_SurpriseRemovalInDx) {
  Rig rig;
  rig.orders(1).IdleMilliseconds = 10;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.sleep(100ms);
    EXPECT_EQ(rig.log(1) + "; ", std::string(kAsleep));
    rig.unplug();
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(1), std::string("SurpriseRemoval; ReleaseHardware; SmFlush; SmCleanup; ") + kObjectsGo);
  });
}

TEST(WdfFailure, WDF_132_WDF_127_S11_OrderlyRemovalOfAnIdleDevice) {
  Rig rig;
  rig.orders(1).IdleMilliseconds = 10;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.sleep(100ms);
    rig.log();
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    EXPECT_EQ(rig.log(1), std::string("QueryRemove; D0Entry(D3); IntEnable(1); IntEnable(2); PostInt(D3); SmRestart; "
                                      "SmSuspend; PreInt(D3Final); IntDisable(2); IntDisable(1); D0Exit(D3Final); "
                                      "ReleaseHardware; SmFlush; SmCleanup; ") +
                              kObjectsGo);
  });
}

TEST(WdfFailure, WDF_109_S37_QueryStopWhileIdle) {
  Rig rig;
  rig.orders(1).IdleMilliseconds = 10;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.sleep(100ms);
    rig.log();
    manager.query_and_cancel_stop(rig.node(manager).id);
    EXPECT_EQ(rig.log(1), "QueryStop; D0Entry(D3); IntEnable(1); IntEnable(2); PostInt(D3); SmRestart");
    rig.sleep(100ms);  // WDF-111: it may idle again
    EXPECT_EQ(rig.log(1) + "; ", std::string(kAsleep));
  });
}

TEST(WdfFailure, WDF_363_WDF_365_WDF_367_S33_SetFailedAttemptRestart) {
  Rig rig;
  rig.orders(1).SetFailedIn = 1 + PuppetQueryStop;
  rig.orders(1).SetFailedAction = 1;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    manager.query_and_cancel_stop(rig.node(manager).id);
    manager.wait_until_settled();
    const std::string log = rig.log();
    EXPECT_NE(log.find("SurpriseRemoval; SmSuspend"), std::string::npos) << log;
    EXPECT_NE(log.find("2:DeviceAdd"), std::string::npos) << log;
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
  });
}

TEST(WdfFailure, WDF_366_WDF_376_SetFailedNoRestart) {
  Rig rig;
  rig.orders(1).SetFailedIn = 1 + PuppetQueryStop;
  rig.orders(1).SetFailedAction = 2;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    manager.query_and_cancel_stop(rig.node(manager).id);
    manager.wait_until_settled();
    EXPECT_EQ(rig.count(PuppetSurpriseRemoval), 1u);
    EXPECT_EQ(rig.count(PuppetDeviceAdd), 1u);
    EXPECT_EQ(rig.node(manager).problem, Problem::FailedPostStart);
  });
}

TEST(WdfFailure, WDF_370_WDF_183_ADeviceThatAlwaysFailsIsTriedSixTimes) {
  WdfRig rig;
  rig.orders(0).Status[PuppetPrepareHardware] = kFailure;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_EQ(rig.count(PuppetDeviceAdd), 6u);  // the first, and five restarts
    EXPECT_EQ(rig.count(PuppetReleaseHardware), 6u);
  });
}

}  // namespace
}  // namespace drydock::test::wdf
