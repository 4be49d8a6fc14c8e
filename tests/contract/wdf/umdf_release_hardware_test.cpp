// Every statement of the reference page of EvtDeviceReleaseHardware, for a user-mode driver ("Applies to KMDF and UMDF").

#include "contract/wdf/umdf_rig.h"
#include "ntos/io/user.h"
#include "ntos/po/system_power.h"

namespace drydock::test::wdf {
namespace {

constexpr PU32 kFailure = 0xC0000001;
constexpr PU32 kNotSupported = 0xC00000BB;

struct Rig : UmdfRig {
  Rig() {
    orders().Interrupts = 2;
    orders().MapsBar = 1;
  }
  unsigned released() const { return count(PuppetReleaseHardware); }
};

TEST(UmdfReleaseHardware, WDF_229_WDF_415_IsRegisteredWithThePnpPowerCallbacks) {
  Rig rig;
  rig.orders().NoCallbacks = 1;
  rig.orders().MapsBar = 0;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    EXPECT_EQ(rig.released(), 0u);
  });
}

TEST(UmdfReleaseHardware, WDF_228_WDF_243_GetsTheDeviceAndTheListThatPrepareGot) {
  Rig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.remove(rig.node(manager).id);
    const PUPPET& puppet = rig.puppet();
    EXPECT_NE(puppet.Seen[SeenReleaseList], 0u);
    EXPECT_EQ(puppet.Seen[SeenReleaseList], puppet.Seen[SeenPrepareList]);
    EXPECT_EQ(puppet.Seen[SeenReleaseList + 1], puppet.Seen[SeenPrepareList + 1]);
    EXPECT_EQ(puppet.Seen[SeenReleaseList + 2], puppet.Seen[SeenPrepareList + 2]);
  });
}

TEST(UmdfReleaseHardware, WDF_230_IsCalledInResourceRebalancing) {
  Rig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_TRUE(manager.rebalance(rig.node(manager).id, Manager::NewResources::Other).ok());
    EXPECT_EQ(rig.released(), 1u);
    EXPECT_EQ(rig.count(PuppetPrepareHardware), 2u);
    EXPECT_NE(rig.puppet().Seen[SeenReleaseList + 2], rig.puppet().Seen[SeenPrepareList + 2]);
  });
}

TEST(UmdfReleaseHardware, WDF_230_WDF_131_IsCalledInOrderlyRemoval) {
  Rig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    EXPECT_EQ(rig.released(), 1u);
  });
}

TEST(UmdfReleaseHardware, WDF_230_WDF_148_IsCalledInSurpriseRemoval) {
  Rig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.unplug();
    manager.wait_until_settled();
    EXPECT_EQ(rig.released(), 1u);
  });
}

TEST(UmdfReleaseHardware, WDF_230_WDF_081_WDF_104_IsNotCalledForSleepOrShutdown) {
  Rig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    ntos::po::sleep(PowerSystemSleeping3);
    ntos::po::wake();
    rig.sleep(1ms);
    ntos::po::sleep(PowerSystemShutdown);
    EXPECT_EQ(rig.released(), 0u);
  });
}

TEST(UmdfReleaseHardware, WDF_233_WDF_234_ComesAfterRequestsStopped) {
  Rig rig;
  rig.orders().Queue = 1;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    ntos::io::user::File file = ntos::io::user::open(rig.device(manager));
    auto read = file.start_read(16);
    rig.log();
    rig.unplug();
    rig.sleep(10ms);
    const std::string log = rig.log(1);
    EXPECT_LT(log.find("IoStop("), log.find("D0Exit(D3Final)")) << log;
    EXPECT_LT(log.find("D0Exit(D3Final)"), log.find("ReleaseHardware")) << log;
    EXPECT_LT(read->wait().status, 0);
    file.close();
    manager.wait_until_settled();
  });
}

TEST(UmdfReleaseHardware, WDF_235_WDF_236_WDF_245_ComesAfterInterruptsWereDisabledAndDisconnected) {
  Rig rig;
  // What the device signals while the driver releases does not reach it.
  rig.orders().WaitsIn = 1 + PuppetReleaseHardware;
  rig.orders().WaitMilliseconds = 20;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.model->interrupt(0);
    rig.sleep(1ms);
    EXPECT_EQ(rig.count(PuppetIsr), 1u);
    EXPECT_EQ(rig.count(PuppetDpc), 1u);
    rig.machine().after(5ms, [&rig] { rig.model->interrupt(0); });
    manager.remove(rig.node(manager).id);
    EXPECT_EQ(rig.count(PuppetIntDisable), 2u);
    EXPECT_EQ(rig.count(PuppetIsr), 1u);
    EXPECT_NE(rig.puppet().Seen[SeenReleaseVector], 0u);  // the assignment is still known
  });
}

TEST(UmdfReleaseHardware, WDF_237_WDF_239_ComesAfterTheDeviceWasTurnedOff) {
  Rig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.log();
    manager.remove(rig.node(manager).id);
    const std::string log = rig.log(1);
    EXPECT_LT(log.find("SmSuspend"), log.find("D0Exit(D3Final)"));
    EXPECT_LT(log.find("D0Exit(D3Final)"), log.find("ReleaseHardware"));
    EXPECT_LT(log.find("ReleaseHardware"), log.find("SmFlush"));
  });
}

