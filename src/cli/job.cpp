#include "cli/job.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>

#include "cli/command.h"
#include "explore/campaign.h"
#include "explore/replay_token.h"
#include "host/sandbox.h"
#include "host/terminal.h"
#include "host/umdf_process.h"
#include "host/worker.h"
#include "models/qemu/computer.h"
#include "report/callback_list.h"
#include "report/event_log.h"
#include "report/json.h"
#include "report/perfetto.h"
#include "report/table.h"
#include "scenario/assembly.h"

namespace drydock::cli {

using scenario::RunResult;
using scenario::StrategyChoice;

void put(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

namespace {

std::vector<std::string> step_names(const RunResult& result) {
  std::vector<std::string> names;
  for (const scenario::StepResult& step : result.steps) names.push_back(step.name);
  return names;
}

void put_trace(const Job& job, const RunResult& result) {
  if (!result.trace) return;
  // JSON owns standard output.
  std::FILE* where = job.display.json ? stderr : stdout;
  if (job.display.trace_text)
    for (const std::string& line : report::trace_lines(*result.trace)) std::fprintf(where, "%s\n", line.c_str());
  if (job.display.timeline)
    std::fprintf(where, "%s",
                 report::timeline_of(*result.trace, step_names(result), *job.display.timeline, job.look).c_str());
  if (job.display.callbacks) std::fprintf(where, "%s", report::callback_list(*result.trace, job.look).text.c_str());
}

/// Says so if it cannot.
void write_file(std::FILE* file, const std::string& path, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), file);
  if (std::fflush(file) != 0) std::fprintf(stderr, "drydock: %s: cannot be written to its end\n", path.c_str());
}

void save(const Job& job, const RunResult& result) {
  if (job.save_file)
    write_file(job.save_file.get(), job.display.save,
               explore::to_file(explore::token_of(job.config, result), result.answers));
  if (job.trace_file)
    write_file(job.trace_file.get(), job.display.trace, report::perfetto_json(*result.trace, step_names(result)));
}

void put_events(const Job& job, const RunResult& result) {
  if (job.display.events && !job.display.json) put(report::event_log_text(result.event_log, job.look));
}

}  // namespace

void put_result(const Job& job, const RunResult& result) {
  put_trace(job, result);
  put_events(job, result);
  save(job, result);
  const std::string replay = replay_command(job, result);
  put(job.display.json ? report::json_of(result, replay) : report::table_of(result, job.look, replay));
}

namespace {

/// False, and said, if not all of it could be written.
bool finish_record(Job& job, const RunResult& result) {
  if (!job.record_file) return true;
  if (job.record_file->finish(explore::to_file(explore::token_of(job.config, result), result.answers))) return true;
  std::fflush(stdout);
  std::fprintf(stderr, "drydock: %s: cannot be written to its end; the run cannot be replayed\n", job.wish.record.c_str());
  return false;
}

int run_once(Job& job, host::WorkerProgress& progress) {
  progress.total = 1;
  progress.subject = job.config.strategy.seed;
  auto result = scenario::run(job.config);
  if (!result) return complain(result.failure());
  progress.done = 1;
  put_result(job, *result);
  if (!finish_record(job, *result)) return exit_code(host::ExitCode::BadInput);
  if (!job.wish.expected_digest.empty() && result->digest != job.wish.expected_digest) {
    std::fflush(stdout);
    std::fprintf(stderr, "drydock: nondeterminism: the run had the digest %s, its replay has %s\n",
                 job.wish.expected_digest.c_str(), result->digest.c_str());
    return exit_code(host::ExitCode::Nondeterminism);
  }
  return exit_code(result->exit_code);
}

int run_two_times(Job& job, host::WorkerProgress& progress) {
  progress.total = 2;
  progress.subject = job.config.strategy.seed;
  auto twice = explore::run_twice(job.config);
  if (!twice) return complain(twice.failure());
  put_result(job, twice->first);
  if (!twice->same()) {
    std::fflush(stdout);
    std::fprintf(stderr,
                 "drydock: nondeterminism: the first run had %llu events and the digest %s, the second %llu and %s\n",
                 static_cast<unsigned long long>(twice->first.events), twice->first.digest.c_str(),
                 static_cast<unsigned long long>(twice->second_events), twice->second_digest.c_str());
    return exit_code(host::ExitCode::Nondeterminism);
  }
  return exit_code(twice->first.exit_code);
}

report::CampaignSummary summary_of(const Job& job, const explore::CampaignResult& all, bool interrupted) {
  report::CampaignSummary summary;
  summary.driver = job.drivers.front().path;
  summary.board = job.board.file.empty() ? job.board.name : job.board.file;
  summary.scenario = job.config.scenario->name;
  summary.processors = job.config.processors;
  summary.first_seed = job.config.strategy.seed;
  summary.runs_wanted = job.wish.runs;
  summary.runs_done = all.runs_done;
  summary.runs_failed = all.runs_failed;
  summary.runs_without_verdict = all.runs_without_verdict;
  summary.seeds_without_verdict = all.seeds_without_verdict;
  summary.requests = all.requests;
  summary.sectors_verified = all.sectors_verified;
  summary.virtual_time = all.virtual_time;
  summary.real_time = all.real_time;
  summary.digest = all.digest;
  summary.interrupted = interrupted;
  return summary;
}

/// One line on standard error that is drawn over and over.
class ProgressLine {
 public:
  explicit ProgressLine(Wish::Progress kind) : kind_(kind) {}
  void draw(const host::WorkerProgress& progress) {
    if (progress.reports || ++calls_ < 5) return;  // what ends at once needs none
    const std::string line =
        kind_ == Wish::Progress::Decisions
            ? fmt::format("{} tries, {} decisions left", progress.done.load(), progress.bad.load())
            : fmt::format("{} of {} runs, {} failed, at seed {}", progress.done.load(), progress.total.load(),
                          progress.bad.load(), progress.subject.load());
    std::fprintf(stderr, "\r%s\x1b[K", line.c_str());
    std::fflush(stderr);
  }
  static void erase() { std::fprintf(stderr, "\r\x1b[K"); }

