// drydock sweep

#include <algorithm>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/job.h"
#include "explore/sweep.h"
#include "machine/processor.h"
#include "report/sweep_table.h"

namespace drydock::cli {

namespace {

constexpr unsigned kRequestsMax = 10'000;

using Faults = std::vector<const explore::SweepFault*>;

struct SweepOptions {
  Wish wish;
  Display display;
  std::vector<std::string> faults;
};

std::vector<std::string> fault_names() {
  std::vector<std::string> names;
  for (const explore::SweepFault& fault : explore::sweep_faults()) names.emplace_back(fault.name);
  return names;
}

report::SweepSummary summary_of(const Job& job, const explore::SweepResult& all) {
  report::SweepSummary summary;
  summary.driver = job.drivers.front().path;
  summary.board = job.board.file.empty() ? job.board.name : job.board.file;
  summary.processors = job.config.processors;
  summary.requests = job.config.requests;
  summary.seed = job.config.strategy.seed;
  for (const explore::SweepCount& count : all.counts)
    summary.rows.push_back(
        {std::string(count.fault->name), std::string(count.fault->meaning), count.runs, count.failed, count.requests});
  summary.runs_done = all.runs_done;
  summary.runs_wanted = all.runs_wanted;
  summary.runs_failed = all.runs_failed;
  summary.virtual_time = all.virtual_time;
  summary.real_time = all.real_time;
  return summary;
}

int sweep_all(Job& job, const Faults& faults, host::WorkerProgress& progress) {
  explore::Sweep sweep;
  sweep.faults = faults;
  sweep.keep_going = job.wish.keep_going;
  sweep.after_each = [&](const scenario::RunResult& result) {
    ++progress.done;
    if (!result.passed()) ++progress.bad;
    return !progress.stop_asked.load();
  };
  progress.total = faults.size() * std::uint64_t{job.config.requests};
  progress.subject = job.config.strategy.seed;
  auto all = explore::run_sweep(job.config, sweep);
  end_progress(job, progress);
  if (!all) return complain(all.failure());
  report::SweepSummary summary = summary_of(job, *all);
  summary.interrupted = progress.stop_asked.load() && all->runs_done < all->runs_wanted;
  std::vector<std::string> replays;
  for (const scenario::RunResult& failed : all->failures) replays.push_back(replay_command(job, failed));
  if (job.display.json) {
    put(report::json_of(summary, replays));
  } else {
    if (!all->failures.empty()) put_result(job, all->failures.front());
    put(report::table_of(summary, job.look));
    put_commands(replays, all->failures);
  }
  return all->failures.empty() ? 0 : exit_code(all->failures.front().exit_code);
}

}  // namespace

void add_sweep_command(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand(
      "sweep", "Hang, delay, mute, unplug and reset at each request of a load in turn, one run for each");
  auto options = std::make_shared<SweepOptions>();
  options->wish.requests = 200;
  command->add_option("driver", options->wish.drivers, "The driver (.sys); further ones are loaded before it")
      ->required()
      ->type_name("FILE");
  command->add_option("--board", options->wish.board, "A built-in board, or a TOML file (drydock list boards)")
      ->type_name("NAME|FILE");
  command->add_option("--requests", options->wish.requests, "Requests of the load, each of which is visited")
      ->type_name("N")
      ->check(CLI::Range(1u, kRequestsMax))
      ->capture_default_str();
  command->add_option("--faults", options->faults, "Only these, in any order; default: all")
      ->delimiter(',')
      ->type_name("NAME,...")
      ->check(CLI::IsMember(fault_names()));
  command
      ->add_option("--processors", options->wish.processors, "Processors of the machine, 1 to 8; default: the board's")
      ->type_name("N")
      ->check(CLI::Range(1u, machine::kProcessorsMax));
  command->add_option("--seed", options->wish.strategy.seed, "Random decisions from this seed, the same in every run")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command->add_flag("--keep-going", options->wish.keep_going, "Do all runs, whatever they find");
  command->add_flag("--json", options->display.json, "Print JSON instead of the table");
  command->add_flag("--plain", options->display.plain,
                    "No box drawing and no colours, as when the output is no terminal");
  command->add_flag("--in-process", options->display.in_process, "No worker process and no sandbox: for debuggers");
  std::string meanings = "What happens to a request:\n";
  for (const explore::SweepFault& fault : explore::sweep_faults())
    meanings += "  " + std::string(fault.name) + ": " + std::string(fault.meaning) + "\n";
  command->footer(meanings + R"(
Examples:
  drydock sweep build/guest/pvscsi.sys
  drydock sweep my.sys --requests 50 --faults hang,unplug --processors 2 --seed 7

Ends at the first run that fails; the last line is the command that repeats it.)");
  command->callback([options, &chosen] {
    chosen.run = [options, &chosen] {
      Wish& wish = options->wish;
      wish.scenario = "io";  // decides the board; the runs have scenarios of their own
      wish.progress = Wish::Progress::Seeds;
      if (wish.strategy.seed != 0) wish.strategy.kind = scenario::StrategyChoice::Kind::Random;
      Faults faults;
      for (const explore::SweepFault& fault : explore::sweep_faults())
        if (options->faults.empty() ||
            std::find(options->faults.begin(), options->faults.end(), fault.name) != options->faults.end())
          faults.push_back(&fault);
      auto job = prepare(std::move(wish), options->display, chosen.program);
      if (!job) return complain(job.failure());
      return carry_out(**job,
                       [faults](Job& its, host::WorkerProgress& progress) { return sweep_all(its, faults, progress); });
    };
  });
}

}  // namespace drydock::cli
