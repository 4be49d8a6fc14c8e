// DMA enablers over power (docs/contracts/wdf.md, section 15), on wdf_puppet.sys and wdf_dma.sys.

#include "../../guest/wdf_dma.h"
#include "contract/wdf/wdf_rig.h"
#include "machine/refusal.h"
#include "ntos/po/system_power.h"

namespace drydock::test::wdf {
namespace {

constexpr PU32 kFailure = 0xC0000001;

struct Rig : WdfRig {
  explicit Rig(PU32 enablers, const char* driver = "wdf_puppet", PU32 variant = 0) : WdfRig({}, driver) {
    orders(1).Enablers = enablers;
    orders(1).Variant = variant;
  }
  void start(Manager& manager) {
    manager.enumerate_root();
    log();
  }
  std::string fall_asleep() {
    ntos::po::sleep(PowerSystemSleeping3);
    return log(1);
  }
  std::string wake_up() {
    ntos::po::wake();
    sleep(1ms);
    return log(1);
  }
};

TEST(DmaEnabler, WDF_317_WDF_318_WDF_319_ForEveryD0EntryAndExitOneEnablerAfterTheOther) {
  Rig rig(2);
  rig.orders(1).Interrupts = 1;
  rig.orders(1).Children = 1;  // for Scan
  rig.orders(1).ChildrenRaw = 1;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    const std::string up =
        "PostInt({}); DmaFill(1); DmaEnable(1); DmaStart(1); DmaFill(2); DmaEnable(2); DmaStart(2); "
        "Scan; ";
    const std::string down = "DmaStop(1); DmaDisable(1); DmaFlush(1); DmaStop(2); DmaDisable(2); DmaFlush(2); PreInt(";
    const std::string up_at_start = "PostInt(D3Final)" + up.substr(11), up_from_d3 = "PostInt(D3)" + up.substr(11);
    std::string log = rig.log(1);
    EXPECT_NE(log.find(up_at_start), std::string::npos) << log;
    manager.wait_until_settled();
    rig.log();
    log = rig.fall_asleep();
    EXPECT_NE(log.find(down + "D3); IntDisable(1)"), std::string::npos) << log;
    log = rig.wake_up();
    EXPECT_NE(log.find(up_from_d3), std::string::npos) << log;
    manager.wait_until_settled();
    rig.log();
    EXPECT_TRUE(manager.rebalance(rig.node(manager).id).ok());
    log = rig.log(1);
    EXPECT_NE(log.find(down + "D3Final); IntDisable(1)"), std::string::npos) << log;
    EXPECT_NE(log.find(up_at_start), std::string::npos) << log;
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    log = rig.log(1);
    EXPECT_NE(log.find(down + "D3Final); IntDisable(1)"), std::string::npos) << log;
    for (PuppetCall call :
         {PuppetDmaFill, PuppetDmaEnable, PuppetDmaStart, PuppetDmaStop, PuppetDmaDisable, PuppetDmaFlush}) {
      EXPECT_EQ(rig.count(call), 2u * 3) << call;
      EXPECT_EQ(rig.irql_of(call), 0u) << call;
    }
  });
}

TEST(DmaEnabler, WDF_319_NotWhereThereIsNoD0ToLeave) {
  {
    Rig rig(1);
    rig.orders(1).IdleMilliseconds = 10;
    rig.run([&](Manager& manager) {
      rig.start(manager);
      rig.sleep(100ms);
      EXPECT_EQ(rig.count(PuppetDmaFlush), 1u);
      rig.unplug();
      manager.wait_until_settled();
      EXPECT_EQ(rig.count(PuppetDmaStop), 1u);
      EXPECT_EQ(rig.count(PuppetDmaFlush), 1u);
    });
  }
  {
    Rig rig(1);
    rig.orders(1).Status[PuppetD0Entry] = kFailure;
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      manager.wait_until_settled();
      const std::string log = rig.log(1);
      EXPECT_NE(log.find("D0Entry(D3Final); ReleaseHardware"), std::string::npos) << log;
      EXPECT_EQ(log.find("Dma"), std::string::npos) << log;
    });
  }
  Rig rig(1, "wdf_dma", kDmaLate);  // the one whose creation fails, in SmInit
  rig.run([&](Manager& manager) {
    machine::Refusal refusal(5, "IoGetDmaAdapter");
    manager.enumerate_root();
    EXPECT_TRUE(refusal.made());
    rig.log();
    const std::string log = rig.fall_asleep();
    EXPECT_EQ(log.find("DmaStop(5)"), std::string::npos) << log;
    EXPECT_NE(log.find("DmaStop(4)"), std::string::npos) << log;
    // The driver's own MUST noticed that it got none.
    EXPECT_NE(rig.puppet().Seen[SeenFirstFailure], 0u);
  });
}

TEST(DmaEnabler, WDF_320_WithoutCallbacksNothingChanges) {
  Rig rig(3, "wdf_dma", kDmaBare);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.log(), "D0Entry(D3Final); PostInt(D3Final); DmaFill(1); DmaEnable(1); DmaStart(1); SmInit");
    EXPECT_EQ(rig.fall_asleep(), "DmaStop(1); DmaDisable(1); DmaFlush(1); PreInt(D3)");
    EXPECT_EQ(rig.wake_up(), "D0Entry(D3); PostInt(D3); DmaFill(1); DmaEnable(1); DmaStart(1)");
    rig.checked(3);
  });
}

