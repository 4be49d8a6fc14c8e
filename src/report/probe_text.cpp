#include "report/probe_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report/hardware_text.h"

namespace drydock::report {

using nlohmann::ordered_json;
using scenario::ProbedDevice;
using scenario::ProbedReset;
using scenario::ProbeResult;

namespace {

constexpr std::size_t kHeadWidth = 14;

void put_list(std::string& text, std::string_view head, const std::vector<std::string>& lines) {
  for (std::size_t i = 0; i < lines.size(); ++i)
    text += fmt::format("  {:<{}} {}\n", i == 0 ? head : "", kHeadWidth, lines[i]);
}

std::string reset_line(const ProbedReset& reset, const Look& look) {
  const Tone tone = reset.state == ProbedReset::State::Passed   ? Tone::Good
                    : reset.state == ProbedReset::State::Failed ? Tone::Bad
                                                                : Tone::Dim;
  const std::string_view mark = reset.state == ProbedReset::State::Passed   ? look.tick()
                                : reset.state == ProbedReset::State::Failed ? look.cross()
                                                                            : look.dot();
  return fmt::format("{} {}: {}", look.paint(tone, mark), reset.way,
                     reset.state == ProbedReset::State::NotOffered ? "not offered: " + reset.said : reset.said);
}

std::string device_text(const ProbedDevice& device, const Look& look) {
  std::string text = fmt::format("{}  {}\n", bus::board::to_text(device.slot),
                                 look.paint(Tone::Strong, device.description));
  put_list(text, "instance", {device.instance_path});
  put_list(text, "hardware ids", device.hardware_ids);
  put_list(text, "compatible ids", device.compatible_ids);
  put_list(text, "resources", device.resources);
  put_list(text, "capabilities", device.capabilities);
  put_list(text, "firmware", device.firmware);
  put_list(text, "disks", device.disks);
  if (!device.problem.empty()) put_list(text, "problem", {look.paint(Tone::Bad, device.problem)});
  if (!device.use.empty())
    put_list(text, "use", {fmt::format("{} {}{}", look.paint(device.works ? Tone::Good : Tone::Bad,
                                                             device.works ? look.tick() : look.cross()),
                                       device.use, device.works ? "" : ": it does not")});
  std::vector<std::string> resets;
  for (const ProbedReset& reset : device.resets) resets.push_back(reset_line(reset, look));
  put_list(text, "resets", resets);
  return text + "\n";
}

std::string_view state_of(ProbedReset::State state) {
  switch (state) {
    case ProbedReset::State::Passed:
      return "passed";
    case ProbedReset::State::Failed:
      return "failed";
    case ProbedReset::State::NotOffered:
      break;
  }
  return "not offered";
}

ordered_json json_of(const ProbedDevice& device) {
  ordered_json resets = ordered_json::array();
  for (const ProbedReset& reset : device.resets)
    resets.push_back({{"way", reset.way}, {"state", state_of(reset.state)}, {"said", reset.said}});
  return {{"slot", bus::board::to_text(device.slot)},
          {"description", device.description},
          {"instance_path", device.instance_path},
          {"hardware_ids", device.hardware_ids},
          {"compatible_ids", device.compatible_ids},
          {"resources", device.resources},
          {"capabilities", device.capabilities},
          {"firmware", device.firmware},
          {"disks", device.disks},
          {"problem", device.problem},
          {"use", device.use},
          {"works", device.works},
          {"resets", resets}};
}

const char* verdict_of(const ProbeResult& result) {
  if (result.hardware.ended) return "QEMU ENDED";
  return result.passed() ? "PASS" : "FAIL";
}

}  // namespace

std::string text_of(const ProbeResult& result, const Look& look) {
  std::string text = fmt::format("board {}: {} device{}\n\n", look.paint(Tone::Strong, result.board),
                                 result.devices.size(), result.devices.size() == 1 ? "" : "s");
  for (const ProbedDevice& device : result.devices) text += device_text(device, look);
  for (bus::board::Slot slot : result.missing)
    text += look.paint(Tone::Bad, fmt::format("slot {}: no bus finds the device that the board has there\n",
                                              bus::board::to_text(slot)));
  for (const machine::Finding& finding : result.findings)
    text += look.paint(Tone::Bad, fmt::format("{}: {}\n", finding.rule, finding.summary));
  text += look.paint(result.passed() ? Tone::Good : Tone::Bad, verdict_of(result)) + "\n";
  return text + hardware_text(result.hardware, look);
}

std::string json_of(const ProbeResult& result) {
  ordered_json devices = ordered_json::array(), missing = ordered_json::array(), findings = ordered_json::array();
  for (const ProbedDevice& device : result.devices) devices.push_back(json_of(device));
  for (bus::board::Slot slot : result.missing) missing.push_back(bus::board::to_text(slot));
  for (const machine::Finding& finding : result.findings)
    findings.push_back({{"rule", finding.rule}, {"summary", finding.summary}});
  ordered_json json{{"board", result.board}, {"verdict", verdict_of(result)}, {"devices", devices},
                    {"missing", missing},    {"findings", findings}};
  if (result.hardware.is_qemu)
    json["qemu"] = {{"round_trips", result.hardware.round_trips},
                    {"posted_writes", result.hardware.posted},
                    {"ended", result.hardware.ended},
                    {"said", result.hardware.said}};
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace drydock::report