 private:
  Wish::Progress kind_;
  unsigned calls_ = 0;
};

}  // namespace

void end_progress(const Job& job, host::WorkerProgress& progress) {
  progress.reports = true;
  if (job.watched) ProgressLine::erase();
}

namespace {

int run_many(Job& job, host::WorkerProgress& progress) {
  explore::Campaign campaign;
  campaign.first_seed = job.config.strategy.seed;
  campaign.runs = job.wish.runs;
  campaign.keep_going = job.wish.keep_going;
  campaign.before_each = [&](std::uint64_t seed) { progress.subject = seed; };
  campaign.after_each = [&](const RunResult& result) {
    ++progress.done;
    if (!result.passed() && !result.without_verdict()) ++progress.bad;
    return !progress.stop_asked.load();
  };
  progress.total = campaign.runs;
  auto all = explore::run_campaign(job.config, campaign);
  end_progress(job, progress);
  if (!all) return complain(all.failure());
  const bool interrupted = progress.stop_asked.load() && all->runs_done < campaign.runs;
  const report::CampaignSummary summary = summary_of(job, *all, interrupted);
  // A failed run carries its own seed.
  auto command_of = [&](const RunResult& failed) {
    job.config.strategy = failed.strategy;
    std::string command = replay_command(job, failed);
    job.config.strategy.seed = campaign.first_seed;
    return command;
  };
  if (job.display.json) {
    std::vector<std::string> failed;
    for (const RunResult& result : all->failures) failed.push_back(report::json_of(result, command_of(result)));
    put(report::json_of(summary, failed));
  } else {
    if (!all->failures.empty()) {
      put_trace(job, all->failures.front());
      put_events(job, all->failures.front());
      put(report::table_of(all->failures.front(), job.look, {}) + "\n");
    }
    put(report::table_of(summary, job.look));
    std::vector<std::string> commands;
    for (const RunResult& result : all->failures) commands.push_back(command_of(result));
    put_commands(commands, all->failures);
  }
  if (all->cut_short) {
    std::fflush(stdout);
    complain(*all->cut_short);
  }
  if (!all->failures.empty()) return exit_code(all->failures.front().exit_code);
  if (all->cut_short) return exit_code(all->cut_short->exit_code);
  return all->runs_without_verdict != 0 ? exit_code(host::ExitCode::HardwareEnded) : 0;
}

int runs_of(Job& job, host::WorkerProgress& progress) {
  if (job.wish.runs > 1) return run_many(job, progress);
  if (job.wish.twice) return run_two_times(job, progress);
  return run_once(job, progress);
}

/// What to type to see a host fault again.
std::string repeat_command(const Job& job, std::uint64_t seed) {
  RunResult unfinished;
  unfinished.board = job.board.file.empty() ? job.board.name : job.board.file;
  unfinished.scenario = job.config.scenario->name;
  unfinished.processors = job.config.processors;
  unfinished.requests = job.config.requests;
  scenario::RunConfig config = job.config;
  config.strategy.seed = seed;
  const char* command = job.wish.progress == Wish::Progress::Decisions ? " shrink " : " replay ";
  return job.program + command + explore::to_text(explore::token_of(config, unfinished));
}

}  // namespace

