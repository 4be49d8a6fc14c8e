// drydock list

#include <algorithm>
#include <cstdio>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "bus/board/board.h"
#include "bus/board/model_catalogue.h"
#include "cli/command.h"
#include "scenario/driver_file.h"
#include "scenario/scenario.h"

namespace drydock::cli {
namespace {

void put(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

int list_boards() {
  for (const bus::board::BuiltInBoard& built_in : bus::board::built_in_boards()) {
    auto board = bus::board::load_board(std::string(built_in.name));
    if (!board) return complain(board.failure());
    put(fmt::format("{:<16} {}\n", built_in.name, board->description));
  }
  return 0;
}

int list_scenarios() {
  for (const scenario::BuiltInScenario& each : scenario::built_in_scenarios()) {
    put(fmt::format("{:<24} {}\n", each.name, each.meaning));
    auto loaded = scenario::parse_scenario(each.text, std::string(each.name));
    if (!loaded) return complain(loaded.failure());
    std::string steps;
    for (const scenario::Step& step : loaded->steps)
      steps += (steps.empty() ? "" : ", ") + std::string(step.word->name);
    put(fmt::format("{:<24}   {}\n", "", steps));
  }
  return 0;
}

int list_steps() {
  constexpr std::string_view kNumbers[] = {"", " N", " DURATION"};
  for (const scenario::StepWord& word : scenario::step_words())
    put(fmt::format("{:<24} {}\n", fmt::format("{}{}", word.name, kNumbers[static_cast<unsigned>(word.number)]),
                    word.meaning));
  return 0;
}

int list_exports() {
  const auto index = scenario::build_export_index();
  std::vector<std::string> lines;
  std::size_t implemented = 0, absent = 0;
  for (const image::ExportFamily* family : index->families())
    for (const image::Export& row : family->rows) {
      const bool built = row.kind != image::Export::Kind::NotBuilt;
      ++(built ? implemented : absent);
      lines.push_back(fmt::format("{}!{:<48} {:<16} {}", family->module, row.name, family->family,
                                  built ? (row.kind == image::Export::Kind::Data ? "variable" : "implemented")
                                        : fmt::format("not built: {}", row.why)));
    }
  std::sort(lines.begin(), lines.end());
  for (const std::string& line : lines) put(line + "\n");
  put(fmt::format("{} implemented, {} not built\n", implemented, absent));
  return 0;
}

int list_models() {
  for (const bus::board::ModelInfo& model : bus::board::model_catalogue()) {
    put(fmt::format("{:<16} {}\n", model.name, model.meaning));
    for (const bus::board::FaultInfo& fault : model.faults)
      put(fmt::format("{:<16}   fault {:<16} {}\n", "", fault.name, fault.meaning));
  }
  return 0;
}

struct List {
  const char* name;
  const char* meaning;
  int (*print)();
};
constexpr List kLists[] = {
    {"boards", "The built-in boards", list_boards},
    {"scenarios", "The scenarios and their steps", list_scenarios},
    {"steps", "The steps that a scenario, built in or in a file, is made of", list_steps},
    {"exports", "Every function Windows' parts of ours offer to drivers", list_exports},
    {"models", "The device models a board may name, and their faults", list_models},
};

}  // namespace

void add_list_command(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("list", "List what there is to choose from");
  command->require_subcommand(1);
  command->footer(
      "Examples:\n  drydock list boards\n  drydock list scenarios\n  drydock list exports | grep KeSetTimer\n  drydock "
      "list models");
  for (const List& list : kLists) {
    CLI::App* each = command->add_subcommand(list.name, list.meaning);
    each->footer(std::string("Example:\n  drydock list ") + list.name);
    each->callback([&list, &chosen] { chosen.run = list.print; });
  }
}

}  // namespace drydock::cli
