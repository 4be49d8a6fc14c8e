// drydock probe: what is on a board, and whether every reset leaves it usable.

#include <cstdio>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "host/sandbox.h"
#include "host/worker.h"
#include "models/qemu/computer.h"
#include "report/look.h"
#include "report/probe_text.h"
#include "scenario/probe.h"

namespace drydock::cli {

namespace {

struct ProbeOptions {
  std::string board;
  std::optional<std::uint64_t> seed;
  bool json = false, plain = false, in_process = false;
};

host::ExitCode exit_code_of(const scenario::ProbeResult& result) {
  if (result.outcome == machine::OutcomeKind::HostFault) return host::ExitCode::HostFault;
  if (result.hardware.ended) return host::ExitCode::HardwareEnded;
  return result.passed() ? host::ExitCode::Pass : host::ExitCode::Finding;
}

int probe(const ProbeOptions& options) {
  auto board = bus::board::load_board(options.board);
  if (!board) return complain(board.failure());
  if (host::Status opened = bus::board::open_disk_files(*board); !opened) return complain(opened.failure());
  if (host::Status started = bus::board::start_qemu(*board); !started) return complain(started.failure());
  const report::Look look = report::look_of_output(options.plain);
  auto work = [&](host::WorkerProgress&) {
    if (!options.in_process)
      if (host::Status inside = host::enter_sandbox(); !inside) return complain(inside.failure());
    auto result = scenario::probe(*board, options.seed);
    if (!result) return complain(result.failure());
    const std::string text = options.json ? report::json_of(*result) : report::text_of(*result, look);
    std::fwrite(text.data(), 1, text.size(), stdout);
    return exit_code(exit_code_of(*result));
  };
  host::WorkerProgress* progress = nullptr;
  if (options.in_process) return host::run_in_process(work, progress).exit_code;
  const auto watch = [&](const host::WorkerProgress&) {
    if (board->qemu) board->qemu->look_after();
  };
  auto end = host::run_in_worker(work, watch, progress);
  if (!end) return complain(end.failure());
  if (end->interrupted) return host::kInterruptedExitCode;
  if (end->crashed) std::fprintf(stderr, "drydock: host fault: the worker was ended by %s\n", end->how.c_str());
  return end->exit_code;
}

}  // namespace

void add_probe_command(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand(
      "probe", "Say what is on a board, as a device manager would, and try every reset that its devices offer");
  auto options = std::make_shared<ProbeOptions>();
  command->add_option("--board", options->board, "A built-in board, or a TOML file (drydock list boards)")
      ->required()
      ->type_name("NAME|FILE");
  command->add_option("--seed", options->seed, "Random decisions from this seed: faults of the board may strike")
      ->type_name("N");
  command->add_flag("--json", options->json, "Print JSON");
  command->add_flag("--plain", options->plain, "No box drawing and no colours");
  command->add_flag("--in-process", options->in_process, "No worker process and no sandbox: for debuggers");
  command->footer(R"(Examples:
  drydock probe --board qemu-nvme
  drydock probe --board rail --json
  drydock probe --board my-board.toml

No driver is loaded: every function starts as its bus driver leaves it. Of each that is no bridge, the registers are
used in a way that its kind is known for, before and after a function-level reset, a visit to D3hot, a reset of its bus
and a reset of the whole computer; what a function does not offer is not tried.

Exit codes: 0 everything works, 1 a device is missing, has a problem or cannot be used after a reset, 2 usage or bad
input, 4 host fault, 7 QEMU ended.)");
  command->callback([options, &chosen] { chosen.run = [options] { return probe(*options); }; });
}

}  // namespace drydock::cli