std::string replay_command(const Job& job, const RunResult& result) {
  if (!job.wish.record.empty()) return job.program + " replay " + job.wish.record;
  if (result.live) return {};
  return job.program + " replay " + explore::to_text(explore::token_of(job.config, result));
}

void put_commands(const std::vector<std::string>& commands, const std::vector<RunResult>& failed) {
  const bool live = !failed.empty() && failed.front().live;
  if (live && commands.front().empty()) {
    std::string seeds;
    for (const RunResult& result : failed)
      seeds += fmt::format("{}{}", seeds.empty() ? "" : ", ", result.strategy.seed);
    put(fmt::format("these failed: {}; live, on the wall's clock, they cannot be replayed; a run with --record FILE can\n",
                    seeds));
    return;
  }
  for (const std::string& command : commands) put(command + "\n");
}

/// Opened before the work begins: the worker may not open anything.
static host::Status open_output(const std::string& path, decltype(Job::save_file)& file) {
  if (path.empty()) return {};
  file.reset(std::fopen(path.c_str(), "we"));
  if (!file) return host::error(path, ": cannot be written: ", std::strerror(errno));
  return {};
}

/// A driver that the board names, from beside the first one. `wanted` says what for, should it not be there.
static host::Result<scenario::DriverFile> read_beside_first(const Job& job, const std::string& name,
                                                            const std::string& wanted) {
  const std::string& first = job.drivers.front().path;
  auto driver = scenario::read_driver(first.substr(0, first.rfind('/') + 1) + name);
  if (driver) return driver;
  host::Error failure = std::move(driver).failure();
  failure.message += fmt::format(" ({})", wanted);
  return failure;
}

/// For the board's other devices.
static host::Status load_companions(Job& job) {
  for (const bus::board::Device& device : job.board.devices) {
    const bool served = std::any_of(job.drivers.begin(), job.drivers.end(),
                                    [&](const auto& driver) { return scenario::suits(driver, device); });
    if (served || device.driver.empty()) continue;
    job.drivers.push_back(TRY(read_beside_first(
        job, device.driver,
        fmt::format("the board wants it for the {} in slot {}; or name a driver for it behind {}", device.model,
                    bus::board::to_text(device.slot), job.drivers.front().path))));
  }
  return {};
}

/// For devices below a bus driver of the run.
static host::Status load_drivers_of_packages(Job& job) {
  for (const bus::board::Package& package : job.board.packages) {
    const std::string service = scenario::service_of(package.driver);
    if (std::any_of(job.drivers.begin(), job.drivers.end(), [&](const auto& each) { return each.service == service; }))
      continue;
    job.drivers.push_back(TRY(read_beside_first(
        job, package.driver,
        fmt::format("a package of the board wants it; or name it behind {}", job.drivers.front().path))));
  }
  return {};
}

/// Filters that the board names, each once.
static host::Status load_filters(Job& job) {
  for (const bus::board::Device& device : job.board.devices)
    for (const auto* names : {&device.lower_filters, &device.upper_filters})
      for (const std::string& name : *names) {
        const std::string wanted = fmt::format("the board wants it as a filter of the {} in slot {}", device.model,
                                               bus::board::to_text(device.slot));
        scenario::DriverFile filter = TRY(read_beside_first(job, name, wanted));
        const auto same = [&filter](const auto& each) { return each.service == filter.service; };
        if (std::any_of(job.drivers.begin(), job.drivers.end(), same))
          return host::error(name, ": ", wanted, ", and it is one of the drivers of the run already");
        if (std::none_of(job.filters.begin(), job.filters.end(), same)) job.filters.push_back(std::move(filter));
      }
  return {};
}

static host::Status replace_first_disk(bus::board::Board& board, const std::string& file) {
  for (bus::board::Device& device : board.devices) {
    if (device.disks.empty()) continue;
    device.disks.front().file = file;
    return {};
  }
  return host::error("the board ", board.name, " has no disk that ", file, " could stand for");
}

/// A live run is kept on a tape if it is to be recorded, and comes from one if it was.
static host::Status prepare_tape(Job& job) {
  Wish& wish = job.wish;
  if (wish.record.empty()) return {};
  const auto& devices = job.board.devices;
  if (std::none_of(devices.begin(), devices.end(), [](const auto& device) { return device.model == "qemu"; }))
    return host::error("--record ", wish.record, ": the board ", job.board.name,
                       " has no device of QEMU's; its runs are repeated by their seed, or by --save FILE");
  if (wish.recorded) {
    job.tape = std::make_unique<machine::Tape>(machine::Tape::replaying(std::move(*wish.recorded)));
    return {};
  }
  job.record_file = std::make_unique<host::RecordWriter>(TRY(host::RecordWriter::open(wish.record)));
  job.tape = std::make_unique<machine::Tape>(machine::Tape::recording(*job.record_file));
  return {};
}

