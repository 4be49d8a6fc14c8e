// drydock shrink

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/job.h"
#include "explore/shrink.h"
#include "report/json.h"
#include "report/shrink_text.h"

namespace drydock::cli {

namespace {

int shrink_run(Job& job, std::uint64_t runs_max, host::WorkerProgress& progress) {
  explore::Shrink how;
  how.runs_max = runs_max;
  how.after_each = [&](const explore::ShrinkProgress& reached) {
    progress.done = reached.runs;
    progress.subject = reached.decisions;
    return !progress.stop_asked.load();
  };
  progress.total = runs_max;
  auto shrunk = explore::shrink(job.config, how);
  end_progress(job, progress);
  if (!shrunk) return complain(shrunk.failure());
  const scenario::RunResult& small = shrunk->after;
  const report::ShrinkSummary summary{.runs = shrunk->runs,
                                      .decisions_before = shrunk->decisions_before,
                                      .decisions_after = shrunk->decisions_after,
                                      .steps_before = shrunk->before.steps.size(),
                                      .steps_after = small.steps.size(),
                                      .requests_before = shrunk->before.requests,
                                      .requests_after = small.requests,
                                      .processors_before = shrunk->before.processors,
                                      .processors_after = small.processors,
                                      .seed = small.strategy.seed,
                                      .finished = shrunk->finished,
                                      .trace = &*small.trace};
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
    std::uint64_t runs_max = explore::Shrink{}.runs_max;
    Display display;
  };
  auto options = std::make_shared<Options>();
  command
      ->add_option("run", options->token,
                   "What a failed run printed (driver=...,board=...,...), or a file written by run --save")
      ->required()
      ->type_name("TOKEN|FILE");
  command->add_option("--tries", options->runs_max, "End after so many runs, with what is reached by then")
      ->type_name("N")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--save", options->display.save, "Write the small run to a file that replay reads")
      ->type_name("FILE");
  add_display_options(*command, options->display);
  command->footer(R"(Examples:
  drydock shrink driver=my.sys,board=pvscsi-smp,scenario=lifecycle,processors=2,requests=64,seed=7
  drydock shrink failed.drydock-run --timeline=all

Fails the same way: the same exit code, and the first finding has the same rule at the same place of the driver.)");
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
      return carry_out(**job, [runs_max = options->runs_max](Job& its, host::WorkerProgress& progress) {
        return shrink_run(its, runs_max, progress);
      });
    };
  });
}

}  // namespace drydock::cli
