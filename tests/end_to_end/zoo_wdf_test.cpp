// Mistakes with the framework (WDF contract, section 22): each is named in a plain scenario that has the step, and the
// repaired twin passes it.

#include <ostream>

#include "end_to_end/command.h"

namespace drydock::end_to_end {
namespace {

struct Animal {
  const char* rules;  ///< "WDF_432"
  const char* name;
  const char* scenario;
  const char* finding;  ///< as the report heads it
  const char* says;     ///< somewhere in it
  const char* options = "";
  const char* number = "finding 1";  ///< a warning may come first
};

void PrintTo(const Animal& animal, std::ostream* to) {
  *to << animal.rules << " " << animal.name;
}

constexpr const char* kViolation = "WDF_VIOLATION (0x10D)";
constexpr const char* kVerifier = " --verifier wdf";

// clang-format off
constexpr Animal kZoo[] = {
    // requests
    {"WDF_432", "wdf_completes_twice",         "io",     "WDF-432", "request-completed-twice"},
    {"WDF_432", "wdf_completes_freed",         "io",     kViolation, "Arg1: 0000000000000005"},
    {"WDF_433", "wdf_completes_cancelable",    "io",     "WDF-433", "request-completed-while-cancelable"},
    {"WDF_434", "wdf_completes_referenced",    "io",     kViolation, "Arg1: 0000000000000003"},
    {"WDF_435", "wdf_length_too_long",         "io",     kViolation, "request-length-too-long", kVerifier},
    {"WDF_436", "wdf_forwards_twice",          "io",     kViolation, "request-not-in-queue", kVerifier},
    {"WDF_453", "wdf_never_completes",         "unplug, plug",           "WDF-453", "request-never-completed", "", "finding 2"},
    {"WDF_454", "wdf_acknowledges_unasked",    "io",     "WDF-454", "stop-acknowledged-outside-evtiostop"},
    // handles, levels, locks
    {"WDF_437", "wdf_uses_freed_handle",       "io",     kViolation, "Arg1: 0000000000000005"},
    {"WDF_437", "wdf_wrong_handle",            "io",     kViolation, "where a WDFDEVICE is wanted"},
    {"WDF_437", "wdf_null_pointer",            "io",     kViolation, "Arg1: 0000000000000004"},
    {"WDF_438", "wdf_wrong_irql",              "io",     "WDF-438", "wrong-irql"},
    {"WDF_439", "wdf_leaves_irql",             "io",     kViolation, "Arg1: 000000000000000e", kVerifier},
    {"WDF_439", "wdf_leaves_region",           "io",     kViolation, "Arg1: 000000000000000f", kVerifier},
    {"WDF_440", "wdf_callback_lock_twice",     "io",     kViolation, "Arg1: 0000000000000002"},
    {"WDF_440", "wdf_lock_missing",            "io",     kViolation, "Arg1: 000000000000000b"},
    {"WDF_440", "wdf_spin_lock_twice",         "io",     kViolation, "Arg1: 0000000000000002"},
    {"WDF_440", "wdf_releases_lock_not_held",  "io",     "WDF-440", "lock-misuse"},
    {"WDF_441", "wdf_dereferences_too_often",  "io",     kViolation, "Arg1: 0000000000000007"},
    {"WDF_442", "wdf_dma_not_initialized",     "io",     kViolation, "Arg1: 0000000000000008"},
    {"WDF_362_WDF_443", "wdf_leaks_object",    "remove",           "WDF-443", "created at"},
    {"WDF_463", "wdf_deletes_device",          "surprise-removal", "WDF-463", "delete-of-framework-owned-object"},
    {"WDF_468", "wdf_control_device_left",     "remove",           "WDF-468", "control-device-left"},
    {"WDF_469", "wdf_init_after_create",       "io",     kViolation, "device-init-used-after-create"},
    // hardware
    {"WDF_444", "wdf_mapping_kept",            "remove",           "WDF-444", "resources-still-mapped-after-release"},
    {"WDF_445", "wdf_touches_unmapped",        "io",     "PAGE_FAULT_IN_NONPAGED_AREA (0x50)", "unmapped-range-touched"},
    {"WDF_445", "wdf_touches_unmapped_mdl",    "io",     "PAGE_FAULT_IN_NONPAGED_AREA (0x50)", "unmapped-range-touched"},
    {"WDF_445", "wdf_unmaps_twice",            "remove",           "IO_SPACE_NOT_MAPPED", "where nothing is mapped"},
    {"WDF_446", "wdf_touches_in_release",      "remove",           "WDF-446", "EvtDeviceReleaseHardware was called at"},
    {"WDF_446", "wdf_touches_asleep",          "sleep-wake",       "WDF-446", "EvtDeviceD0Exit returned at"},
    {"WDF_447", "wdf_stale_list",              "remove",           "WDF-447", "stale-resource-list"},
    {"WDF_448", "wdf_changes_list",            "io",     "WDF-448", "resource-list-changed-in-prepare"},
    {"WDF_449", "wdf_descriptor_changed",      "io",     "WDF-449", "interrupt-descriptor-altered"},
    {"WDF_449", "wdf_descriptor_copied",       "io",     kViolation, "interrupt-descriptor-altered"},
    {"WDF_450", "wdf_interrupt_left",          "remove",           "WDF-450", "interrupt-left-connected"},
    {"WDF_451", "wdf_interrupt_late",          "io",     "WDF-451", "interrupt-created-too-late"},
    {"WDF_464", "wdf_unmaps_in_cleanup",       "remove",           "WDF-444", "hardware-unmapped-in-wrong-place"},
    {"WDF_466", "wdf_polls_absent",            "surprise-removal", "WDF-466", "endless-wait-for-absent-device", "", "finding 2"},
    {"WDF_042_WDF_164", "wdf_suspend_touches", "surprise-removal", "WDF-446", "EvtDeviceSelfManagedIoSuspend, where it may not be"},
    {"WDF_042", "wdf_touches_in_create",       "load, start, wait 1 s, enumerate", "WDF-446", "EvtDeviceFileCreate, though EvtDeviceD0Exit returned at"},
    {"WDF_483", "wdf_old_mapping",             "rebalance-new-resources", "PAGE_FAULT_IN_NONPAGED_AREA (0x50)", "had mapped and that its device has no more", "", "finding 2"},
    {"WDF_038_WDF_467", "wdf_paged_between_d0",        "sleep-wake",       "WDF-467", "paged-code-in-nonpageable-transition"},
    {"WDF_471", "wdf_unmaps_in_d0_exit",       "remove",           "WDF-471", "removal-work-in-d0exit"},
    {"WDF_472", "wdf_dma_after_stop",          "remove",           "WDF-472", "dma-after-stop"},
    // PnP and power
    {"WDF_452", "wdf_queue_after_release",     "remove",           "WDF-452", "managed-queue-used-after-release"},
    {"WDF_456", "wdf_not_supported",           "rebalance",        "WDF-456", "not-supported-returned"},
    {"WDF_457", "wdf_child_not_created",       "io",     "WDF-457", "child-not-created"},
    {"WDF_458", "wdf_parent_down_first",       "sleep-wake",       "WDF-458", "parent-down-before-child"},
    {"WDF_459", "wdf_stops_itself",            "io",     kViolation, "Arg1: 000000000000000c"},
    {"WDF_460", "wdf_second_owner",            "io",     kViolation, "Arg1: 000000000000000d"},
    {"WDF_461", "wdf_waits_for_d0",            "sleep-wake",       kViolation, "waiting-for-d0-inside-power-callback"},
    {"WDF_462", "wdf_power_reference_leak",    "remove",           "WDF-462", "power-reference-leak"},
    {"WDF_039", "wdf_hangs_between_d0",        "sleep-wake",       kViolation, "power-routine-timed-out"},
    {"WDF_156_WDF_470", "wdf_completes_in_surprise",   "surprise-removal", "WDF-470", "surprise-callback-does-work"},
    {"WDF_156_WDF_470", "wdf_purges_in_surprise",      "surprise-removal", "WDF-470", "surprise-callback-does-work"},
};
// clang-format on

std::string line_for(const Animal& animal, const std::string& name) {
  return "run " + guest("zoo/" + name) + " --board edu --scenario " + quoted(animal.scenario) + animal.options;
}

class WdfZoo : public testing::TestWithParam<Animal> {};

TEST_P(WdfZoo, IsNamed) {
  const Animal& animal = GetParam();
  const Ran ran = drydock(line_for(animal, animal.name));
  EXPECT_EQ(ran.exit_code, 1) << ran.output;
  EXPECT_TRUE(ran.says(std::string(animal.number) + ": " + animal.finding)) << ran.output;
  EXPECT_TRUE(ran.says(animal.says)) << ran.output;
  EXPECT_TRUE(ran.says(std::string(animal.name) + ".sys")) << ran.output;
}

TEST_P(WdfZoo, TheRepairedTwinPasses) {
  for (const char* options : {"", " --runs 20"}) {
    const Ran ran = drydock(line_for(GetParam(), std::string(GetParam().name) + "_fixed") + options);
    EXPECT_EQ(ran.exit_code, 0) << ran.output;
  }
}

/// A filter needs a driver to stand above.
TEST(WdfZooFilter, WDF_284_APowerManagedQueueAboveTheOwnerIsNamed) {
  for (const bool fixed : {false, true}) {
    const std::string name = std::string("wdf_managed_above_owner") + (fixed ? "_fixed" : "");
    const TemporaryFile board("above_owner.toml", "name = \"above_owner\"\n[[device]]\nslot = \"0:4.0\"\nmodel = \"edu\"\n"
                                                  "upper_filters = [\"zoo/" + name + ".sys\"]\n");
    const Ran ran = drydock("run " + guest("edu") + " --board " + board.path() + " --scenario 'io, sleep, wake, io'");
    EXPECT_EQ(ran.exit_code, fixed ? 0 : 1) << ran.output;
    EXPECT_EQ(ran.says("finding 1: WDF-284"), !fixed) << ran.output;
    EXPECT_EQ(ran.says("power-managed-queue-above-owner"), !fixed) << ran.output;
  }
}

/// Mistakes of low weight: told, and the run passes.
constexpr Animal kWarnings[] = {
    {"WDF_455", "wdf_blocks_power_down", "sleep-with-io", "WDF-455", "request-blocks-power-down"},
    {"WDF_465", "wdf_lost_in_dx", "sleep-wake", "WDF-465", "initialisation-lost-in-dx"},
};

class WdfZooWarning : public testing::TestWithParam<Animal> {};

TEST_P(WdfZooWarning, IsTold) {
  const Animal& animal = GetParam();
  const Ran ran = drydock(line_for(animal, animal.name));
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says(std::string("warning 1: ") + animal.finding)) << ran.output;
  EXPECT_TRUE(ran.says(animal.says)) << ran.output;
}

TEST_P(WdfZooWarning, TheRepairedTwinIsSilent) {
  const Ran ran = drydock(line_for(GetParam(), std::string(GetParam().name) + "_fixed"));
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_FALSE(ran.says("warning 1: ")) << ran.output;
}

INSTANTIATE_TEST_SUITE_P(All, WdfZooWarning, testing::ValuesIn(kWarnings),
                         [](const auto& info) { return std::string(info.param.rules) + "_" + info.param.name; });

INSTANTIATE_TEST_SUITE_P(All, WdfZoo, testing::ValuesIn(kZoo),
                         [](const auto& info) { return std::string(info.param.rules) + "_" + info.param.name; });

}  // namespace
}  // namespace drydock::end_to_end
