// drydock run, drydock replay

#include <cstdio>

#include <CLI/CLI.hpp>

#include "bus/board/quantity.h"
#include "cli/command.h"
#include "cli/job.h"
#include "machine/processor.h"

namespace drydock::cli {

using Kind = scenario::StrategyChoice::Kind;

namespace {

constexpr unsigned kRequestsMax = 100'000;

struct RunOptions {
  Wish wish;
  Display display;
  std::uint64_t seed = 0;
  std::string budget;
  std::string verifier;
};

int start(Wish wish, Display display, const std::string& program) {
  auto job = prepare(std::move(wish), std::move(display), program);
  if (!job) return complain(job.failure());
  return carry_out(**job);
}

host::Result<scenario::Budget> budget_of(const std::string& text) {
  scenario::Budget budget;
  if (text.empty()) return budget;
  const auto ns = bus::board::nanoseconds_of_text(text);
  if (!ns || *ns <= 0) return host::error("--budget ", text, ": this is no duration; write 500 ms, 30 s, 5 min or 24 h");
  budget.virtual_time = machine::Duration{*ns};
  return budget;
}

}  // namespace

void add_display_options(CLI::App& command, Display& display) {
  command.add_flag("--trace-text", display.trace_text, "Print every event of the trace before the table");
  command
      .add_option_function<std::string>(
          "--timeline",
          [&display](const std::string& scope) {
            display.timeline = scope == "all" ? report::TimelineScope::Everything : report::TimelineScope::Resets;
          },
          "Draw every reset and removal before the table: who, what, which request, status, state; all: every event")
      ->expected(0, 1)
      ->default_str("resets")
      ->check(CLI::IsMember({"resets", "all"}))
      ->type_name("resets|all");
  command.add_option("--trace", display.trace, "Write a trace that ui.perfetto.dev opens, in virtual time")
      ->type_name("FILE");
  command.add_flag("--events", display.events, "Print the event log before the table: what drivers logged");
  command.add_flag("--callbacks", display.callbacks,
                   "Print the framework's callbacks before the table, beside those that are documented");
  command.add_flag("--json", display.json, "Print JSON instead of the table");
  command.add_flag("--plain", display.plain, "No box drawing and no colours, as when the output is no terminal");
  command.add_flag("--in-process", display.in_process, "No worker process and no sandbox: for debuggers");
}

void add_run_command(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("run", "Take a driver through a scenario on a board and say what happened");
  auto options = std::make_shared<RunOptions>();
  command
      ->add_option("driver", options->wish.drivers,
                   "The driver (.sys); further ones are loaded before it, for its imports")
      ->required()
      ->type_name("FILE");
  command->add_option("--board", options->wish.board, "A built-in board, or a TOML file (drydock list boards)")
      ->type_name("NAME|FILE");
  command
      ->add_option("--scenario", options->wish.scenario,
                   "What happens to it: a built-in scenario, or a file of steps (drydock list scenarios, drydock list "
                   "steps); default: by its imports")
      ->type_name("NAME|FILE");
  auto* seed = command
                   ->add_option("--seed", options->seed,
                                "Random decisions from this seed; without, nothing disturbs the machine")
                   ->type_name("N");
  command
      ->add_option("--runs", options->wish.runs,
                   "So many runs, with seeds from --seed (default 1) upwards; ends at the first that fails")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command->add_flag("--keep-going", options->wish.keep_going, "With --runs: do all of them, whatever they find");
  command
      ->add_option("--processors", options->wish.processors, "Processors of the machine, 1 to 8; default: the board's")
      ->type_name("N")
      ->check(CLI::Range(1u, machine::kProcessorsMax));
  command->add_option("--requests", options->wish.requests, "Requests of each load")
      ->type_name("N")
      ->check(CLI::Range(1u, kRequestsMax))
      ->capture_default_str();
  command->add_option("--budget", options->budget, "Virtual time a run may take, e.g. \"5 min\"; default 3 hours")
      ->type_name("DURATION");
  command
      ->add_option("--verifier", options->verifier,
                   "Options of Driver Verifier, between commas: special-pool (a page that nobody may touch behind every "
                   "block of pool, and freed blocks closed), io (IRPs pended by halves), wdf (what KMDF checks under its own verifier only)")
      ->type_name("LIST");
  command->add_flag("--check-determinism", options->wish.twice,
                    "Run twice and compare the traces; exit code 6 if they differ");
  command->add_option("--save", options->display.save, "Write the run, with its decisions, to a file that replay reads")
      ->type_name("FILE");
  command->add_option("--record", options->wish.record,
                      "On a board with QEMU's devices: write all that they and the clock did to a file that replay reads")
      ->type_name("FILE");
  add_display_options(*command, options->display);
  command->footer(R"(Examples:
  drydock run build/guest/pvscsi.sys
  drydock run build/guest/pvscsi.sys --board pvscsi-smp --seed 7
  drydock run build/guest/pvscsi.sys --runs 1000
  drydock run my.sys --board my-board.toml --scenario reset-bus --json
  drydock run my.sys --scenario my.steps
  drydock run build/guest/edu.sys --callbacks

The last line of a run that failed is the command that repeats it.)");
  command->callback([options, seed, &chosen] {
    chosen.run = [options, given = seed->count() != 0, &chosen] {
      Wish& wish = options->wish;
      auto budget = budget_of(options->budget);
      if (!budget) return complain(budget.failure());
      wish.budget = *budget;
      auto verifier = scenario::parse_verifier(options->verifier);
      if (!verifier) return complain(verifier.failure());
      wish.verifier = *verifier;
      if (wish.runs > 1) wish.progress = Wish::Progress::Seeds;
      if (given || wish.runs > 1) wish.strategy = {Kind::Random, given ? options->seed : 1, {}};
      if (wish.runs > 1 && wish.twice)
        return complain(host::error("--check-determinism is about one run; leave --runs away"));
      if (wish.runs > 1 && !options->display.save.empty())
        return complain(host::error("--save keeps one run; leave --runs away"));
      if (wish.runs > 1 && !options->display.trace.empty())
        return complain(host::error("--trace is of one run; leave --runs away"));
      if ((wish.runs > 1 || wish.twice) && !wish.record.empty())
        return complain(host::error("--record keeps one run; leave --runs and --check-determinism away"));
      return start(wish, options->display, chosen.program);
    };
  });
}

void add_replay_command(CLI::App& app, Chosen& chosen) {
  CLI::App* command =
      app.add_subcommand("replay", "Repeat a run: by the word that a failed run printed, or from a saved file");
  struct Options {
    std::string token;
    Display display;
  };
  auto options = std::make_shared<Options>();
  command->add_option("run", options->token, "driver=...,board=...,scenario=..., or a file written by run --save or run --record")
      ->required()
      ->type_name("TOKEN|FILE");
  add_display_options(*command, options->display);
  command->footer(R"(Examples:
  drydock replay driver=build/guest/pvscsi.sys,board=pvscsi,scenario=lifecycle,seed=7
  drydock replay failed.drydock-run --trace-text
  drydock replay live.record          # made by run --record; needs no QEMU

If the token has the digest of the run and the replay's is another, the exit code is 6.)");
  command->callback([options, &chosen] {
    chosen.run = [options, &chosen] {
      auto wish = wish_of_token(options->token);
      if (!wish) return complain(wish.failure());
      return start(std::move(*wish), options->display, chosen.program);
    };
  });
}

}  // namespace drydock::cli
