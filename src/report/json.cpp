#include "report/json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report/event_log.h"

namespace drydock::report {

using nlohmann::ordered_json;

namespace {

ordered_json counts_of(const scenario::RequestCounts& counts) {
  return {{"sent", counts.sent},
          {"completed", counts.completed},
          {"retried", counts.retried},
          {"failed", counts.failed},
          {"lost", counts.lost}};
}

std::string_view state_of(scenario::StepState state) {
  switch (state) {
    case scenario::StepState::Passed:
      return "passed";
    case scenario::StepState::NotReached:
      return "not reached";
    default:
      return "failed";
  }
}

std::string_view severity_of(machine::Severity severity) {
  switch (severity) {
    case machine::Severity::Fatal:
      return "fatal";
    case machine::Severity::Recorded:
      return "recorded";
    case machine::Severity::Warning:
      break;
  }
  return "warning";
}

std::string_view import_state_of(scenario::ImportState state) {
  switch (state) {
    case scenario::ImportState::Implemented:
      return "implemented";
    case scenario::ImportState::OtherDriver:
      return "other driver";
    case scenario::ImportState::NotBuilt:
      return "not built";
    case scenario::ImportState::Unknown:
      break;
  }
  return "unknown";
}

ordered_json finding_of(const scenario::FindingReport& report) {
  const machine::Finding& finding = report.finding;
  ordered_json json{{"rule", finding.rule},
                    {"summary", finding.summary},
                    {"severity", severity_of(finding.severity)},
                    {"virtual_ns", finding.at.count()},
                    {"processor", finding.processor},
                    {"irql", finding.irql},
                    {"thread", finding.thread},
                    {"at", report.image_offset},
                    {"details", finding.details}};
  if (finding.bug_check) {
    ordered_json parameters = ordered_json::array();
    for (std::uint64_t parameter : finding.bug_check->parameters)
      parameters.push_back(fmt::format("{:016x}", parameter));
    json["bug_check"] = {{"code", finding.bug_check->code}, {"parameters", parameters}};
  }
  ordered_json stack = ordered_json::array();
  for (std::size_t i = 0; i < finding.stack.size(); ++i)
    stack.push_back({{"symbol", finding.stack[i].symbol},
                     {"offset", i < report.frame_offsets.size() ? report.frame_offsets[i] : ""}});
  json["stack"] = stack;
  return json;
}

ordered_json logged(const ntos::io::ErrorLogEvent& event) {
  const EventLogEntry entry = entry_of(event);
  return {{"virtual_ns", event.at.count()},
          {"event_id", entry.event_id},
          {"severity", entry.severity},
          {"source", entry.source},
          {"code", event.error_code},
          {"unique_id", event.unique_value},
          {"text", entry.text},
          {"details", entry.details}};
}

// Names come from files: what is no UTF-8 is replaced.
std::string text_of(const ordered_json& json) {
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

ordered_json json_of(const scenario::HardwareUse& use) {
  return {{"round_trips", use.round_trips}, {"posted_writes", use.posted},
          {"ended", use.ended},             {"stood_still", use.stood_still},
          {"ended_ns", use.ended_at.count()}, {"said", use.said}};
}

}  // namespace

std::string json_of(const scenario::RunResult& result, const std::string& replay) {
  ordered_json json{{"driver", result.driver},       {"board", result.board},
                    {"scenario", result.scenario},   {"processors", result.processors},
                    {"verdict", verdict_of(result)}, {"exit_code", static_cast<int>(result.exit_code)}};
  if (result.strategy.kind == scenario::StrategyChoice::Kind::Steady)
    json["seed"] = nullptr;
  else
    json["seed"] = result.strategy.seed;
  ordered_json steps = ordered_json::array();
  for (const scenario::StepResult& step : result.steps) {
    ordered_json each{{"name", step.name},
                      {"state", state_of(step.state)},
                      {"meaning", step.meaning},
                      {"checked", step.checked},
                      {"details", step.details}};
    if (step.has_requests) each["requests"] = counts_of(step.requests);
    each["virtual_ns"] = (step.ended - step.began).count();
    each["real_ns"] = step.real.count();
    steps.push_back(std::move(each));
  }
  json["steps"] = steps;
  json["requests"] = counts_of(result.total);
  json["sectors_verified"] = result.sectors_verified;
  json["bytes_moved"] = result.bytes_moved;
  ordered_json findings = ordered_json::array();
  for (const scenario::FindingReport& finding : result.findings) findings.push_back(finding_of(finding));
  json["findings"] = findings;
  ordered_json missing = ordered_json::array();
  for (const scenario::MissingImport& import : result.missing_imports)
    missing.push_back(
        {{"driver", import.driver}, {"module", import.module}, {"name", import.name}, {"why", import.why}});
  json["missing_imports"] = missing;
  ordered_json events = ordered_json::array();
  for (const ntos::io::ErrorLogEvent& event : result.event_log) events.push_back(logged(event));
  json["event_log"] = events;
  json["virtual_ns"] = result.virtual_time.count();
  json["real_ns"] = result.real_time.count();
  json["decisions"] = result.decisions;
  json["register_traps"] = result.register_traps;
  json["points"] = result.points;
  json["events"] = result.events;
  json["digest"] = result.digest;
  json["replay"] = replay;
  json["live"] = result.live;
  if (result.hardware.is_qemu) json["qemu"] = json_of(result.hardware);
  return text_of(json);
}

std::string json_of(const CampaignSummary& summary, const std::vector<std::string>& failed_runs) {
  ordered_json failed = ordered_json::array();
  for (const std::string& run : failed_runs) failed.push_back(ordered_json::parse(run));
  return text_of({{"driver", summary.driver},
                  {"board", summary.board},
                  {"scenario", summary.scenario},
                  {"processors", summary.processors},
                  {"first_seed", summary.first_seed},
                  {"runs", summary.runs_done},
                  {"runs_wanted", summary.runs_wanted},
                  {"runs_failed", summary.runs_failed},
                  {"runs_without_verdict", summary.runs_without_verdict},
                  {"seeds_without_verdict", summary.seeds_without_verdict},
                  {"interrupted", summary.interrupted},
                  {"requests", counts_of(summary.requests)},
                  {"sectors_verified", summary.sectors_verified},
                  {"virtual_ns", summary.virtual_time.count()},
                  {"real_ns", summary.real_time.count()},
                  {"digest", summary.digest},
                  {"failed", failed}});
}

std::string json_of(const scenario::DriverFile& driver, const scenario::ImportSurvey& survey) {
  ordered_json imports = ordered_json::array();
  for (const scenario::ImportSurvey::Row& row : survey.rows)
    imports.push_back(
        {{"module", row.module}, {"name", row.name}, {"state", import_state_of(row.state)}, {"why", row.where}});
  ordered_json exports = ordered_json::array();
  for (const image::ImageExport& row : driver.image->exports())
    exports.push_back({{"name", row.name}, {"ordinal", row.ordinal}});
  ordered_json sections = ordered_json::array();
  for (const image::Section& section : driver.image->sections())
    sections.push_back(
        {{"name", section.name}, {"rva", section.rva}, {"bytes", section.bytes}, {"discardable", section.discardable}});
  return text_of({{"file", driver.path},
                  {"image_bytes", driver.image->size_of_image()},
                  {"entry_rva", driver.image->entry_rva()},
                  {"sections", sections},
                  {"imports", imports},
                  {"exports", exports},
                  {"missing", survey.missing()}});
}

}  // namespace drydock::report
