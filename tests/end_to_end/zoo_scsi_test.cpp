// Miniports with one mistake each: the check that names it speaks up, and on its repaired twin it stays silent.

#include <ostream>

#include "end_to_end/command.h"

namespace drydock::end_to_end {
namespace {

enum class BoardKind { Plain, Guarded, OnALine, TwoOnALine, ResetByOthers, Hangs, Busy };

std::string text_of(BoardKind kind) {
  const std::string device =
      std::string("[[device]]\nslot = \"0:3.0\"\nmodel = \"pvscsi\"\ndisk = [{ size = \"64 MiB\" }]\n") +
      (kind == BoardKind::OnALine || kind == BoardKind::TwoOnALine ? "message_interrupts = false\n" : "") +
      (kind == BoardKind::ResetByOthers ? "faults = { foreign_reset = 3 }\n" : "") +
      (kind == BoardKind::Hangs ? "faults = { hang = 3 }\n" : "") +
      (kind == BoardKind::Busy ? "faults = { busy = 2 }\n" : "");
  std::string text = "name = \"zoo\"\n";
  if (kind == BoardKind::Guarded) text += "[settings]\nscsiport.guard_requests = true\n";
  text += device;
  if (kind == BoardKind::TwoOnALine)
    text +=
        "[[device]]\nslot = \"0:11.0\"\nmodel = \"pvscsi\"\nmessage_interrupts = false\ndisk = [{ size = \"64 MiB\" "
        "}]\n";
  return text;
}

struct Animal {
  const char* name;     ///< of the driver
  const char* rules;    ///< that its test proves
  const char* finding;  ///< what the report calls it
  const char* stop;     ///< and the parameter of bug check 0xF1, or the stop that follows; "" for none
  BoardKind board = BoardKind::Plain;
  const char* options = "";
  int exit_code = 1;  ///< 0 where it is a warning, or in the trace only
};

void PrintTo(const Animal& animal, std::ostream* to) {
  *to << animal.name;
}

constexpr const char* kTraced = "--trace-text";

// clang-format off
constexpr Animal kAnimals[] = {
    {"scsi_init_arguments",        "SP_338",               "ScsiInitBadArguments",           "Arg1: 0000000000001000"},
    {"scsi_reset_stalls",          "SP_339",               "ScsiStallTooLong",               "Arg1: 0000000000001001"},
    {"scsi_stall_millisecond",     "SP_339_SP_315",        "ScsiStallOverMillisecond",       "", BoardKind::Plain, "", 0},
    {"scsi_reset_waits",           "SP_340_SP_165",        "ScsiCallbackTooSlow",            "Arg1: 0000000000001002"},
    {"scsi_completes_twice",       "SP_341",               "ScsiRequestCompletedTwice",      "Arg1: 0000000000001003"},
    {"scsi_reset_completes_twice", "SP_342",               "ScsiRequestCompletedAfterSweep", "Arg1: 0000000000001003"},
    {"scsi_completes_stranger",    "SP_343",               "ScsiRequestNotOurs",             ""},
    {"scsi_completes_pending",     "SP_344",               "ScsiBadSrbStatus",               "Arg1: 0000000000001004"},
    {"scsi_success_with_error",    "SP_344",               "ScsiBadSrbStatus",               ""},
    {"scsi_next_lu_untagged",      "SP_345",               "ScsiNextLuWhileUntagged",        "", BoardKind::Plain, "", 0},
    {"scsi_bad_virtual_address",   "SP_346_SP_307",        "ScsiBadVirtualAddress",          "Arg1: 0000000000001006"},
    {"scsi_reset_leaves_requests", "SP_347_SP_166_SP_190", "ScsiRequestsLeftAfterReset",     "Arg1: 0000000000001007", BoardKind::Hangs, "--runs 20"},
    {"scsi_no_next_request",       "SP_349_SP_173",        "ScsiNoNextRequestAfterReset",    ""},
    {"scsi_reset_says_success",    "SP_350",               "ScsiResetWrongStatus",           ""},
    {"scsi_reset_fails_silently",  "SP_351_SP_177",        "ScsiResetFailed",                ""},
    {"scsi_reset_loop",            "SP_353_SP_193",        "ScsiResetLoop",                  ""},
    {"scsi_reset_not_reported",    "SP_354_SP_204",        "ScsiResetNotReported",           "", BoardKind::ResetByOthers, "--scenario io --runs 20"},
    {"scsi_forgets_next",          "SP_355",               "ScsiNextRequestForgotten",       ""},
    {"scsi_tag_leak",              "SP_355_SP_171",        "ScsiNextRequestForgotten",       ""},
    {"scsi_loses_request",         "SP_356",               "ScsiRequestLost",                ""},
    {"scsi_touches_after_complete", "SP_357",              "ScsiTouchAfterComplete",         "(0xD1)", BoardKind::Guarded},
    {"scsi_status_after_notify",   "SP_357",               "ScsiTouchAfterComplete",         "(0xD1)", BoardKind::Guarded},
    {"scsi_looks_at_data",         "SP_358",               "ScsiDataBufferTouched",          "(0xD1)"},
    {"scsi_reset_too_soon",        "SP_359_SP_172_SP_313", "ScsiDmaAfterComplete",           ""},
    {"scsi_logs_after_complete",   "SP_360_SP_282",        "ScsiLogErrorAfterComplete",      ""},
    {"scsi_bus_data_in_start_io",  "SP_361",               "ScsiCalledFromWrongRoutine",     ""},
    {"scsi_wrong_irql",            "SP_362",               "ScsiWrongIrql",                  ""},
    {"scsi_uncached_twice",        "SP_363_SP_300",        "ScsiUncachedExtensionTwice",     ""},
    {"scsi_config_after_uncached", "SP_363_SP_301",        "ScsiConfigChangedAfterUncached", ""},
    {"scsi_unassigned_range",      "SP_364",               "ScsiUnassignedRange",            ""},
    {"scsi_past_registers",        "SP_364_SP_292",        "ScsiUnassignedRange",            ""},
    {"scsi_changes_cdb",           "SP_366",               "ScsiSrbFieldChanged",            ""},
    {"scsi_length_grows",          "SP_367",               "ScsiLengthGrew",                 ""},
    {"scsi_start_io_false",        "SP_368",               "ScsiStartIoReturnedFalse",       ""},
    {"scsi_bad_notification",      "SP_369",               "ScsiBadNotification",            ""},
    {"scsi_interrupts_left_off",   "SP_370",               "ScsiInterruptsLeftOff",          ""},
    {"scsi_interrupt_not_cleared", "SP_371",               "ScsiInterruptNotCleared",        "HARDWARE_INTERRUPT_STORM", BoardKind::OnALine},
    {"scsi_claims_every_interrupt", "SP_372",              "ScsiClaimedForeignInterrupt",    "HARDWARE_INTERRUPT_STORM", BoardKind::TwoOnALine, kTraced},
    {"scsi_active_after_stop",     "SP_373_SP_267",        "ScsiActiveAfterStop",            ""},
    {"scsi_stop_polls",            "SP_268",               "ScsiCallbackDoesNotReturn",      "Arg1: 0000000000001002"},
    {"scsi_control_list_overrun",  "SP_374",               "ScsiControlListOverrun",         ""},
    {"scsi_foreign_import",        "SP_375_SP_014",        "ScsiForeignImport",              "", BoardKind::Plain, kTraced, 0},
    {"scsi_reset_unknown",         "SP_347_SP_217_A07",    "ScsiRequestsLeftAfterReset",     "Arg1: 0000000000001007", BoardKind::Busy, "--runs 20"},
    {"scsi_reset_request_unset",   "A06",                  "DRIVER_IRQL_NOT_LESS_OR_EQUAL",  "(0xD1)"},
    {"scsi_abort_then_reset",      "SP_341_A16",           "ScsiRequestCompletedTwice",      "Arg1: 0000000000001003", BoardKind::Hangs, "--runs 20"},
    {"scsi_address_as_tag",        "SP_359_A03",           "ScsiDmaAfterComplete",           "", BoardKind::Hangs, "--runs 20"},
    {"scsi_shared_state",          "SP_376",               "HARDWARE_INTERRUPT_STORM",       "", BoardKind::TwoOnALine},
};
// clang-format on

Ran run(const Animal& animal, const char* suffix) {
  const TemporaryFile board(std::string(animal.name) + ".toml", text_of(animal.board));
  return drydock("run " + guest(std::string("zoo/") + animal.name + suffix) + " --board " + board.path() + " " +
                 animal.options);
}

class ScsiZoo : public testing::TestWithParam<Animal> {};

TEST_P(ScsiZoo, TheMistakeIsNamed) {
  const Animal& animal = GetParam();
  const Ran ran = run(animal, "");
  EXPECT_EQ(ran.exit_code, animal.exit_code) << ran.output;
  EXPECT_TRUE(ran.says(animal.finding)) << animal.finding << "\n" << ran.output;
  EXPECT_TRUE(ran.says(animal.stop)) << animal.stop << "\n" << ran.output;
}

TEST_P(ScsiZoo, TheRepairedTwinIsSilent) {
  const Ran ran = run(GetParam(), "_fixed");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_FALSE(ran.says(GetParam().finding)) << ran.output;
}

INSTANTIATE_TEST_SUITE_P(All, ScsiZoo, testing::ValuesIn(kAnimals),
                         [](const auto& info) { return std::string(info.param.rules) + "_" + info.param.name; });

}  // namespace
}  // namespace drydock::end_to_end
