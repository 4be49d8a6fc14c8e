// A driver that calls the kernel through the DDK's own headers (tests/guest/kernel_calls.c).

#include <gtest/gtest.h>

#include "contract/ntos/kernel_rig.h"
#include "ntos/io/driver.h"

namespace drydock::tests {
namespace {

TEST(KernelCalls, AnswerAsTheDdkExpects) {
  const image::PeImage& driver = guest("test/kernel_calls");
  KernelRig rig({.processors = 2});
  EXPECT_EQ(rig.run([&] {
              auto loaded = ntos::io::load_driver(driver, "kernel_calls");
              EXPECT_EQ(loaded.status, 0) << "first failure at tests/guest/kernel_calls.c:" << (loaded.status & 0xFFFF) << ' '
                                          << loaded.failure;
              if (loaded.driver != nullptr) ntos::io::unload_driver(loaded.driver);
            }),
            machine::OutcomeKind::Completed)
      << rig.what_happened();
  EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
}

}  // namespace
}  // namespace drydock::tests
