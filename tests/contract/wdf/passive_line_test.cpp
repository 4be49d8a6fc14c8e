// A line whose service routine runs at PASSIVE_LEVEL, on wdf_puppet.sys.

#include "contract/wdf/wdf_rig.h"
#include "machine/processor.h"

namespace drydock::test::wdf {
namespace {

TEST(WdfPassiveLine, ItIsHeldUntilItsServiceRoutineHasRun) {
  WdfRig rig;
  rig.use_line();
  rig.orders(1).Interrupts = 1;
  rig.orders(1).InterruptPassive = 1;
  rig.on(PuppetIsr, [&rig] { rig.model->line(false); });
  rig.run([&rig](Manager& manager) {
    manager.enumerate_root();
    for (int again = 0; again < 2; ++again) {
      rig.log();
      // No thread can serve it meanwhile: long enough for a storm, if it went on interrupting.
      const KIRQL before = machine::raise_irql(DISPATCH_LEVEL);
      rig.model->line(true);
      for (int i = 0; i < 50; ++i) machine::stall(1ms);
      EXPECT_EQ(rig.log(), "");
      machine::lower_irql(before);
      rig.sleep(1ms);
      EXPECT_EQ(rig.log(), "Isr(1); WorkItem(1)");
    }
  });
}

TEST(WdfPassiveLine, OneThatIsStillUpAfterItsServiceRoutineIsServedAgain) {
  WdfRig rig;
  rig.use_line();
  rig.orders(1).Interrupts = 1;
  rig.orders(1).InterruptPassive = 1;
  unsigned served = 0;
  rig.on(PuppetIsr, [&] {
    if (++served == 3) rig.model->line(false);
  });
  rig.run([&rig](Manager& manager) {
    manager.enumerate_root();
    rig.log();
    rig.model->line(true);
    rig.sleep(1ms);
    EXPECT_EQ(rig.count(PuppetIsr), 3u);
  });
}

TEST(WdfPassiveLine, ADeviceCanGoWhileItIsHeld) {
  WdfRig rig;
  rig.use_line();
  rig.orders(1).Interrupts = 1;
  rig.orders(1).InterruptPassive = 1;
  rig.on(PuppetIsr, [&rig] {
    rig.sleep(5ms);
    rig.model->line(false);
  });
  rig.run([&rig](Manager& manager) {
    manager.enumerate_root();
    rig.model->line(true);
    rig.sleep(1ms);
    EXPECT_TRUE(manager.disable(rig.node(manager).id).ok());
    EXPECT_EQ(rig.count(PuppetIsr), 1u);
    EXPECT_EQ(rig.count(PuppetReleaseHardware), 1u);
  });
}

}  // namespace
}  // namespace drydock::test::wdf