TEST(UmdfReleaseHardware, WDF_240_ThePdoAnswersForItsDevice) {
  for (const bool pulled : {false, true}) {
    Rig rig;
    rig.orders().QueriesConfigIn = 1 + PuppetReleaseHardware;
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      if (pulled) {
        rig.unplug();
        manager.wait_until_settled();
      } else {
        manager.remove(rig.node(manager).id);
      }
      EXPECT_EQ(rig.puppet().Seen[SeenConfig], 0u);
      EXPECT_EQ(rig.puppet().Seen[SeenConfig + 1], 0x57DF1234u);
    });
  }
}

TEST(UmdfReleaseHardware, WDF_231_WDF_173_WDF_181_IsCalledAfterAFailedPrepare) {
  Rig rig;
  rig.orders(1) = rig.orders();
  rig.orders(1).Status[PuppetPrepareHardware] = kFailure;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(1).find("DeviceAdd; PrepareHardware; ReleaseHardware; "), 0u);
  });
}

TEST(UmdfReleaseHardware, WDF_177_IsCalledEvenWithoutAPrepareCallback) {
  Rig rig;
  rig.orders().NoPrepare = 1;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.remove(rig.node(manager).id);
    EXPECT_EQ(rig.released(), 1u);
  });
}

TEST(UmdfReleaseHardware, WDF_186_AnInformationalStatusIsSuccess) {
  Rig rig;
  rig.orders().Status[PuppetReleaseHardware] = 0x40000000;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_TRUE(manager.rebalance(rig.node(manager).id).ok());
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
  });
}

TEST(UmdfReleaseHardware, WDF_216_WDF_135_ItsFailureInRemovalIsIgnored) {
  Rig rig;
  rig.orders().Status[PuppetReleaseHardware] = kFailure;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.log();
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    EXPECT_NE(rig.log(1).find("ReleaseHardware; SmFlush; SmCleanup"), std::string::npos);
    EXPECT_EQ(rig.released(), 1u);
  });
}

TEST(UmdfReleaseHardware, WDF_250_WDF_456_NotSupportedIsNoAnswer) {
  Rig rig;
  rig.orders().Status[PuppetReleaseHardware] = kNotSupported;
  rig.expect({"WDF-456"});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.remove(rig.node(manager).id);
  });
}

TEST(UmdfReleaseHardware, WDF_232_WDF_420_RunsAtPassiveLevel) {
  Rig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.model->interrupt(0);
    rig.sleep(1ms);
    auto& process = rig.last_process();
    manager.remove(rig.node(manager).id);
    EXPECT_EQ(rig.released(), 1u);
    EXPECT_EQ(process.irql_max(), 0u);
  });
}

TEST(UmdfReleaseHardware, WDF_246_WDF_423_UnmapsWhatPrepareMapped) {
  Rig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.puppet().Seen[SeenMapStatus], 0u);
    manager.remove(rig.node(manager).id);
  });
}

TEST(UmdfReleaseHardware, WDF_252_MappingsLeftAreLookedForAfterASuccessAlone) {
  for (const bool fails : {false, true}) {
    Rig rig;
    rig.orders().MapsBar = 2;
    if (fails)
      rig.orders().Status[PuppetReleaseHardware] = kFailure;
    else
      rig.expect({"WDF-444"});
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      manager.remove(rig.node(manager).id);
      EXPECT_EQ(rig.released(), 1u);
    });
  }
}

TEST(UmdfReleaseHardware, WDF_257_TheContextAndTheObjectsOfTheDeviceStillLive) {
  Rig rig;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.log();
    manager.remove(rig.node(manager).id);
    const std::string log = rig.log(1);
    EXPECT_LT(log.find("ReleaseHardware"), log.find("ChildObjCleanup(1)"));
    EXPECT_LT(log.find("ChildObjCleanup(2)"), log.find("; ObjCleanup"));
  });
}

TEST(UmdfReleaseHardware, WDF_251_WDF_180_InterruptsMadeInPrepareGoRightAfterItNewestFirst) {
  Rig rig;
  rig.orders().Interrupts = 0;
  rig.orders().InterruptsInPrepare = 2;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.log();
    manager.remove(rig.node(manager).id);
    EXPECT_NE(rig.log(1).find("ReleaseHardware; ChildObjCleanup(2); ChildObjDestroy(2); ChildObjCleanup(1); "
                              "ChildObjDestroy(1); SmFlush"),
              std::string::npos);
  });
}

TEST(UmdfReleaseHardware, WDF_231_WDF_427_OnlyTheEndOfItsProcessLeavesPrepareAlone) {
  Rig rig;
  rig.orders(1) = rig.orders();
  rig.misbehave(UmNullWrite, PuppetSmInit, 1);
  rig.expect({"WDF-424"});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(1).find("ReleaseHardware"), std::string::npos);
    EXPECT_EQ(rig.count(PuppetPrepareHardware), 2u);
  });
}

}  // namespace
}  // namespace drydock::test::wdf
