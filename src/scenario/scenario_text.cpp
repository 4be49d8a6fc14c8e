// Scenarios as text.

#include <algorithm>

#include "bus/board/nearest_name.h"
#include "bus/board/quantity.h"
#include "host/whole_file.h"
#include "scenario/driver_file.h"
#include "scenario/scenario.h"

namespace drydock::scenario {

using host::error;
using host::Result;

namespace {

constexpr std::size_t kFileBytesMax = 1 << 20;
constexpr std::size_t kStepsMax = 10'000;
constexpr std::int64_t kCountMax = 100'000;
constexpr std::string_view kLoad = "load", kUnload = "unload";
constexpr std::string_view kBegin[] = {kLoad, "start", "enumerate"};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

/// "reset  bus" -> "reset bus"
std::string with_single_spaces(std::string_view text) {
  std::string result;
  for (char c : text) {
    if (c == '\t') c = ' ';
    if (c != ' ' || (!result.empty() && result.back() != ' ')) result += c;
  }
  return result;
}

std::string_view first_word(std::string_view text) {
  return text.substr(0, text.find(' '));
}

const StepWord* find_word(std::string_view name) {
  for (const StepWord& word : step_words())
    if (word.name == name) return &word;
  return nullptr;
}

/// What may stand behind the first word of a step: "function", "platform", "bus".
std::vector<std::string_view> choices_behind(std::string_view first) {
  std::vector<std::string_view> choices;
  for (const StepWord& word : step_words())
    if (word.name.size() > first.size() && first_word(word.name) == first)
      choices.push_back(word.name.substr(first.size() + 1));
  return choices;
}

std::string list_of(const std::vector<std::string_view>& names) {
  std::string text;
  for (std::string_view name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

host::Error unknown(const std::string& where, std::string_view text) {
  const std::string_view first = first_word(text);
  const std::vector<std::string_view> choices = choices_behind(first);
  if (!choices.empty()) {
    if (first == text) return error(where, "the step ", first, " needs one of ", list_of(choices), " behind it");
    const std::string_view rest = text.substr(first.size() + 1);
    return error(where, "the step ", first, " cannot be followed by ", rest, bus::board::suggestion(rest, choices));
  }
  if (find_word(first))
    return error(where, "the step ", first, " takes nothing behind it, and there is ", text.substr(first.size() + 1));
  std::vector<std::string_view> known;
  for (const StepWord& word : step_words())
    if (known.empty() || known.back() != first_word(word.name)) known.push_back(first_word(word.name));
  return error(where, "there is no step ", first, bus::board::suggestion(first, known));
}

Result<Step> parse_step(const std::string& text, const std::string& where) {
  if (const StepWord* word = find_word(text)) return Step{word, 0};
  // A number may follow: behind the whole of a word's name.
  for (const StepWord& word : step_words()) {
    if (word.number == StepWord::Number::None || text.size() <= word.name.size() + 1 || !text.starts_with(word.name) ||
        text[word.name.size()] != ' ')
      continue;
    const std::string_view rest = std::string_view(text).substr(word.name.size() + 1);
    if (word.number == StepWord::Number::Duration) {
      const auto ns = bus::board::nanoseconds_of_text(rest);
      if (ns && *ns > 0) return Step{&word, *ns};
      return error(where, "the step ", word.name, " takes a duration like 5 s or 250 ms, not ", rest);
    }
    const bool digits =
        rest.size() <= 6 && std::all_of(rest.begin(), rest.end(), [](char c) { return c >= '0' && c <= '9'; });
    const std::int64_t count = digits ? std::stoll(std::string(rest)) : 0;
    if (count > 0 && count <= kCountMax) return Step{&word, count};
    return error(where, "the step ", word.name, " takes a number from 1 to ", kCountMax, ", not ", rest);
  }
  return unknown(where, text);
}

bool says(const Scenario& scenario, std::string_view name) {
  return std::any_of(scenario.steps.begin(), scenario.steps.end(),
                     [name](const Step& step) { return step.word->name == name; });
}

}  // namespace

Scenario part_of(const Scenario& whole, std::vector<Step> steps) {
  Scenario part;
  for (const Step& step : steps) {
    part.name += fmt::format("{}{}", part.name.empty() ? "" : ", ", step.word->name);
    if (step.number == 0) continue;
    part.name += fmt::format(" {}", step.number);
    if (step.word->number == StepWord::Number::Duration) part.name += " ns";
  }
  part.meaning = "these steps";
  part.board = whole.board;
  part.steps = std::move(steps);
  return part;
}

Result<Scenario> parse_scenario(std::string_view text, const std::string& file) {
  Scenario scenario;
  scenario.name = file;
  int line = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view rest = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    const std::string where = fmt::format("{}:{}: ", file, ++line);
    rest = rest.substr(0, rest.find('#'));
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      const std::string step = with_single_spaces(trimmed(rest.substr(0, comma)));
      rest.remove_prefix(std::min(rest.size(), comma + 1));
      if (step.empty()) continue;
      if (first_word(step) == "board") {
        if (step == "board") return error(where, "board needs the name of a board or a TOML file behind it");
        if (!scenario.board.empty()) return error(where, "the board is named a second time");
        scenario.board = step.substr(6);
        continue;
      }
      scenario.steps.push_back(TRY(parse_step(step, where)));
      if (scenario.steps.size() > kStepsMax) return error(where, "more than ", kStepsMax, " steps");
    }
  }
  if (scenario.steps.empty()) return error(file, ": there is no step in it");
  if (!says(scenario, kLoad)) {
    std::vector<Step> begin;
    for (std::string_view name : kBegin)
      if (!says(scenario, name)) begin.push_back({find_word(name), 0});
    scenario.steps.insert(scenario.steps.begin(), begin.begin(), begin.end());
  }
  if (!says(scenario, kUnload)) scenario.steps.push_back({find_word(kUnload), 0});
  return scenario;
}

namespace {

std::string_view board_of(const BuiltInScenario& built_in, DriverKind kind) {
  return kind == DriverKind::Function ? built_in.device_board : built_in.board;
}

}  // namespace

Result<Scenario> load_scenario(const std::string& name_or_path, DriverKind kind) {
  const std::string whole_life = kind == DriverKind::Software ? "wdm" : "lifecycle";
  const std::string& name = name_or_path.empty() ? whole_life : name_or_path;
  std::vector<std::string_view> known;
  for (const BuiltInScenario& built_in : built_in_scenarios()) {
    known.push_back(built_in.name);
    const std::string_view board = board_of(built_in, kind);
    if (built_in.name != name || board.empty()) continue;
    Scenario scenario = TRY(parse_scenario(built_in.text, std::string(built_in.name)));
    scenario.meaning = built_in.meaning;
    scenario.board = board;
    return scenario;
  }
  if (name_or_path.find(',') != std::string::npos) {
    Scenario scenario = TRY(parse_scenario(name_or_path, "--scenario"));
    scenario.name = name_or_path;
    scenario.meaning = "these steps";
    return scenario;
  }
  // What has a dot or a slash in it is meant as a file.
  if (name_or_path.find_first_of("./") == std::string::npos)
    return error("there is no scenario ", name_or_path, bus::board::suggestion(name_or_path, known),
                 "; a file's name has a dot or a slash in it, steps have commas between them");
  const std::vector<std::byte> bytes = TRY(host::read_whole_file(name_or_path, kFileBytesMax));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (std::size_t at = 0; at < text.size(); ++at)
    if (static_cast<unsigned char>(text[at]) < 0x20 && text[at] != '\n' && text[at] != '\r' && text[at] != '\t')
      return error(name_or_path, ":",
                   1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'),
                   ": this is no list of steps: there is a byte ",
                   static_cast<unsigned>(static_cast<unsigned char>(text[at])), " in it");
  Scenario scenario = TRY(parse_scenario(text, name_or_path));
  scenario.meaning = "the steps of " + name_or_path;
  return scenario;
}

}  // namespace drydock::scenario
