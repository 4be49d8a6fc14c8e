#pragma once
// What the commands share: each adds itself to the parser and returns an exit code when it was chosen.

#include <functional>
#include <string>

#include "host/result.h"

namespace CLI {
class App;
}

namespace drydock::cli {

inline constexpr const char* kVersion = "0.1.0";

/// What the user chose; `run` is set by the command's callback and called after parsing.
struct Chosen {
  std::string program;  ///< as it was typed, for commands that are printed
  std::function<int()> run;
};

void add_run_command(CLI::App& app, Chosen& chosen);
void add_replay_command(CLI::App& app, Chosen& chosen);
void add_shrink_command(CLI::App& app, Chosen& chosen);
void add_sweep_command(CLI::App& app, Chosen& chosen);
void add_inspect_command(CLI::App& app, Chosen& chosen);
void add_list_command(CLI::App& app, Chosen& chosen);
void add_probe_command(CLI::App& app, Chosen& chosen);
void add_serve_command(CLI::App& app, Chosen& chosen);

/// Says what is wrong, in one sentence on standard error; the exit code that goes with it.
int complain(const host::Error& failure);

constexpr int exit_code(host::ExitCode code) {
  return static_cast<int>(code);
}

}  // namespace drydock::cli
