// wdm_echo.sys under random schedules and refusals: nothing is lost, nothing is left, and a seed is a run.

#include <gtest/gtest.h>

#include "../../../drivers/wdm_echo/wdm_echo_ioctl.h"
#include "contract/ntos/kernel_rig.h"
#include "ntos/io/irp_ledger.h"
#include "ntos/ob/object.h"

namespace drydock::tests {
namespace {

using namespace nt;
namespace io = ntos::io;

constexpr unsigned kSeeds = 100;

/// Reads, writes, cancels and closes in an order that the seed varies; every call may be refused.
void use(io::user::File& file, unsigned seed) {
  auto first = file.start_read(32);
  auto second = file.start_read(16);
  auto at_tick = file.start_ioctl(IOCTL_WDM_ECHO_AT_TICK, bytes_of("tick"), 8);
  file.write(bytes_of("hello world"));
  if (seed % 3 == 0)
    second->cancel();
  else
    file.write(bytes_of("again"));
  unsigned count = 100;
  file.ioctl(IOCTL_WDM_ECHO_GENERATE, std::as_bytes(std::span(&count, 1)));
  if (seed % 2 != 0) file.start_read(50)->cancel();
  at_tick->cancel();
  if (seed % 5 == 0) file.close();
  first->cancel();
  second->cancel();
}

/// The digest of one run.
std::uint64_t run(unsigned seed) {
  const image::PeImage& image = guest("wdm_echo");
  machine::MachineConfig config;
  config.processors = 1 + seed % 4;
  config.strategy = [seed] { return machine::random(seed); };
  KernelRig rig(config);
  machine::OutcomeKind outcome = rig.run([&] {
    io::LoadResult loaded = io::load_driver(image, "wdm_echo");
    if (loaded.driver == nullptr) return;  // refused
    {
      io::user::File file = io::user::open(u"\\\\.\\WdmEcho");
      if (file) use(file, seed);
    }
    EXPECT_EQ(io::unload_driver(loaded.driver).status, STATUS_SUCCESS) << "seed " << seed;
    EXPECT_TRUE(io::live_irps().empty()) << "seed " << seed;
    EXPECT_TRUE(ntos::ob::open_handles().empty()) << "seed " << seed;
  });
  EXPECT_EQ(outcome, machine::OutcomeKind::Completed) << "seed " << seed << ": " << rig.what_happened();
  EXPECT_TRUE(rig.findings().empty()) << "seed " << seed << ": " << rig.what_happened();
  return rig.machine().trace().digest_value();
}

TEST(WdmEchoAtRandom, IO_015_NoRequestIsLostAndASeedIsARun) {
  for (unsigned seed = 1; seed <= kSeeds; ++seed) EXPECT_EQ(run(seed), run(seed)) << "seed " << seed;
}

}  // namespace
}  // namespace drydock::tests
