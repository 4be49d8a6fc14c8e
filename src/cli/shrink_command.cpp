// drydock shrink

#include <cstdio>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/job.h"
#include "explore/shrink.h"
#include "report/json.h"
#include "report/shrink_text.h"

namespace drydock::cli {

namespace {

constexpr std::uint64_t kTriesMax = 1'000'000;

int shrink_run(Job& job, std::uint64_t tries_max, host::WorkerProgress& progress) {
  explore::Shrink how;
  how.tries_max = tries_max;
  how.expected_digest = job.wish.expected_digest;
  how.after_each = [&](const explore::ShrinkProgress& reached) {
    progress.done = reached.tries;
    progress.bad = reached.decisions;
    return !progress.stop_asked.load();
  };
  progress.total = tries_max;
  progress.subject = job.config.strategy.seed;
  auto shrunk = explore::shrink(job.config, how);
  end_progress(job, progress);
  if (!shrunk) return complain(shrunk.failure());
  if (!shrunk->contradiction.empty()) {
    std::fprintf(stderr, "drydock: nondeterminism: %s\n", shrunk->contradiction.c_str());
    return exit_code(host::ExitCode::Nondeterminism);
  }
  const scenario::RunResult& small = shrunk->after;
  const report::ShrinkSummary summary{.tries = shrunk->tries,
                                      .decisions_before = shrunk->decisions_before,
                                      .decisions_after = shrunk->decisions_after,
                                      .before = &shrunk->before,
                                      .after = &small,
                                      .finished = shrunk->finished};
  job.part = shrunk->scenario;
  job.config = shrunk->config;
  if (job.display.json) {
    put(report::json_of(summary, report::json_of(small, replay_command(job, small))));
  } else {
    put(report::text_of(summary, job.look));
    put_result(job, small);
  }
  return exit_code(small.exit_code);
}

}  // namespace

void add_shrink_command(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand(
      "shrink",
      "Make a failed run small: the fewest steps, requests, processors and decisions that still fail the same way");
  struct Options {
    std::string token;
    std::uint64_t tries_max = explore::Shrink{}.tries_max;
    Display display;
  };
  auto options = std::make_shared<Options>();
  command
      ->add_option("run", options->token,
                   "What a failed run printed (driver=...,board=...,...), or a file written by run --save")
      ->required()
      ->type_name("TOKEN|FILE");
  command->add_option("--tries", options->tries_max, "End after so many runs, with what is reached by then")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, kTriesMax))
      ->capture_default_str();
  command->add_option("--save", options->display.save, "Write the small run to a file that replay reads")
      ->type_name("FILE");
  add_display_options(*command, options->display);
  command->footer(R"(Examples:
  drydock shrink driver=my.sys,board=pvscsi-smp,scenario=lifecycle,processors=2,requests=64,seed=7
  drydock shrink failed.drydock-run --timeline=all

Fails the same way: the same exit code, and the first finding has the same rule at the same
place of the driver, or, where it has none, in the same step.)");
  command->callback([options, &chosen] {
    chosen.run = [options, &chosen] {
      auto wish = wish_of_token(options->token);
      if (!wish) return complain(wish.failure());
      if (!wish->record.empty())
        return complain(
            host::error(options->token, ": a recorded run cannot be shrunk: its devices say what happens in it"));
      wish->progress = Wish::Progress::Decisions;
      auto job = prepare(std::move(*wish), options->display, chosen.program);
      if (!job) return complain(job.failure());
      return carry_out(**job, [tries_max = options->tries_max](Job& its, host::WorkerProgress& progress) {
        return shrink_run(its, tries_max, progress);
      });
    };
  });
}

}  // namespace drydock::cli