host::Result<std::unique_ptr<Job>> prepare(Wish wish, Display display, const std::string& program) {
  auto job = std::make_unique<Job>();
  job->wish = std::move(wish);
  job->display = std::move(display);
  job->program = program;
  for (const std::string& path : job->wish.drivers) job->drivers.push_back(TRY(scenario::read_driver(path)));
  for (std::size_t i = 0; i < job->drivers.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (job->drivers[i].service == job->drivers[j].service)
        return host::error(job->drivers[i].path, ": two drivers cannot have the same name");

  scenario::RunConfig& config = job->config;
  job->scenario = TRY(scenario::load_scenario(job->wish.scenario, scenario::kind_of(job->drivers.front())));
  config.scenario = &job->scenario;
  std::string board = job->wish.board.empty() ? job->scenario.board : job->wish.board;
  if (board.empty())
    return host::error(job->scenario.name, ": it names no board to run on: write \"board NAME\" in it or give --board");
  job->board = TRY(bus::board::load_board(board));
  TRY(load_companions(*job));
  TRY(load_drivers_of_packages(*job));
  TRY(load_filters(*job));
  for (const scenario::DriverFile& driver : job->drivers) config.drivers.push_back(&driver);
  for (const scenario::DriverFile& filter : job->filters) config.filters.push_back(&filter);
  if (!job->wish.disk_file.empty()) TRY(replace_first_disk(job->board, job->wish.disk_file));
  TRY(bus::board::open_disk_files(job->board));
  TRY(prepare_tape(*job));
  TRY(bus::board::start_qemu(job->board, job->tape.get()));
  config.board = &job->board;
  config.processors = job->wish.processors != 0 ? job->wish.processors : job->board.processors;
  config.requests = job->wish.requests;
  config.strategy = job->wish.strategy;
  config.budget = job->wish.budget;
  config.verifier = job->wish.verifier;
  config.keep_trace = job->display.trace_text || job->display.callbacks || job->display.timeline.has_value() ||
                      !job->display.trace.empty();
  job->exports = scenario::build_export_index();
  config.exports = job->exports.get();
  TRY(open_output(job->display.save, job->save_file));
  TRY(open_output(job->display.trace, job->trace_file));
  return job;
}

int carry_out(Job& job) {
  return carry_out(job, runs_of);
}

int carry_out(Job& job, const Work& work) {
  host::WorkerProgress* progress = nullptr;
  job.look = report::look_of_output(job.display.plain);
  const bool user_mode = std::any_of(job.drivers.begin(), job.drivers.end(),
                                     [](const auto& driver) { return driver.image->user_mode(); });
  auto its_work = [&job, &work, user_mode](host::WorkerProgress& shared) {
    if (user_mode) {  // host processes are made outside of the sandbox
      const host::Status keeper = host::start_umdf_keeper();
      if (!keeper) return complain(keeper.failure());
    }
    if (!job.display.in_process) {
      const host::Status inside = host::enter_sandbox();
      if (!inside) return complain(inside.failure());
    }
    return work(job, shared);
  };
  host::WorkerEnd end;
  if (job.display.in_process) {
    end = host::run_in_process(its_work, progress);
  } else {
    ProgressLine line(job.wish.progress);
    job.watched = job.wish.progress != Wish::Progress::None && host::is_terminal(host::Stream::Error);
    auto started = host::run_in_worker(
        its_work,
        [&](const host::WorkerProgress& shared) {
          if (job.watched) line.draw(shared);
          if (job.board.qemu) job.board.qemu->look_after();
        },
        progress);
    if (!started) return complain(started.failure());
    end = std::move(started).value();
  }
  if (end.interrupted) {
    if (end.killed) std::fprintf(stderr, "drydock: interrupted; the run did not end by itself and was stopped\n");
    return host::kInterruptedExitCode;
  }
  if (end.crashed) std::fprintf(stderr, "drydock: host fault: the worker was ended by %s\n", end.how.c_str());
  if (end.exit_code == exit_code(host::ExitCode::HostFault))
    std::fprintf(
        stderr,
        "drydock: this is a bug of Drydock's; please report it with the driver and the command that repeats it:\n%s\n",
        repeat_command(job, progress->subject.load()).c_str());
  return end.exit_code;
}

}  // namespace drydock::cli
