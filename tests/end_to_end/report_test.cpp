// What a person sees of a reset: the timeline, a trace for Perfetto, the event log.

#include <map>
#include <set>
#include <sstream>
#include <vector>

#include <nlohmann/json.hpp>

#include "end_to_end/command.h"

namespace drydock::end_to_end {
namespace {

using nlohmann::json;

/// Where `words` stand in this order in the output, one after the other; what is missing is the test's failure.
void expect_in_order(const Ran& ran, const std::vector<std::string>& words) {
  std::size_t at = 0;
  for (const std::string& word : words) {
    const std::size_t found = ran.output.find(word, at);
    ASSERT_NE(found, std::string::npos) << word << " does not come after what comes before it\n" << ran.output;
    at = found + word.size();
  }
}

TEST(Timeline, DrawsABusResetFromItsCauseToTheLastRetry) {
  const Ran ran = drydock("run " + guest("pvscsi") + " --scenario reset-bus --timeline");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  expect_in_order(ran, {"timeline 2 of 2",
                        "reset bus",
                        "IOCTL_STORAGE_RESET_BUS",
                        "ResetWanted",
                        "Resetting",
                        "an application asked for it",
                        "HwScsiResetBus, bus 0",
                        "gives back ",
                        "SRB_STATUS_BUS_RESET",
                        "HwScsiResetBus returns",
                        "TRUE",
                        "RoutineReturned",
                        "HoldOff",
                        "STATUS_IO_DEVICE_ERROR",
                        "+4.000 s",
                        "ClockEnds",
                        "Running",
                        "HwScsiStartIo: ",
                        "SRB_STATUS_SUCCESS",
                        "STATUS_SUCCESS",
                        "PASS"});
  EXPECT_FALSE(ran.says("to thread")) << ran.output;
}

TEST(Timeline, DrawsARemovalWithItsIrpsAndDevnodes) {
  const Ran ran = drydock("run " + guest("pvscsi") + " --scenario surprise-removal --timeline");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  expect_in_order(ran, {"is pulled", "IRP_MN_SURPRISE_REMOVAL", "DeviceGone", "SurpriseRemoved", "IRP_MN_REMOVE_DEVICE",
                        "RemoveCompleted"});
}

TEST(Timeline, SaysWhenThereIsNothingToDraw) {
  const Ran ran = drydock("run " + guest("wdm_echo") + " --timeline");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_TRUE(ran.says("no reset, removal or finding in this run")) << ran.output;
}

TEST(Timeline, AllIsEveryEventInWords) {
  const Ran ran = drydock("run " + guest("pvscsi") + " --scenario reset-bus --timeline=all");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  for (const char* words :
       {"to thread 1", "takes interrupt, vector", "reads 0x", "IRP_MN_QUERY_ID", "starts INQUIRY", "NextLuRequest"})
    EXPECT_TRUE(ran.says(words)) << words;
  // Whoever adds an event gives it a row.
  EXPECT_FALSE(ran.says("  ?  ")) << ran.output.substr(ran.output.find("  ?  ") - 100, 300);
}

TEST(Timeline, IsNoPartOfTheDigest) {
  const std::string line = "run " + guest("pvscsi") + " --seed 4 --processors 2";
  EXPECT_EQ(drydock(line + " --timeline").after("digest "), drydock(line).after("digest "));
}

/// As Perfetto reads it: an array of events, by `pid` and `tid`.
struct PerfettoTrace {
  json events;
  std::set<std::string> groups, rows, slices;
  unsigned flows = 0;
};

/// Well-formed JSON; time does not run backwards; every begin has its end on its own track; an arrow has two ends.
PerfettoTrace checked(const std::string& text) {
  PerfettoTrace trace;
  const json all = json::parse(text, nullptr, false);
  EXPECT_FALSE(all.is_discarded());
  trace.events = all.value("traceEvents", json::array());
  double last = 0;
  std::map<std::pair<unsigned, unsigned>, std::vector<std::string>> open;
  std::set<std::uint64_t> flows;
  for (const json& event : trace.events) {
    const std::string phase = event.at("ph");
    if (phase == "M") {
      (event.at("name") == "process_name" ? trace.groups : trace.rows).insert(event["args"].value("name", ""));
      continue;
    }
    const double at = event.at("ts");
    EXPECT_GE(at, last) << event;
    last = at;
    auto& track = open[{event.at("pid"), event.at("tid")}];
    if (phase == "B") {
      track.push_back(event.at("name"));
      trace.slices.insert(track.back());
    } else if (phase == "E") {
      EXPECT_FALSE(track.empty()) << event;
      if (!track.empty()) track.pop_back();
    } else if (phase == "s") {
      EXPECT_FALSE(track.empty()) << "an arrow starts in no slice: " << event;
      flows.insert(event.at("id").get<std::uint64_t>());
    } else if (phase == "f") {
      EXPECT_TRUE(flows.contains(event.at("id").get<std::uint64_t>())) << event;
      EXPECT_FALSE(track.empty()) << "an arrow ends in no slice: " << event;
      ++trace.flows;
    } else {
      EXPECT_TRUE(phase == "i" || phase == "C") << event;
    }
  }
  for (const auto& [track, names] : open) EXPECT_TRUE(names.empty()) << track.first << "/" << track.second;
  return trace;
}

TEST(Perfetto, HasATrackForEverythingAndAnEndForEveryBegin) {
  for (const char* options : {"--scenario reset-bus", "--seed 5 --processors 4", "--board pvscsi-pair --seed 2"}) {
    const TemporaryFile file("trace.json", "");
    const Ran ran = drydock("run " + guest("pvscsi") + " " + options + " --trace " + file.path());
    EXPECT_EQ(ran.exit_code, 0) << ran.output;
    const PerfettoTrace trace = checked(contents_of(file.path()));
    for (const char* group :
         {"scenario", "processors", "devnodes", "registers", "adapter 0: pvscsi", "requests of pvscsi 0:0:0"})
      EXPECT_TRUE(trace.groups.contains(group)) << group;
    for (const char* row : {"processor 0: threads", "processor 0: interrupts and DPCs", "HwScsi routines", "bus state"})
      EXPECT_TRUE(trace.rows.contains(row)) << row;
    for (const char* slice : {"HwScsiInterrupt", "HwScsiResetBus, bus 0", "HoldOff", "Started", "DPC", "reset bus"})
      EXPECT_TRUE(trace.slices.contains(slice)) << slice;
    EXPECT_GT(trace.flows, 100u);
  }
}

TEST(Perfetto, ABugCheckLeavesNothingOpen) {
  const TemporaryFile file("trace.json", "");
  const Ran ran = drydock("run " + guest("zoo/null_write") + " --trace " + file.path());
  EXPECT_EQ(ran.exit_code, 1) << ran.output;
  checked(contents_of(file.path()));
}

TEST(Perfetto, AFileThatCannotBeWrittenIsBadInput) {
  const Ran ran = drydock("run " + guest("pvscsi") + " --trace /nowhere/trace.json");
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_TRUE(ran.says("/nowhere/trace.json: cannot be written")) << ran.output;
}

TEST(EventLog, TellsOfAResetAsWindowsDoes) {
  const Ran ran = drydock("run " + guest("pvscsi") + " --scenario reset-bus --events");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  expect_in_order(
      ran, {"event log: 1 entry", "warning", "event 129", "\\Device\\ScsiPort0",
            "bus 0 of \\Device\\ScsiPort0 was reset: an application asked for it", "IO_WARNING_RESET", "dump data: "});
  const Ran asked = drydock("run " + guest("pvscsi") + " --scenario reset-bus --json");
  const json result = json::parse(asked.output, nullptr, false);
  ASSERT_FALSE(result.is_discarded());
  ASSERT_EQ(result["event_log"].size(), 1u);
  EXPECT_EQ(result["event_log"][0]["event_id"], 129);
}

TEST(EventLog, IsEmptyWhereNobodyLogs) {
  const Ran ran = drydock("run " + guest("pvscsi") + " --scenario io --events");
  EXPECT_TRUE(ran.says("event log: empty")) << ran.output;
}

}  // namespace
}  // namespace drydock::end_to_end
