// The scenarios of docs/contracts/wdf.md: the exact callback order on a real driver.

#include "contract/wdf/wdf_rig.h"
#include "ntos/po/system_power.h"

namespace drydock::test::wdf {
namespace {

constexpr PU32 kFailure = 0xC0000001;

/// One FDO with two interrupts, as most scenarios have it.
struct Rig : WdfRig {
  Rig() {
    orders().Interrupts = 2;
    orders().MapsBar = 1;
  }
  /// The first instance of the device fails; those that restarts make do not.
  PUPPET_ORDERS& fails_once(PuppetCall call, PU32 status = kFailure) {
    orders(1) = orders();
    orders(1).Status[call] = status;
    return orders(1);
  }
};

constexpr const char* kFirstStart =
    "RemoveAdded; PrepareHardware; D0Entry(D3Final); IntEnable(1); IntEnable(2); PostInt(D3Final); SmInit";
constexpr const char* kDownAndRelease =
    "SmSuspend; PreInt(D3Final); IntDisable(2); IntDisable(1); D0Exit(D3Final); ReleaseHardware";
constexpr const char* kObjectsGo =
    "ChildObjCleanup(1); ChildObjCleanup(2); ObjCleanup; ChildObjDestroy(1); ChildObjDestroy(2); ObjDestroy";

std::string joined(std::initializer_list<std::string> parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + part;
  return text;
}

/// Takes the device up to Started.
void start(Rig& rig, Manager& manager) {
  manager.enumerate_root();
  rig.log();
  rig.requests();
}

TEST(WdfScenario, WDF_056_WDF_058_WDF_065_WDF_067_WDF_028_S1_FirstStart) {
  Rig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.log(), joined({"DriverEntry; DeviceAdd", kFirstStart}));
    EXPECT_EQ(rig.requests(), "START");
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
  });
}

TEST(WdfScenario, WDF_079_WDF_080_WDF_081_WDF_082_WDF_083_S3_SleepAndResume) {
  Rig rig;
  rig.run([&](Manager& manager) {
    start(rig, manager);
    EXPECT_TRUE(ntos::po::sleep(PowerSystemSleeping3).ok());
    EXPECT_EQ(rig.log(), "SmSuspend; PreInt(D3); IntDisable(2); IntDisable(1); D0Exit(D3)");
    EXPECT_TRUE(ntos::po::wake().ok());
    rig.sleep(1ms);
    EXPECT_EQ(rig.log(), "D0Entry(D3); IntEnable(1); IntEnable(2); PostInt(D3); SmRestart");
  });
}

TEST(WdfScenario, WDF_104_S6_Shutdown) {
  Rig rig;
  rig.run([&](Manager& manager) {
    start(rig, manager);
    EXPECT_TRUE(ntos::po::sleep(PowerSystemShutdown).ok());
    EXPECT_EQ(rig.log(), "SmSuspend; PreInt(D3Final); IntDisable(2); IntDisable(1); D0Exit(D3Final)");
  });
}

TEST(WdfScenario, WDF_112_WDF_113_WDF_114_WDF_117_S7_RebalanceStopsAndRestarts) {
  Rig rig;
  rig.run([&](Manager& manager) {
    start(rig, manager);
    EXPECT_TRUE(manager.rebalance(rig.node(manager).id).ok());
    EXPECT_EQ(rig.log(), joined({"QueryStop", kDownAndRelease,
                                 "RemoveAdded; PrepareHardware; D0Entry(D3Final); IntEnable(1); IntEnable(2); "
                                 "PostInt(D3Final); SmRestart"}));
    EXPECT_EQ(rig.requests(), "QUERY_STOP STOP START");
  });
}

TEST(WdfScenario, WDF_110_WDF_111_S8_RebalanceGivenUp) {
  Rig rig;
  rig.run([&](Manager& manager) {
    start(rig, manager);
    manager.query_and_cancel_stop(rig.node(manager).id);
    EXPECT_EQ(rig.log(), "QueryStop");
    EXPECT_EQ(rig.requests(), "QUERY_STOP CANCEL_STOP");
  });
}

