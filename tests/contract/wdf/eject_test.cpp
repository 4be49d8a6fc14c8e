// Ejection of a child (docs/contracts/wdf.md, section 16).

#include "contract/wdf/wdf_rig.h"

namespace drydock::test::wdf {
namespace {

struct Rig : WdfRig {
  Rig() {
    orders(1).Children = orders(1).ChildrenRaw = 1;
    orders(2).Ejectable = 1;
  }
  ntos::pnp::DevnodeId start(Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    log();
    requests();
    return manager.find(node(manager).id)->children.at(0)->id;
  }
};

constexpr const char* kRemoved =
    "2:QueryRemove; 2:SmSuspend; 2:PreInt(D3Final); 2:D0Exit(D3Final); "
    "2:ReleaseHardware; 2:SmFlush; ";

TEST(WdfEject, WDF_340_WDF_341_S36_TheChildIsRemovedEjectedAndGone) {
  Rig rig;
  rig.run([&](Manager& manager) {
    const auto child = rig.start(manager);
    EXPECT_TRUE(manager.eject(child).ok());
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(), std::string(kRemoved) + "2:Eject; 2:ReportedMissing; 2:SmCleanup; 2:ObjCleanup; 2:ObjDestroy");
    EXPECT_EQ(rig.requests(), "QUERY_REMOVE REMOVE EJECT REMOVE");
  });
}

TEST(WdfEject, WDF_342_S44_AFailedEjectLeavesAChildThatCanBeStartedAgain) {
  Rig rig;
  rig.orders(2).Status[PuppetEject] = 0xC0000120;
  rig.run([&](Manager& manager) {
    const auto child = rig.start(manager);
    manager.eject(child);
    manager.wait_until_settled();
    EXPECT_EQ(rig.log(), std::string(kRemoved) + "2:Eject");
    EXPECT_NE(rig.requests().find("EJECT=C0000120"), std::string::npos);
    ASSERT_NE(manager.find(child), nullptr);
    EXPECT_TRUE(manager.start(child).ok());
    EXPECT_EQ(rig.log(), "2:PrepareHardware; 2:D0Entry(D3Final); 2:PostInt(D3Final); 2:SmRestart");
  });
}

TEST(WdfEject, WDF_342_WDF_224_WDF_456_NotSupportedIsNoAnswer) {
  Rig rig;
  rig.orders(2).Status[PuppetEject] = 0xC00000BB;
  rig.expect({"WDF-456"});
  rig.run([&](Manager& manager) {
    manager.eject(rig.start(manager));
    manager.wait_until_settled();
  });
}

}  // namespace
}  // namespace drydock::test::wdf
