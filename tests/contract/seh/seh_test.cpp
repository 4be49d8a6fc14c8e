// Structured exceptions of drivers that clang compiled, through the whole kernel. The drivers check and report by
// DriverEntry's status: 0xE0000000 and the line of the first check that failed.

#include <gtest/gtest.h>

#include "contract/ntos/kernel_rig.h"
#include "image/loader.h"
#include "machine/processor.h"
#include "nt/bugcheck.h"
#include "nt/status.h"

namespace drydock::tests {
namespace {

using namespace nt;
namespace io = ntos::io;

class Seh : public ::testing::TestWithParam<const char*> {
 protected:
  void expect_success(std::initializer_list<const char*> drivers) {
    std::vector<const image::PeImage*> images;
    for (const char* name : drivers) images.push_back(&guest(std::string("test/") + name));
    const machine::OutcomeKind outcome = rig_.run([&] {
      std::vector<DRIVER_OBJECT*> loaded;
      for (const image::PeImage* image : images) {
        const io::LoadResult result = io::load_driver(*image, image->name().substr(0, image->name().find('.')));
        EXPECT_EQ(result.status, STATUS_SUCCESS)
            << image->name() << ": line " << (static_cast<std::uint32_t>(result.status) & 0xFFFF) << " "
            << result.failure;
        if (result.driver) loaded.push_back(result.driver);
      }
      EXPECT_EQ(machine::current_irql(), PASSIVE_LEVEL);
      EXPECT_EQ(machine::innermost_border(), nullptr);
      for (; !loaded.empty(); loaded.pop_back()) EXPECT_EQ(io::unload_driver(loaded.back()).status, STATUS_SUCCESS);
    });
    EXPECT_EQ(outcome, machine::OutcomeKind::Completed) << rig_.what_happened();
  }

  KernelRig rig_;
};

TEST_P(Seh, TheDriversOwnChecksHold) {
  expect_success({GetParam()});
}

INSTANTIATE_TEST_SUITE_P(Drivers, Seh,
                         ::testing::Values("seh_probe", "seh_copy", "seh_finally", "seh_nested", "seh_continue"),
                         [](const auto& param) { return std::string(param.param); });

TEST_F(Seh, ARaiseInALowerDriverReachesTheUpperOne) {
  expect_success({"seh_lower", "seh_upper"});
}

TEST_F(Seh, AnExceptionInADpcIsNoneOfTheInterruptedThread) {
  const image::PeImage& image = guest("test/seh_dpc");
  rig_.run([&] { io::load_driver(image, "seh_dpc"); });
  EXPECT_EQ(rig_.stop_code(), KMODE_EXCEPTION_NOT_HANDLED) << rig_.what_happened();
  EXPECT_NE(rig_.what_happened().find("seh_dpc.sys!Routine"), std::string::npos) << rig_.what_happened();
  EXPECT_NE(rig_.what_happened().find("(interrupted)"), std::string::npos) << rig_.what_happened();
}

/// Compilers call it with a size in RAX and expect every register back.
TEST_F(Seh, StackProbesKeepTheirArgument) {
  EXPECT_EQ(rig_.run([] {
    const void* probe = image::Images::current().address_of_export("ntoskrnl.exe", "__chkstk");
    ASSERT_TRUE(probe);
    for (std::uint64_t bytes : {0x8ull, 0x1000ull, 0x1001ull, 0x4000ull})
      EXPECT_EQ(machine::call_guest(probe, nullptr, 0, bytes), bytes);
  }),
            machine::OutcomeKind::Completed)
      << rig_.what_happened();
}

TEST_F(Seh, AStackProbeBeyondTheStackIsAStackOverflow) {
  rig_.run([] {
    machine::call_guest(image::Images::current().address_of_export("ntoskrnl.exe", "__chkstk"), nullptr, 0, 0x6000);
  });
  EXPECT_EQ(rig_.stop_code(), UNEXPECTED_KERNEL_MODE_TRAP) << rig_.what_happened();
}

}  // namespace
}  // namespace drydock::tests
