// Each driver of the zoo ends in the stop that its planted mistake earns, with a symbolised stack; its repaired twin
// passes.

#include <ostream>

#include "end_to_end/command.h"

namespace drydock::end_to_end {
namespace {

struct Animal {
  const char* name;
  const char* finding;  ///< on one line with its code
  const char* code;     ///< "" where Windows has none
};

void PrintTo(const Animal& animal, std::ostream* to) {
  *to << animal.name;
}

// use_after_free is not among them: it takes special pool to see it.
constexpr Animal kZoo[] = {
    {"null_write", "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED", "0x7E"},
    {"stack_overflow", "UNEXPECTED_KERNEL_MODE_TRAP", "0x7F"},
    {"jump_to_data", "ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY", "0xFC"},
    {"double_free", "BAD_POOL_CALLER", "0xC2"},
    {"wait_at_dispatch", "ATTEMPTED_SWITCH_FROM_DPC", "0xB8"},
    {"spin_at_high_irql", "DPC_WATCHDOG_VIOLATION", "0x133"},
    {"completes_twice", "MULTIPLE_IRP_COMPLETE_REQUESTS", "0x44"},
    {"lock_taken_twice", "SPIN_LOCK_ALREADY_OWNED", "0xF"},
    {"waits_for_ever", "NOTHING_CAN_HAPPEN_ANY_MORE", ""},
    {"forgets_to_complete", "NOTHING_CAN_HAPPEN_ANY_MORE", ""},
    {"count_at_high_irql", "DPC_WATCHDOG_VIOLATION", "0x133"},
    {"lock_never_released", "IRQL_UNEXPECTED_VALUE", "0xC8"},
    {"divide_by_zero", "UNEXPECTED_KERNEL_MODE_TRAP", "0x7F"},
    {"calls_bug_check", "MANUALLY_INITIATED_CRASH", "0xE2"},
    {"leaks_pool", "DRIVER_VERIFIER_DETECTED_VIOLATION", "0xC4"},
    {"list_corruption", "KERNEL_SECURITY_CHECK_FAILURE", "0x139"},
    {"page_fault_at_dispatch", "DRIVER_IRQL_NOT_LESS_OR_EQUAL", "0xD1"},
    {"passive_call_at_dispatch", "DRIVER_VIOLATION", "0x121"},
    {"pool_overrun", "", ""},
    {"raises_unhandled", "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED", "0x7E"},
    {"unload_with_timer", "TIMER_OR_DPC_INVALID", "0xC7"},
    {"write_to_constant", "ATTEMPTED_WRITE_TO_READONLY_MEMORY", "0xBE"},
};

class Zoo : public testing::TestWithParam<Animal> {};

TEST_P(Zoo, EndsInItsNamedStop) {
  const Animal& animal = GetParam();
  const Ran ran = drydock("run " + guest(std::string("zoo/") + animal.name));
  EXPECT_EQ(ran.exit_code, 1) << ran.output;
  const std::string head = *animal.code == 0 ? animal.finding : std::string(animal.finding) + " (" + animal.code + ")";
  EXPECT_TRUE(ran.says(head)) << head << "\n" << ran.output;
  EXPECT_TRUE(ran.says(std::string(animal.name) + ".sys")) << ran.output;
  EXPECT_NE(ran.last_line().find("drydock replay "), std::string::npos) << ran.output;
}

TEST_P(Zoo, TheRepairedTwinPasses) {
  const std::string name = std::string("zoo/") + GetParam().name;
  if (GetParam().name == std::string("calls_bug_check")) return;  // nothing to repair
  const Ran ran = drydock("run " + guest(name + "_fixed"));
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
}

INSTANTIATE_TEST_SUITE_P(All, Zoo, testing::ValuesIn(kZoo),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace drydock::end_to_end
