// Faults that nobody handles: the stop Windows gives, with its parameters, a sentence and a stack by name.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "contract/ntos/kernel_rig.h"
#include "image/loader.h"
#include "nt/bugcheck.h"
#include "nt/status.h"

namespace drydock::tests {
namespace {

using ::testing::HasSubstr;
using namespace nt;
namespace io = ntos::io;

constexpr std::uint64_t kAny = 0x616E79;

struct Stop {
  const char* driver;
  std::uint32_t code;
  std::array<std::uint64_t, 4> parameters;
  const char* sentence;
  const char* frame;
};

void PrintTo(const Stop& stop, std::ostream* out) {
  *out << stop.driver;
}

class StopOf : public ::testing::TestWithParam<Stop> {};

TEST_P(StopOf, HasCodeParametersSentenceAndStack) {
  const Stop& wanted = GetParam();
  const image::PeImage& image = guest(std::string("zoo/") + wanted.driver);
  KernelRig rig;
  const auto outcome = rig.run([&] { io::load_driver(image, wanted.driver); });
  EXPECT_EQ(outcome, machine::OutcomeKind::BugCheck);
  ASSERT_EQ(rig.stop_code(), wanted.code) << rig.what_happened();
  const machine::Finding& finding = rig.findings().back();
  EXPECT_EQ(finding.rule, bugcheck_name(wanted.code));
  for (unsigned i = 0; i < 4; ++i) {
    if (wanted.parameters[i] == kAny) continue;
    EXPECT_EQ(finding.bug_check->parameters[i], wanted.parameters[i]) << "parameter " << i + 1;
  }
  EXPECT_THAT(finding.summary, HasSubstr(wanted.sentence));
  ASSERT_FALSE(finding.stack.empty());
  std::string stack;
  for (const machine::StackFrame& frame : finding.stack) stack += frame.symbol + "\n";
  EXPECT_THAT(stack, HasSubstr(std::string(wanted.driver) + ".sys!" + wanted.frame));

  // The host is fine and runs the next.
  const image::PeImage& fixed = guest(std::string("zoo/") + wanted.driver + "_fixed");
  KernelRig next;
  EXPECT_EQ(next.run([&] {
    const io::LoadResult loaded = io::load_driver(fixed, wanted.driver);
    EXPECT_EQ(loaded.status, STATUS_SUCCESS) << loaded.failure;
  }),
            machine::OutcomeKind::Completed)
      << next.what_happened();
}

TEST(Stops, ACallIntoAnUnloadedDriverNamesIt) {
  const image::PeImage& image = guest("zoo/null_write_fixed");
  KernelRig rig;
  rig.run([&] {
    const io::LoadResult loaded = io::load_driver(image, "gone");
    ASSERT_TRUE(loaded.driver) << loaded.failure;
    const void* routine = image::Images::current().find("null_write_fixed.sys")->entry();
    EXPECT_EQ(io::unload_driver(loaded.driver).status, STATUS_SUCCESS);
    machine::call_guest(routine, nullptr, 0);
  });
  EXPECT_EQ(rig.stop_code(), DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS) << rig.what_happened();
  EXPECT_THAT(rig.what_happened(), HasSubstr("null_write_fixed.sys"));
}

TEST(Stops, ACallThroughNullNamesTheCaller) {
  KernelRig rig;
  rig.run([] { machine::call_guest(nullptr, nullptr, 0); });
  EXPECT_EQ(rig.stop_code(), SYSTEM_THREAD_EXCEPTION_NOT_HANDLED) << rig.what_happened();
  EXPECT_THAT(rig.what_happened(), HasSubstr("jumped to 0x0, a null pointer"));
}

INSTANTIATE_TEST_SUITE_P(
    Zoo, StopOf,
    ::testing::Values(
        Stop{"null_write",
             SYSTEM_THREAD_EXCEPTION_NOT_HANDLED,
             {0xC0000005, kAny, kAny, kAny},
             "wrote to 0x0, a null pointer",
             "DriverEntry"},
        Stop{"raises_unhandled",
             SYSTEM_THREAD_EXCEPTION_NOT_HANDLED,
             {0xC0000022, kAny, kAny, kAny},
             "STATUS_ACCESS_DENIED",
             "DriverEntry"},
        Stop{"page_fault_at_dispatch",
             DRIVER_IRQL_NOT_LESS_OR_EQUAL,
             {0xFFFF8000DEAD0000, 2, 0, kAny},
             "read from 0xffff8000dead0000",
             "DriverEntry"},
        Stop{"jump_to_data",
             ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY,
             {kAny, kAny, kAny, kAny},
             "jumped to jump_to_data.sys!data",
             "DriverEntry"},
        Stop{"write_to_constant",
             ATTEMPTED_WRITE_TO_READONLY_MEMORY,
             {kAny, kAny, kAny, kAny},
             "which is read-only",
             "DriverEntry"},
        Stop{"divide_by_zero", UNEXPECTED_KERNEL_MODE_TRAP, {0, 0, 0, 0}, "divided by zero", "DriverEntry"},
        Stop{"stack_overflow",
             UNEXPECTED_KERNEL_MODE_TRAP,
             {8, kAny, 0, 0},
             "ran off the end of its 24 KiB stack",
             "Descend"},
        Stop{"list_corruption",
             KERNEL_SECURITY_CHECK_FAILURE,
             {3, kAny, kAny, 0},
             "a list entry is corrupt",
             "DriverEntry"}),
    [](const auto& param) { return std::string(param.param.driver); });

}  // namespace
}  // namespace drydock::tests
