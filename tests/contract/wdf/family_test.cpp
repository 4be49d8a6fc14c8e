// Who releases first when a bus fails, the bus or its children (docs/contracts/wdf.md, section 11).

#include "contract/wdf/wdf_rig.h"
#include "ntos/po/system_power.h"

namespace drydock::test::wdf {
namespace {

constexpr PU32 kFailure = 0xC0000001;

/// Device 1 is a bus, 2 its child: a raw PDO.
struct BusRig : WdfRig {
  BusRig() { orders(1).Children = orders(1).ChildrenRaw = 1; }
  void start(Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    log();
    requests();
  }
  std::string sleep_and_wake(Manager& manager) {
    ntos::po::sleep(PowerSystemSleeping3);
    log();
    ntos::po::wake();
    sleep(1ms);
    manager.wait_until_settled();
    return log();
  }
};

TEST(WdfFamily, WDF_259_EarlyReleasesAtOnceWhileTheChildStillHoldsItsOwn) {
  BusRig rig;
  rig.orders(1).Status[PuppetD0Entry] = kFailure;
  rig.orders(1).FailAfter[PuppetD0Entry] = 1;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    const std::string log = rig.sleep_and_wake(manager);
    EXPECT_EQ(log.find("D0Entry(D3); ReleaseHardware; SmFlush; "), 0u) << log;
    EXPECT_GT(log.find("2:ReleaseHardware"), log.find("; ReleaseHardware")) << log;
    EXPECT_NE(log.find("2:ReleaseHardware"), std::string::npos) << log;
  });
}

TEST(WdfFamily, WDF_260_WDF_264_AfterDescendantsReleasesWhenNoChildHoldsAnythingAnyMore) {
  BusRig rig;
  rig.orders(1).ReleaseLate = 1;
  rig.orders(1).Status[PuppetD0Entry] = kFailure;
  rig.orders(1).FailAfter[PuppetD0Entry] = 1;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    const std::string log = rig.sleep_and_wake(manager);
    const auto own = log.find("; ReleaseHardware");
    ASSERT_NE(own, std::string::npos) << log;
    EXPECT_LT(log.find("2:ReleaseHardware"), own) << log;
    // The child asks for nothing once the bus has nothing: no callback that may touch its hardware.
    for (const char* call : {"2:PrepareHardware", "2:D0Entry", "2:D0Exit", "2:ReleaseHardware", "2:SmRestart"})
      EXPECT_EQ(log.find(call, own), std::string::npos) << log;
  });
}

TEST(WdfFamily, WDF_263_TheOrderIsForPowerFailuresAlone) {
  {
    WdfRig rig;  // in START
    rig.orders(1).ReleaseLate = 1;
    rig.orders(1).Status[PuppetD0Entry] = kFailure;
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      manager.wait_until_settled();
      EXPECT_EQ(rig.log(1).find("DeviceAdd; RemoveAdded; PrepareHardware; D0Entry(D3Final); ReleaseHardware; "), 0u);
    });
  }
  {
    BusRig rig;  // in the START that ends a stop; the child holds nothing then
    rig.orders(1).ReleaseLate = 1;
    rig.orders(1).Status[PuppetD0Entry] = kFailure;
    rig.orders(1).FailAfter[PuppetD0Entry] = 1;
    rig.run([&](Manager& manager) {
      rig.start(manager);
      manager.rebalance(rig.node(manager).id);
      manager.wait_until_settled();
      EXPECT_NE(rig.log(1).find("PrepareHardware; D0Entry(D3Final); ReleaseHardware; SmFlush; SurpriseRemoval"),
                std::string::npos);
    });
  }
  {
    BusRig rig;  // in STOP
    rig.orders(1).ReleaseLate = 1;
    rig.orders(1).Status[PuppetD0Exit] = kFailure;
    rig.run([&](Manager& manager) {
      rig.start(manager);
      manager.rebalance(rig.node(manager).id);
      manager.wait_until_settled();
      const std::string log = rig.log(1);
      EXPECT_NE(log.find("D0Exit(D3Final); ReleaseHardware; SmFlush; SurpriseRemoval"), std::string::npos) << log;
    });
  }
  BusRig rig;  // in SURPRISE_REMOVAL
  rig.orders(1).ReleaseLate = 1;
  rig.orders(1).Status[PuppetD0Exit] = kFailure;
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.unplug();
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(1).find("SurpriseRemoval; SmSuspend; PreInt(D3Final); D0Exit(D3Final); ReleaseHardware"), 0u);
  });
}

TEST(WdfFamily, WDF_265_WDF_258_GrandchildrenGoBeforeChildren) {
  for (const bool pulled : {false, true}) {
    WdfRig rig;  // 1 a bus; 2 its child's PDO; 3 a bus on it; 4 the grandchild's PDO, raw; 5 its function driver
    rig.serve_children();
    rig.orders(1).Children = 1;
    rig.orders(3).Children = 1;
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      manager.wait_until_settled();
      EXPECT_EQ(rig.count(PuppetSmInit), 5u);
      rig.log();
      if (pulled)
        rig.unplug();
      else
        EXPECT_TRUE(manager.remove(manager.find_id(kWdfId)->id).ok());
      manager.wait_until_settled();
      const std::string log = "; " + rig.log();
      std::size_t last = 0;
      for (const char* each : {"; 5:", "; 4:", "; 3:", "; 2:", "; "}) {
        const auto at = log.find(std::string(each) + "ReleaseHardware");
        ASSERT_NE(at, std::string::npos) << each << log;
        EXPECT_GE(at, last) << log;
        last = at;
      }
    });
  }
}

}  // namespace
}  // namespace drydock::test::wdf
