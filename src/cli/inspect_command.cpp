// drydock inspect

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "report/json.h"
#include "report/look.h"
#include "scenario/driver_file.h"

namespace drydock::cli {

using scenario::ImportState;
using scenario::ImportSurvey;

namespace {

std::string headers_text(const scenario::DriverFile& driver, const report::Look& look) {
  const image::PeImage& image = *driver.image;
  std::string text = fmt::format("{}  PE32+ x64 driver, {} bytes, fingerprint {:016x}\n",
                                 look.paint(report::Tone::Strong, driver.path), driver.file_bytes, driver.fingerprint);
  const std::string entry = image.entry_rva() == 0 ? "" : image.symbol_at(image.entry_rva());
  text += fmt::format("  preferred base {:#x}, image {} bytes, entry {:#x}{}{}\n", image.preferred_base(),
                      image.size_of_image(), image.entry_rva(), entry.empty() ? "" : " ", entry);
  text += fmt::format("  {} relocations, {} functions with unwind data, {} patched instructions{}\n",
                      image.relocations().size(), image.functions().size(), image.patches().size(),
                      image.security_cookie_rva() != 0 ? ", security cookie" : "");
  text += "\n" + look.paint(report::Tone::Strong, "sections") + "\n";
  for (const image::Section& section : image.sections())
    text += fmt::format("  {:<8}  rva {:#8x}  {:>8} bytes  {}{}{}{}\n", section.name, section.rva, section.bytes,
                        section.readable ? 'r' : '-', section.writable ? 'w' : '-', section.executable ? 'x' : '-',
                        section.discardable ? "  goes away" : "");
  return text;
}

std::string imports_text(const ImportSurvey& survey, const report::Look& look) {
  std::string text = "\n" + look.paint(report::Tone::Strong, fmt::format("imports: {}", survey.rows.size())) + "\n";
  std::vector<std::string> modules;
  std::size_t width = 0;
  for (const ImportSurvey::Row& row : survey.rows) {
    if (std::find(modules.begin(), modules.end(), row.module) == modules.end()) modules.push_back(row.module);
    width = std::max(width, row.name.size());
  }
  for (const std::string& module : modules) {
    text += "  " + module + "\n";
    for (const ImportSurvey::Row& row : survey.rows) {
      if (row.module != module) continue;
      const char* state = row.state == ImportState::Implemented   ? "implemented"
                          : row.state == ImportState::OtherDriver ? "exported by"
                          : row.state == ImportState::NotBuilt    ? "not built:"
                                                                  : "unknown:";
      const bool good = row.state == ImportState::Implemented || row.state == ImportState::OtherDriver;
      std::string line = fmt::format("    {:<{}}  ", row.name, width);
      line += look.paint(good ? report::Tone::Good : report::Tone::Bad, state);
      if (!row.where.empty()) line += " " + row.where;
      text += line + "\n";
    }
  }
  return text;
}

std::string exports_text(const scenario::DriverFile& driver, const report::Look& look) {
  if (driver.image->exports().empty()) return {};
  std::string text =
      "\n" + look.paint(report::Tone::Strong, fmt::format("exports: {}", driver.image->exports().size())) + "\n";
  for (const image::ImageExport& row : driver.image->exports()) {
    text += fmt::format("  #{:<5} {}", row.ordinal, row.name.empty() ? "(by ordinal only)" : row.name);
    text += row.forwarded() ? fmt::format(" -> {}.{}\n", row.forward_module, row.forward_name)
                            : fmt::format("  rva {:#x}\n", row.rva);
  }
  return text;
}

int inspect(const std::string& path, const std::vector<std::string>& with, bool json, bool plain) {
  auto driver = scenario::read_driver(path);
  if (!driver) return complain(driver.failure());
  std::vector<scenario::DriverFile> files;
  std::vector<const scenario::DriverFile*> others;
  for (const std::string& other : with) {
    auto file = scenario::read_driver(other);
    if (!file) return complain(file.failure());
    files.push_back(std::move(*file));
  }
  for (const scenario::DriverFile& file : files) others.push_back(&file);
  const auto exports = scenario::build_export_index();
  const ImportSurvey survey = scenario::survey_imports(*driver, *exports, others);
  std::string text;
  if (json) {
    text = report::json_of(*driver, survey);
  } else {
    const report::Look look = report::look_of_output(plain);
    text = headers_text(*driver, look) + imports_text(survey, look) + exports_text(*driver, look);
    const std::size_t missing = survey.missing();
    text += "\n" +
            (missing == 0 ? look.paint(report::Tone::Good, "every import is implemented")
                          : look.paint(report::Tone::Bad,
                                       fmt::format("{} of {} imports are missing", missing, survey.rows.size()))) +
            "\n";
  }
  std::fwrite(text.data(), 1, text.size(), stdout);
  return survey.missing() == 0 ? 0 : exit_code(host::ExitCode::NotImplemented);
}

}  // namespace

void add_inspect_command(CLI::App& app, Chosen& chosen) {
  CLI::App* command =
      app.add_subcommand("inspect", "Say what a driver file is, what it imports, and what of that we lack");
  struct Options {
    std::string driver;
    std::vector<std::string> with;
    bool json = false, plain = false;
  };
  auto options = std::make_shared<Options>();
  command->add_option("driver", options->driver, "The driver (.sys)")->required()->type_name("FILE");
  command->add_option("--with", options->with, "Another driver whose exports it may import")->type_name("FILE");
  command->add_flag("--json", options->json, "Print JSON");
  command->add_flag("--plain", options->plain, "No box drawing and no colours");
  command->footer("Example:\n  drydock inspect build/guest/pvscsi.sys\n\nExit code 3 if any import is missing.");
  command->callback([options, &chosen] {
    chosen.run = [options] { return inspect(options->driver, options->with, options->json, options->plain); };
  });
}

}  // namespace drydock::cli