TEST(DmaEnabler, WDF_321_AFailedFillOrEnableIsRememberedAFailedStartIsNot) {
  struct Case {
    PuppetCall failing;
    const char* down;
  };
  constexpr Case cases[] = {{PuppetDmaFill, "DmaStop(1); PreInt"},
                            {PuppetDmaEnable, "DmaStop(1); DmaDisable(1); PreInt"},
                            {PuppetDmaStart, "DmaStop(1); DmaDisable(1); DmaFlush(1); PreInt"}};
  for (const Case& each : cases) {
    Rig rig(1);
    rig.orders(1).Status[each.failing] = kFailure;
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      manager.wait_until_settled();
      const std::string log = rig.log(1);
      EXPECT_NE(log.find(each.down), std::string::npos) << log;
      EXPECT_NE(rig.requests().find("START=C000009E"), std::string::npos);
    });
  }
}

TEST(DmaEnabler, WDF_321_TheMarkOutlivesTheEntryThatFailed) {
  // A PDO is started again with the enabler it had.
  for (PuppetCall failing : {PuppetDmaFill, PuppetDmaEnable}) {
    WdfRig rig;
    rig.orders(1).Children = rig.orders(1).ChildrenRaw = 1;
    rig.orders(2).Enablers = 1;
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      manager.wait_until_settled();
      const auto child = manager.find(rig.node(manager).id)->children.at(0)->id;
      EXPECT_TRUE(manager.disable(child).ok());
      rig.orders(2).Status[failing] = kFailure;
      rig.orders(2).SetFailedIn = 1 + failing;
      rig.orders(2).SetFailedAction = 2;  // no new instance
      manager.enable(child);
      manager.wait_until_settled();
      rig.orders(2).Status[failing] = 0;
      rig.orders(2).SetFailedIn = 0;
      rig.log();
      manager.disable(child);
      EXPECT_TRUE(manager.enable(child).ok());
      EXPECT_NE(rig.log(2).find("2:DmaFill(1); 2:DmaEnable(1); 2:DmaStart(1)"), std::string::npos);
      EXPECT_TRUE(manager.disable(child).ok());
      const std::string log = rig.log(2);
      EXPECT_NE(
          log.find(failing == PuppetDmaFill ? "2:DmaStop(1); 2:PreInt" : "2:DmaStop(1); 2:DmaDisable(1); 2:PreInt"),
          std::string::npos)
          << log;
    });
  }
}

TEST(DmaEnabler, WDF_322_ALateOneComesDownBeforeItEverCameUp) {
  Rig rig(1, "wdf_dma", kDmaLate);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    const std::string four_up =
        "PostInt(D3Final); DmaFill(1); DmaEnable(1); DmaStart(1); DmaFill(2); DmaEnable(2); "
        "DmaStart(2); DmaFill(3); DmaEnable(3); DmaStart(3); DmaFill(4); DmaEnable(4); "
        "DmaStart(4)";
    EXPECT_EQ(rig.log(), "D0Entry(D3Final); " + four_up + "; SmInit");
    const std::string down = rig.fall_asleep();
    EXPECT_NE(down.find("DmaStop(4); DmaDisable(4); DmaFlush(4); DmaStop(5); DmaDisable(5); DmaFlush(5); PreInt(D3)"),
              std::string::npos)
        << down;
    const std::string up = rig.wake_up();
    EXPECT_TRUE(up.ends_with("DmaStart(4); DmaFill(5); DmaEnable(5); DmaStart(5)")) << up;
    rig.checked(5);
  });
}

TEST(DmaEnabler, WDF_324_WDF_472_WhatTheDeviceWritesAfterD0ExitIsNamed) {
  for (const bool late : {false, true}) {
    Rig rig(1);
    rig.orders(1).WaitsIn = 1 + (late ? PuppetReleaseHardware : PuppetSmSuspend);
    rig.orders(1).WaitMilliseconds = 20;
    if (late) rig.expect({"WDF-472"});
    rig.run([&](Manager& manager) {
      rig.start(manager);
      machine::Machine& machine = machine::Machine::current();
      void* page = machine.memory().allocate_pages(1);
      rig.beside([&] { EXPECT_TRUE(manager.rebalance(rig.node(manager).id).ok()); },
                 [&] {
                   rig.sleep(10ms);
                   EXPECT_EQ(rig.count(PuppetDmaFlush), late ? 1u : 0u);
                   EXPECT_TRUE(rig.model->write_memory(machine.memory().pa_of(page)));
                 });
    });
  }
}

TEST(DmaEnabler, WDF_323_TheAdapterStaysUntilTheEnablerGoes) {
  Rig rig(1, "wdf_dma", kDmaBare);
  rig.run([&](Manager& manager) {
    rig.start(manager);
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    const std::string log = rig.log();
    EXPECT_TRUE(log.ends_with("ReleaseHardware; SmCleanup; ObjCleanup")) << log;  // and no DMA callback after
    rig.checked(2);
  });
}

TEST(DmaEnabler, WDF_325_CommonBuffersLiveUntilDeletedOrJustBeforeTheDevice) {
  Rig rig(1, "wdf_dma", kDmaBuffers);
  rig.run([&](Manager& manager) {
    rig.start(manager);
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    const std::string log = rig.log();
    EXPECT_TRUE(
        log.ends_with("ReleaseHardware; ChildObjCleanup(1); Note(1); ChildObjDestroy(1); SmCleanup; "
                      "ChildObjCleanup(2); ObjCleanup; ChildObjDestroy(2)"))
        << log;
    rig.checked(12);
    for (unsigned irql : rig.irqls_of(PuppetChildObjCleanup)) EXPECT_EQ(irql, 0u);  // WDF-354
  });
}

}  // namespace
}  // namespace drydock::test::wdf
