// Structured exceptions of user-mode drivers, on seh_user.dll.

#include "../../guest/seh_user.h"
#include "contract/wdf/umdf_rig.h"

namespace drydock::test::wdf {
namespace {

struct Rig : UmdfRig {
  explicit Rig(PU32 variant) : UmdfRig({.image = "seh_user"}) { orders(1).Variant = variant; }
};

TEST(UmdfExceptions, AreOfferedToFiltersAndUnwoundAsInTheKernel) {
  Rig rig(kSehAll);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
    rig.checked(500);
    EXPECT_FALSE(rig.last_process().ended());
    EXPECT_TRUE(manager.remove(rig.node(manager).id).ok());
  });
}

TEST(UmdfExceptions, WDF_424_OneThatNobodyHandlesEndsTheProcess) {
  for (const PU32 variant : {kSehUnhandled, kSehUnhandledFault}) {
    Rig rig(variant);
    rig.expect({"WDF-424"});
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      manager.wait_until_settled();
      const std::string summary = rig.last_summary();
      EXPECT_NE(summary.find(variant == kSehUnhandled ? "raises STATUS_DEVICE_DATA_ERROR" : "writes at seh_user.dll!"),
                std::string::npos)
          << summary;
      ASSERT_FALSE(rig.last_stack().empty());
      EXPECT_EQ(rig.last_stack()[0].find("seh_user.dll!"), 0u);
    });
  }
}

// The filter is asked about its own exception, too, and raises again.
TEST(UmdfExceptions, WDF_424_AFilterThatAlwaysRaisesEndsTheProcess) {
  Rig rig(kSehFilterRaises);
  rig.expect({"WDF-424"});
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    manager.wait_until_settled();
    EXPECT_NE(rig.last_summary().find("raises STATUS_DEVICE_NOT_READY"), std::string::npos) << rig.last_summary();
  });
}

TEST(UmdfExceptions, WDF_425_WhoGoesFromOneToTheNextForEverMakesNoProgress) {
  for (const PU32 variant : {kSehForEver, kSehTwoForEver}) {
    Rig rig(variant);
    rig.expect({"WDF-425"});
    rig.run([&](Manager& manager) {
      manager.enumerate_root();
      manager.wait_until_settled();
      EXPECT_TRUE(rig.processes()[0]->ended());
    });
  }
}

TEST(UmdfExceptions, WDF_425_ManyWithProgressBetweenThemEndNothing) {
  Rig rig(kSehOften);
  rig.run([&](Manager& manager) {
    manager.enumerate_root();
    EXPECT_EQ(rig.node(manager).state, DevnodeState::Started);
    rig.checked(1);
    EXPECT_FALSE(rig.last_process().ended());
  });
}

}  // namespace
}  // namespace drydock::test::wdf
