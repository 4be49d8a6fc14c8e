// The end of objects (docs/contracts/wdf.md, section 17), on wdf_objects.sys.

#include <gmock/gmock.h>

#include <algorithm>

#include "../../guest/wdf_objects.h"
#include "contract/wdf/wdf_rig.h"
#include "ntos/io/user.h"
#include "ntos/po/system_power.h"

namespace drydock::test::wdf {
namespace {

namespace user = ntos::io::user;
using ::testing::ElementsAre;

struct Rig : WdfRig {
  explicit Rig(PU32 variant) : WdfRig({}, "wdf_objects") { orders(1).Variant = variant; }
  void start(Manager& manager) {
    manager.enumerate_root();
    log();
  }
  void remove(Manager& manager) { EXPECT_TRUE(manager.remove(node(manager).id).ok()); }
};

TEST(WdfObjects, WDF_351_WDF_360_WhatHangsFromTheDeviceGoesFirstWhatHangsFromTheDriverLast) {
  Rig rig(kObjTree);
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.checked(9);
    rig.remove(manager);
    // Siblings in order of creation (WDF-477); a common buffer before its enabler.
    EXPECT_EQ(rig.log(),
              "SmSuspend; D0Exit(D3Final); SmFlush; SmCleanup; ChildObjCleanup(1); ChildObjCleanup(2); "
              "ChildObjCleanup(3); ChildObjCleanup(4); ChildObjCleanup(6); ChildObjCleanup(5); ChildObjCleanup(7); "
              "ChildObjCleanup(8); ObjCleanup; ChildObjDestroy(1); ChildObjDestroy(2); ChildObjDestroy(3); "
              "ChildObjDestroy(4); ChildObjDestroy(6); ChildObjDestroy(5); ChildObjDestroy(7); ChildObjDestroy(8); "
              "ObjDestroy; Unload; ChildObjCleanup(9); ChildObjDestroy(9)");
  });
}

TEST(WdfObjects, WDF_347_WDF_355_WDF_357_WDF_477_WDF_478_ReferencesHoldOffDestructionAlone) {
  Rig rig(kObjSelfTest);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.checked(6);
    const std::string log = rig.log();
    EXPECT_EQ(log.find("PrepareHardware; ChildObjCleanup(23); ChildObjCleanup(21); ChildObjCleanup(22); "
                       "ChildObjCleanup(20); ChildObjDestroy(23); ChildObjDestroy(21); ChildObjDestroy(20); Note(1); "
                       "ChildObjDestroy(22); Note(2); "),
              0u)
        << log;
  });
}

TEST(WdfObjects, WDF_354_DeletedAtDispatchLevelSomeAreCleanedUpAtPassiveLevel) {
  Rig rig(kObjSelfTest);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.sleep(5ms);
    rig.checked(6);
    unsigned seen = 0;
    for (unsigned i = 0; i < rig.puppet().Calls; ++i) {
      const PUPPET_ENTRY& entry = rig.puppet().Log[i];
      if (entry.Call != PuppetChildObjCleanup && entry.Call != PuppetChildObjDestroy) continue;
      if (entry.Argument < kObjDispatch) continue;
      EXPECT_EQ(entry.Irql, entry.Argument < kObjPassive ? 2u : 0u) << entry.Argument;
      ++seen;
    }
    EXPECT_EQ(seen, 2u * (3 + kObjPassiveEnd - kObjPassiveTimer));
  });
}

TEST(WdfObjects, WDF_354_TwoKindsAreDeletedAtPassiveLevelOnly) {
  Rig rig(kObjDeletesHigh);
  rig.expect({"WDF-438", "WDF-438"});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.sleep(5ms);
    rig.checked(5);
  });
}

