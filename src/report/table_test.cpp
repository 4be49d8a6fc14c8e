// What a run looks like on paper.

#include "report/table.h"

#include <gtest/gtest.h>

#include "report/finding_text.h"
#include "report/json.h"

namespace drydock::report {
namespace {

using namespace std::chrono_literals;

scenario::RunResult sample() {
  scenario::RunResult result;
  result.driver = "my.sys";
  result.board = "pvscsi";
  result.scenario = "io";
  result.processors = 2;
  result.strategy = {scenario::StrategyChoice::Kind::Random, 7, {}};
  scenario::StepResult io;
  io.name = "I/O";
  io.checked = "276 KiB moved, none failed";
  io.state = scenario::StepState::Passed;
  io.has_requests = true;
  io.requests = {.sent = 1064, .completed = 1064, .failed = 0, .retried = 3, .lost = 0};
  io.ended = 1100us;
  io.real = 990us;
  scenario::StepResult unload;
  unload.name = "unload";
  unload.meaning = "the driver goes";
  result.steps = {io, unload};
  result.total = io.requests;
  result.digest = "0123456789abcdef";
  return result;
}

scenario::FindingReport null_write() {
  scenario::FindingReport report;
  report.finding = machine::finding("DRIVER_IRQL_NOT_LESS_OR_EQUAL", "my.sys reads paged memory at IRQL 2");
  report.finding.bug_check = machine::BugCheck{0xD1, {0x1000, 2, 1, 0x200000801072}};
  report.finding.stack = {{0, "ntoskrnl.exe!KeSetEvent"}, {0x200000801072, "my.sys!StartIo+0x12"}};
  report.frame_offsets = {"", "my.sys+0x1072"};
  report.image_offset = "my.sys+0x1072";
  return report;
}

TEST(Table, AlignsItsColumnsAndEndsWithTheDigest) {
  EXPECT_EQ(table_of(sample(), Look{}, "drydock replay x"),
            "my.sys on board pvscsi (2 processors), scenario io, seed 7\n"
            "\n"
            "    step    what was checked             sent  completed  retried  failed  lost  virtual      real\n"
            " -------------------------------------------------------------------------------------------------\n"
            " ok I/O     276 KiB moved, none failed  1,064      1,064        3       0     0   1.1 ms  990.0 us\n"
            " -  unload  not reached\n"
            " -------------------------------------------------------------------------------------------------\n"
            "    total                               1,064      1,064        3       0     0        0         0\n"
            "\n"
            "PASS  1,064 requests sent, 1,064 ended once, 0 lost, 0 sectors verified\n"
            "seed 7  0 decisions  0 register traps  0 events\n"
            "digest 0123456789abcdef\n");
}

TEST(Table, AFailedRunEndsWithItsReplay) {
  scenario::RunResult result = sample();
  result.findings = {null_write()};
  result.exit_code = host::ExitCode::Finding;
  const std::string text = table_of(result, Look{}, "drydock replay x");
  EXPECT_TRUE(text.ends_with("digest 0123456789abcdef\ndrydock replay x\n")) << text;
  EXPECT_NE(text.find("FAIL  1 finding"), std::string::npos);
}

TEST(Table, ColoursOnlyWhereAskedFor) {
  EXPECT_EQ(table_of(sample(), Look{}, "").find('\x1b'), std::string::npos);
  EXPECT_NE(table_of(sample(), Look{.unicode = true, .colour = true, .columns = 120}, "").find("\x1b[32m✓"),
            std::string::npos);
}

TEST(Finding, ReadsAsAWindowsEngineerPastesIt) {
  EXPECT_EQ(finding_text(null_write(), 1, Look{}),
            "finding 1: DRIVER_IRQL_NOT_LESS_OR_EQUAL (0xD1)\n"
            "  my.sys reads paged memory at IRQL 2\n"
            "  Arg1: 0000000000001000, memory referenced\n"
            "  Arg2: 0000000000000002, IRQL\n"
            "  Arg3: 0000000000000001, 0 read, 1 write, 8 execute\n"
            "  Arg4: 0000200000801072, address which referenced memory\n"
            "  at my.sys+0x1072\n"
            "  0 after switch-on, processor 0, IRQL 0\n"
            "  stack:\n"
            "    00 ntoskrnl.exe!KeSetEvent\n"
            "    01 my.sys!StartIo+0x12      my.sys+0x1072\n");
}

TEST(Look, WrapsBetweenWords) {
  EXPECT_EQ(wrap("one two three", 7), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(wrap("", 7), (std::vector<std::string>{""}));
  EXPECT_EQ(wrap("incomprehensible", 4), (std::vector<std::string>{"incomprehensible"}));
}

TEST(Table, SaysWhenQemuEndedAndThatThereIsNoVerdict) {
  scenario::RunResult result = sample();
  result.exit_code = host::ExitCode::HardwareEnded;
  result.live = true;
  result.hardware = {.is_qemu = true, .round_trips = 12, .ended = true, .ended_at = 1500ms};
  const std::string text = table_of(result, Look{}, {});
  EXPECT_NE(text.find("\nQEMU ENDED  1,064 requests sent"), std::string::npos) << text;
  EXPECT_NE(text.find("\nQEMU ended 1.500 s after switch-on: what was found after that may come of it\n"),
            std::string::npos) << text;
  result.hardware.stood_still = true;
  EXPECT_NE(table_of(result, Look{}, {}).find("\nQEMU stood still from 1.500 s after switch-on: "), std::string::npos);
}

TEST(Table, ACampaignCountsRunsWithoutAVerdictApart) {
  CampaignSummary summary;
  summary.driver = "my.sys";
  summary.first_seed = 1;
  summary.runs_wanted = summary.runs_done = 10;
  summary.runs_without_verdict = 2;
  summary.seeds_without_verdict = {4, 9};
  EXPECT_NE(table_of(summary, Look{}).find("\nQEMU ENDED  in 2 of 10 runs, which say nothing of the driver; seeds 4, 9\n"
                                           "PASS  the other 8\n"),
            std::string::npos)
      << table_of(summary, Look{});
  summary.runs_failed = 1;
  EXPECT_NE(table_of(summary, Look{}).find("seeds 4, 9\nFAIL  1 of 10 seeds\n"), std::string::npos);
}

TEST(Json, HasTheDigestAndTheReplay) {
  const std::string json = json_of(sample(), "drydock replay x");
  EXPECT_NE(json.find("\"digest\": \"0123456789abcdef\""), std::string::npos) << json;
  EXPECT_NE(json.find("\"replay\": \"drydock replay x\""), std::string::npos);
}

}  // namespace
}  // namespace drydock::report
