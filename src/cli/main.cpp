// drydock: the command.

#include <cstdio>

#include <CLI/CLI.hpp>

#include "cli/command.h"

namespace {

constexpr const char* kFooter = R"(Examples:
  drydock run build/guest/pvscsi.sys
  drydock run build/guest/pvscsi.sys --seed 7
  drydock run build/guest/pvscsi.sys --runs 1000 --processors 4
  drydock shrink driver=my.sys,board=pvscsi,scenario=lifecycle,processors=2,requests=64,seed=7
  drydock inspect my.sys

Exit codes: 0 pass, 1 finding, 2 usage or bad input, 3 an import or a part of the platform is not implemented,
4 host fault (the bug is ours), 5 budget used up, 6 nondeterminism, 7 QEMU ended before
anything was found, 130 interrupted, 141 output not read.)";

}  // namespace

int main(int argc, char** argv) {
  using namespace drydock;
  CLI::App app{"Takes a Windows driver out of the kernel and through everything that can happen to its device.",
               "drydock"};
  app.set_version_flag("--version", std::string("drydock ") + cli::kVersion);
  app.footer(kFooter);
  app.require_subcommand(1);
  cli::Chosen chosen;
  chosen.program = argv[0];
  cli::add_run_command(app, chosen);
  cli::add_replay_command(app, chosen);
  cli::add_shrink_command(app, chosen);
  cli::add_sweep_command(app, chosen);
  cli::add_inspect_command(app, chosen);
  cli::add_list_command(app, chosen);
  cli::add_probe_command(app, chosen);
  cli::add_serve_command(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& failure) {
    app.exit(failure);
    return cli::exit_code(host::ExitCode::BadInput);
  }
  const int code = chosen.run();
  if (std::fflush(stdout) != 0 && code == 0) return cli::exit_code(host::ExitCode::BadInput);
  return code;
}