TEST(WdfObjects, WDF_353_ADeletedQueueWaitsForItsRequests) {
  Rig rig(kObjQueueDelete);
  rig.run([&](Manager& manager) {
    rig.start(manager);
    user::File file = user::open(rig.device(manager));
    auto kept = file.start_read(4);
    auto waiting = file.start_read(4);
    EXPECT_EQ(file.ioctl(0x222000).status, STATUS_SUCCESS);
    EXPECT_EQ(waiting->wait().status, STATUS_CANCELLED);  // purged
    EXPECT_EQ(kept->wait().status, STATUS_SUCCESS);
    // Cleanup when the driver had given the request back, and the call returned after that.
    EXPECT_EQ(rig.log(), "Note(1); ChildObjCleanup(1); ChildObjDestroy(1); Note(2)");
    rig.checked();
  });
}

TEST(WdfObjects, WDF_350_TheDevicesOwnCleanupComesBeforeRemoveGoesDown) {
  Rig rig(kObjHeldDevice);
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.remove(manager);
    const std::string log = rig.log();
    // A reference: destruction comes long after REMOVE.
    EXPECT_TRUE(log.ends_with("SmFlush; SmCleanup; ObjCleanup; Unload; ObjDestroy")) << log;
    EXPECT_EQ(rig.irql_of(PuppetObjCleanup), 0u);
    EXPECT_TRUE(rig.requests().ends_with("REMOVE"));
  });
}

TEST(WdfObjects, WDF_350_WDF_140_TheUpperDriversCleanupPrecedesTheLowerDriversTurn) {
  WdfRig rig;
  rig.add_filter(true);
  rig.orders(2).Filter = 1;
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    rig.log();
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
    const std::string log = rig.log();
    EXPECT_NE(log.find("2:SmCleanup; 2:ObjCleanup; SmSuspend; "), std::string::npos) << log;
  });
}

TEST(WdfObjects, WDF_356_WDF_463_WhatOnlyTheFrameworkDeletesStays) {
  Rig rig(kObjRefused);
  rig.expect(std::vector<std::string>(8, "WDF-463"));
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.checked(6);
    rig.remove(manager);
    EXPECT_TRUE(rig.log().ends_with("ChildObjDestroy(1); ObjDestroy; Unload"));
  });
}

TEST(WdfObjects, WDF_361_WDF_283_AControlDeviceKeepsTheImageAndHasNoManagedQueues) {
  Rig rig(kObjControl);
  rig.run([&](Manager& manager) {
    rig.start(manager);
    rig.checked(3);
    NTSTATUS status;
    user::File file = user::open(u"\\Device\\WdfObjects", &status);
    ASSERT_EQ(status, STATUS_SUCCESS);
    ntos::po::sleep(PowerSystemSleeping3);
    EXPECT_EQ(file.ioctl(0x222000).status, STATUS_SUCCESS);  // nothing holds its queue
    ntos::po::wake();
    rig.sleep(1ms);
    file.close();
    rig.log();
    rig.remove(manager);
    EXPECT_TRUE(rig.log().ends_with("ObjCleanup; ObjDestroy"));  // no Unload
    rig.sleep(100ms);
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(), "Note(3); Unload");
  });
}

TEST(WdfObjects, WDF_285_AQueueIsBornAsTheOthersAre) {
  Rig rig(kObjQueues);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    // 1: open, 2: held, 3: takes nothing.
    EXPECT_EQ(rig.log(), "Note(2); PrepareHardware; Note(2); D0Entry(D3Final); Note(2); SmInit; Note(1)");
    ntos::po::sleep(PowerSystemSleeping3);
    EXPECT_EQ(rig.log(), "SmSuspend; Note(1); D0Exit(D3); Note(2)");
    ntos::po::wake();
    rig.sleep(1ms);
    EXPECT_EQ(rig.log(), "D0Entry(D3); Note(2)");
    rig.remove(manager);
    EXPECT_EQ(rig.log().find("SmSuspend; Note(1); D0Exit(D3Final); Note(2); SmFlush; Note(3); SmCleanup"), 0u);
    rig.checked(7);
  });
}

}  // namespace
}  // namespace drydock::test::wdf
