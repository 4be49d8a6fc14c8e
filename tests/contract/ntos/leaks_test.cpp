// What a driver keeps at unload is named, with the place that acquired it (tests/guest/leaks.c).

#include <gtest/gtest.h>

#include "contract/ntos/kernel_rig.h"
#include "ntos/io/driver.h"

namespace drydock::tests {
namespace {

TEST(Leaks, MemoryKeptAtUnloadIsNamedWithWhoAcquiredIt) {
  const image::PeImage& driver = guest("test/leaks");
  KernelRig rig;
  EXPECT_EQ(rig.run([&] {
    auto loaded = ntos::io::load_driver(driver, "leaks");
    ASSERT_NE(loaded.driver, nullptr) << loaded.failure;
    ntos::io::unload_driver(loaded.driver);
  }),
            machine::OutcomeKind::Completed)
      << rig.what_happened();
  std::string told = rig.what_happened();
  for (const char* line : {"MDL mapping of 100 bytes, from leaks.sys!DriverEntry",
                           "contiguous memory of 12288 bytes, from leaks.sys!DriverEntry",
                           "device memory mapping of 4096 bytes, from leaks.sys!DriverEntry",
                           "locked pages of 100 bytes, from leaks.sys!DriverEntry"})
    EXPECT_NE(told.find(line), std::string::npos) << line << "\n" << told;
}

}  // namespace
}  // namespace drydock::tests