TEST(WdfScenario, WDF_126_WDF_131_WDF_018_S10_S41_OrderlyRemovalAndUnload) {
  Rig rig;
  rig.run([&](Manager& manager) {
    start(rig, manager);
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    EXPECT_EQ(rig.log(), joined({"QueryRemove", kDownAndRelease, "SmFlush; SmCleanup", kObjectsGo,
                                 "Unload; DriverCleanup; DriverDestroy"}));
    EXPECT_EQ(rig.requests(), "QUERY_REMOVE REMOVE");
  });
}

TEST(WdfScenario, WDF_223_S13_RemovalRefused) {
  Rig rig;
  rig.orders().Status[PuppetQueryRemove] = kFailure;
  rig.run([&](Manager& manager) {
    start(rig, manager);
    EXPECT_FALSE(manager.remove(rig.node(manager).id).ok());
    EXPECT_EQ(rig.log(), "QueryRemove");
    EXPECT_EQ(rig.requests(), "QUERY_REMOVE=C0000001 CANCEL_REMOVE");
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
  });
}

TEST(WdfScenario, WDF_147_WDF_151_WDF_152_S14_SurpriseRemovalInD0) {
  Rig rig;
  rig.run([&](Manager& manager) {
    start(rig, manager);
    rig.unplug();
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(), joined({"SurpriseRemoval", kDownAndRelease, "SmFlush; SmCleanup", kObjectsGo,
                                 "Unload; DriverCleanup; DriverDestroy"}));
    EXPECT_EQ(rig.requests(), "SURPRISE_REMOVAL REMOVE");
  });
}

TEST(WdfScenario, WDF_172_WDF_173_WDF_174_WDF_176_S17_PrepareHardwareFails) {
  Rig rig;
  rig.fails_once(PuppetPrepareHardware, 0xC0000120);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(1), joined({"DeviceAdd; RemoveAdded; PrepareHardware; ReleaseHardware", kObjectsGo}));
    EXPECT_EQ(rig.requests(), "START=C0000120 REMOVE REMOVE START");  // the stack, the PDO, the new instance
  });
}

TEST(WdfScenario, WDF_187_WDF_188_WDF_189_S19_D0EntryFails) {
  Rig rig;
  rig.fails_once(PuppetD0Entry);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(1),
              joined({"DeviceAdd; RemoveAdded; PrepareHardware; D0Entry(D3Final); ReleaseHardware", kObjectsGo}));
    EXPECT_EQ(rig.requests(), "START=C000009E REMOVE REMOVE START");
  });
}

TEST(WdfScenario, WDF_197_WDF_274_S20_SecondInterruptsEnableFails) {
  Rig rig;
  rig.fails_once(PuppetIntEnable).FailInterrupt = 2;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(1), joined({"DeviceAdd; RemoveAdded; PrepareHardware; D0Entry(D3Final); IntEnable(1); "
                                  "IntEnable(2); IntDisable(1); D0Exit(D3Final); ReleaseHardware",
                                  kObjectsGo}));
    EXPECT_EQ(rig.requests(), "START=C000009E REMOVE REMOVE START");
  });
}

TEST(WdfScenario, WDF_199_S21_PostInterruptsFails) {
  Rig rig;
  rig.fails_once(PuppetPostInt);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(1), joined({"DeviceAdd; RemoveAdded; PrepareHardware; D0Entry(D3Final); IntEnable(1); "
                                  "IntEnable(2); PostInt(D3Final); IntDisable(2); IntDisable(1); D0Exit(D3Final); "
                                  "ReleaseHardware",
                                  kObjectsGo}));
  });
}

TEST(WdfScenario, WDF_202_WDF_311_S23_SelfManagedIoInitFails) {
  Rig rig;
  rig.fails_once(PuppetSmInit);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(1),
              joined({"DeviceAdd", kFirstStart,
                      "PreInt(D3Final); IntDisable(2); IntDisable(1); D0Exit(D3Final); ReleaseHardware; SmFlush; "
                      "SmCleanup",
                      kObjectsGo}));
    EXPECT_EQ(rig.requests(), "START=C000009E REMOVE REMOVE START");
  });
}

}  // namespace
}  // namespace drydock::test::wdf
