// What a driver leaves behind when it goes, and what it may not do on the way in.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "contract/ntos/kernel_rig.h"
#include "nt/bugcheck.h"
#include "nt/status.h"
#include "ntos/io/device.h"
#include "ntos/io/irp_ledger.h"
#include "ntos/ob/object.h"

namespace drydock::tests {
namespace {

using machine::OutcomeKind;
using namespace nt;
namespace io = ntos::io;

/// Loads and unloads; what it did wrong is in the rig.
OutcomeKind load_and_unload(KernelRig& rig, const char* name) {
  const image::PeImage& image = guest(name);
  return rig.run([&] {
    io::LoadResult loaded = io::load_driver(image, "sample");
    if (loaded.driver != nullptr) io::unload_driver(loaded.driver);
  });
}

TEST(Unload, IO_023_AThousandLoadsLeaveNothing) {
  KernelRig rig;
  const image::PeImage& image = guest("test/small_wdm");
  EXPECT_EQ(rig.run([&] {
    std::size_t pages = 0;
    for (int i = 0; i < 1000; ++i) {
      io::LoadResult loaded = io::load_driver(image, "small_wdm");
      EXPECT_EQ(loaded.status, STATUS_SUCCESS);
      EXPECT_TRUE(io::unload_driver(loaded.driver).left_behind.empty());
      if (i == 10) pages = machine::Machine::current().memory().pages_in_use();
    }
    EXPECT_EQ(machine::Machine::current().memory().pages_in_use(), pages);
    EXPECT_TRUE(io::drivers().empty());
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

TEST(Unload, IO_022_ASecondLoadUnderTheSameNameIsRefused) {
  KernelRig rig;
  const image::PeImage& image = guest("test/small_wdm");
  EXPECT_EQ(rig.run([&] {
    io::LoadResult first = io::load_driver(image, "small_wdm");
    io::LoadResult second = io::load_driver(image, "small_wdm");
    EXPECT_EQ(second.driver, nullptr);
    EXPECT_EQ(second.status, STATUS_OBJECT_NAME_COLLISION);
    EXPECT_EQ(io::unload_driver(first.driver).status, STATUS_SUCCESS);
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

TEST(Unload, IO_021_AnOpenHandleKeepsTheDriver) {
  KernelRig rig;
  const image::PeImage& image = guest("test/small_wdm");
  EXPECT_EQ(rig.run([&] {
    DRIVER_OBJECT* driver = io::load_driver(image, "small_wdm").driver;
    io::user::File file = io::user::open(u"\\Device\\SmallWdm");
    EXPECT_TRUE(file);
    EXPECT_EQ(io::unload_driver(driver).status, STATUS_DEVICE_BUSY);
    file.close();
    EXPECT_EQ(io::unload_driver(driver).status, STATUS_SUCCESS);
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

TEST(Unload, IO_024_ForgottenPoolIsNamedWithItsCaller) {
  KernelRig rig;
  EXPECT_EQ(load_and_unload(rig, "zoo/leaks_pool"), OutcomeKind::Completed);
  ASSERT_EQ(rig.findings().size(), 1u) << rig.what_happened();
  EXPECT_EQ(rig.findings()[0].bug_check->code, DRIVER_VERIFIER_DETECTED_VIOLATION);
  EXPECT_EQ(rig.findings()[0].bug_check->parameters[0], 0x62u);
  EXPECT_THAT(rig.findings()[0].summary, ::testing::HasSubstr("leaks_pool.sys!DriverEntry"));
}

TEST(Unload, IO_025_ATimerThatIsStillSetIsNamed) {
  KernelRig rig;
  EXPECT_EQ(load_and_unload(rig, "zoo/unload_with_timer"), OutcomeKind::Completed);
  ASSERT_GE(rig.findings().size(), 1u);
  EXPECT_EQ(rig.findings()[0].bug_check->code, TIMER_OR_DPC_INVALID) << rig.what_happened();
}

TEST(Load, IO_026_DriverEntryMustComeBackAtPassiveLevel) {
  KernelRig rig;
  EXPECT_EQ(load_and_unload(rig, "zoo/lock_never_released"), OutcomeKind::BugCheck);
  EXPECT_EQ(rig.stop_code(), IRQL_UNEXPECTED_VALUE) << rig.what_happened();
}

TEST(Load, IO_006_CompletedTwiceIsBugCheck44) {
  KernelRig rig;
  EXPECT_EQ(load_and_unload(rig, "zoo/completes_twice"), OutcomeKind::BugCheck);
  EXPECT_EQ(rig.stop_code(), MULTIPLE_IRP_COMPLETE_REQUESTS) << rig.what_happened();
}

TEST(Load, IO_027_TheTwinsAreClean) {
  for (const char* name : {"zoo/leaks_pool_fixed", "zoo/unload_with_timer_fixed", "zoo/lock_never_released_fixed",
                           "zoo/completes_twice_fixed", "zoo/forgets_to_complete_fixed"}) {
    KernelRig rig;
    EXPECT_EQ(load_and_unload(rig, name), OutcomeKind::Completed) << name;
    EXPECT_TRUE(rig.findings().empty()) << name << ": " << rig.what_happened();
  }
}

}  // namespace
}  // namespace drydock::tests
