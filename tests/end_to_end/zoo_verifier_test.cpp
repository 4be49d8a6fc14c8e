// Mistakes of the bug zoo that framework drivers have shipped with (families C: stop and restart, E: cancel against
// completion, F: interrupts, DPCs and timers against tear-down), and those that only a verifier sees. Each is named in
// a plain scenario; the repaired twin passes it under the same options. C05 (hardware released in the process of
// somebody else) is not among them: every thread of a machine is the System process's, and no other has mappings.

#include <ostream>

#include "end_to_end/command.h"

namespace drydock::end_to_end {
namespace {

struct Animal {
  const char* row;
  const char* name;
  const char* board;
  const char* scenario;
  const char* finding;  ///< as the report heads it
  const char* says;     ///< somewhere in it
  const char* options = "";
  const char* seeds = "";  ///< where it takes a schedule other than the steady one
};

void PrintTo(const Animal& animal, std::ostream* to) {
  *to << animal.row << " " << animal.name;
}

constexpr const char* kPool = " --verifier special-pool";
constexpr const char* kIo = " --verifier io";
constexpr const char* kTwoAndPool = " --processors 2 --verifier special-pool";
constexpr const char* kSeeds = " --runs 1000";
constexpr const char* kFreed = "DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL (0xD5)";
constexpr const char* kUnloaded = "DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS (0xCE)";
constexpr const char* kBeyond = "DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION (0xD6)";

// clang-format off
constexpr Animal kZoo[] = {
    {"C01", "wdf_count_not_reset",        "edu", "rebalance",    "BAD_POOL_CALLER (0xC2)", "is freed twice"},
    {"C02", "wdf_offset_not_reset",       "edu", "rebalance",    kBeyond, "past the end", kPool},
    {"C04", "wdf_old_dma_address",        "edu", "rebalance",    "dma-into-freed-pool", "wdf_old_dma_address.sys!ZooReleaseHardware", kPool},
    {"C07", "wdf_deletes_interrupt",      "edu", "remove",       "WDF-463", "delete-of-framework-owned-object"},
    {"C08", "wdf_stale_pointer",          "edu", "rebalance",    kFreed, "wdf_stale_pointer.sys!ZooReleaseHardware", kPool},
    {"C10", "wdf_prepare_frees_twice",    "edu", "failed-start", "BAD_POOL_CALLER (0xC2)", "is freed twice"},
    {"C11", "wdf_interrupt_left",         "edu", "remove",       "WDF-450", "interrupt-left-connected"},
    {"C13", "wdf_cancel_stop_forgets",    "edu", "cancel-stop",  "lost-request", "never ended"},
    {"C14", "wdf_child_pointer_copied",   "edu", "io",           kFreed, "had freed", kPool},
    {"E01", "wdf_nobody_completes",       "edu", "surprise-removal", "lost-request", "never ended"},
    {"E02", "wdf_both_complete",          "edu", "surprise-removal", "WDF-433", "request-completed-while-cancelable"},
    {"E04", "wdf_unmarks_cancelled",      "edu", "surprise-removal", "WDF_VIOLATION (0x10D)", "invalid-handle"},
    {"E05", "wdf_cancel_after_child",     "edu", "surprise-removal", kFreed, "wdf_cancel_after_child.sys!Cancel", kPool},
    {"E07", "wdf_references_too_late",    "edu", "io",           kFreed, "wdf_references_too_late.sys!Renew", kTwoAndPool, kSeeds},
    {"E08", "wdf_polls_for_cancel",       "empty", "wdm",        "lost-request", "neither ends nor can be cancelled"},
    {"F02", "wdf_flushes_at_dispatch",    "edu", "remove",       "DRIVER_VIOLATION (0x121)", "KeFlushQueuedDpcs"},
    {"F03", "wdf_timer_after_unload",     "edu", "remove",       "TIMER_OR_DPC_INVALID (0xC7)", "timer"},
    {"F05", "wdf_counts_too_late",        "edu", "remove",       kUnloaded, "wdf_counts_too_late.sys until it was"},
    {"F06", "wdf_interrupt_before_ready", "edu", "io",           "DRIVER_IRQL_NOT_LESS_OR_EQUAL (0xD1)", "a null pointer"},
    {"F08", "wdf_requeues_itself",        "edu", "io, disable, wait, enable, io", kUnloaded, "wdf_requeues_itself.sys until it was"},
    {"F09", "wdf_worker_keeps_affinity",  "edu", "io",           "worker-affinity-changed", "wdf_worker_keeps_affinity.sys!Work"},
    {"F11", "wdf_waits_for_four",         "edu", "io",           "MAXIMUM_WAIT_OBJECTS_EXCEEDED (0xC)", "4 objects without wait blocks"},
    {"F12", "wdf_list_under_two_locks",   "edu", "io",           "KERNEL_SECURITY_CHECK_FAILURE (0x139)", "a list entry is corrupt", " --processors 2", kSeeds},
    {"G11", "irp_pended_unmarked",        "edu", "io",           "DRIVER_VERIFIER_IOMANAGER_VIOLATION (0xC9)", "Arg1: 000000000000023d", kIo},
    {"G11", "irp_marked_not_pended",      "edu", "surprise-removal", "DRIVER_VERIFIER_IOMANAGER_VIOLATION (0xC9)", "Arg1: 000000000000023e", kIo},
    {"Pool", "use_after_free",            "empty", "wdm",        kFreed, "50 bytes into a block of 100 bytes", kPool},
    {"Pool", "pool_overrun",              "empty", "wdm",        kBeyond, "past the end", kPool},
    {"Pool", "double_free",               "empty", "wdm",        "BAD_POOL_CALLER (0xC2)", "is freed twice", kPool},
};
// clang-format on

std::string line_for(const Animal& animal, const std::string& name) {
  return "run " + guest("zoo/" + name) + " --board " + animal.board + " --scenario " + quoted(animal.scenario) +
         animal.options;
}

class VerifierZoo : public testing::TestWithParam<Animal> {};

TEST_P(VerifierZoo, IsNamed) {
  const Animal& animal = GetParam();
  const Ran ran = drydock(line_for(animal, animal.name) + animal.seeds);
  EXPECT_EQ(ran.exit_code, 1) << ran.output;
  EXPECT_TRUE(ran.says(std::string("finding 1: ") + animal.finding)) << ran.output;
  EXPECT_TRUE(ran.says(animal.says)) << ran.output;
  EXPECT_NE(ran.last_line().find("drydock replay "), std::string::npos) << ran.output;
}

TEST_P(VerifierZoo, TheRepairedTwinPasses) {
  for (const char* options : {"", " --runs 20"}) {
    const Ran ran = drydock(line_for(GetParam(), std::string(GetParam().name) + "_fixed") + options);
    EXPECT_EQ(ran.exit_code, 0) << ran.output;
  }
}

INSTANTIATE_TEST_SUITE_P(All, VerifierZoo, testing::ValuesIn(kZoo),
                         [](const auto& info) { return std::string(info.param.row) + "_" + info.param.name; });

/// I03: the device is one whose cancelled transfer may arrive after the reset.
TEST(VerifierZooFault, I03_AResetUnderATransferIsNamed) {
  const TemporaryFile board("stray.toml",
                            "name = \"stray\"\n[[device]]\nslot = \"0:4.0\"\nmodel = \"edu\"\n"
                            "faults = { dma_after_reset = 1 }\n");
  const std::string options =
      " --board " + board.path() + " --scenario " + quoted("load, start, wait 1 s") + kPool + " --runs 100";
  const Ran ran = drydock("run " + guest("zoo/reset_not_quiesced") + options);
  EXPECT_EQ(ran.exit_code, 1) << ran.output;
  EXPECT_TRUE(ran.says("finding 1: dma-into-freed-pool")) << ran.output;
  const Ran twin = drydock("run " + guest("zoo/reset_not_quiesced_fixed") + options);
  EXPECT_EQ(twin.exit_code, 0) << twin.output;
}

/// I05: one function asks for the reset, both are taken down.
Ran two_functions(const std::string& name) {
  const TemporaryFile board("two.toml",
                            "name = \"two\"\n[[rail]]\nname = \"PRRA\"\n_RST = \"10 ms\"\n"
                            "[[device]]\nslot = \"0:3.0\"\nmodel = \"edu\"\n_PRR = \"PRRA\"\n"
                            "[[device]]\nslot = \"0:4.0\"\nmodel = \"edu\"\n_PRR = \"PRRA\"\n");
  return drydock("run " + guest("zoo/" + name) + " --board " + board.path() + " --scenario " +
                 quoted("io, reset platform"));
}

TEST(VerifierZooPair, I05_ASiblingThatGoesOnIsNamed) {
  const Ran ran = two_functions("wdf_sibling_touches");
  EXPECT_EQ(ran.exit_code, 1) << ran.output;
  EXPECT_TRUE(ran.says("finding 1: WDF-446")) << ran.output;
  EXPECT_TRUE(ran.says("finding 2: WDF-446")) << ran.output;
  const Ran twin = two_functions("wdf_sibling_touches_fixed");
  EXPECT_EQ(twin.exit_code, 0) << twin.output;
}

TEST(Verifier, AnOptionThatThereIsNotIsNamed) {
  const Ran ran = drydock("run " + guest("zoo/use_after_free") + " --verifier special-pol");
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_TRUE(ran.says("there is no verifier option 'special-pol'")) << ran.output;
}

TEST(Verifier, AReplayHasTheSameOptions) {
  const Ran ran = drydock("run " + guest("zoo/use_after_free") + kPool);
  const std::string last = ran.last_line();
  EXPECT_NE(last.find(",verifier=special-pool"), std::string::npos) << ran.output;
  const Ran again = drydock(last.substr(last.find(" replay ") + 1));
  EXPECT_EQ(again.exit_code, 1) << again.output;
  EXPECT_TRUE(again.says(kFreed)) << again.output;
}

}  // namespace
}  // namespace drydock::end_to_end
