#pragma once
// One job of `run` or `replay`: inputs read and checked, then carried out in a worker.

#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bus/board/board.h"
#include "host/record_file.h"
#include "host/worker.h"
#include "machine/tape.h"
#include "report/look.h"
#include "report/timeline.h"
#include "scenario/driver_file.h"
#include "scenario/run.h"

namespace CLI {
class App;
}

namespace drydock::cli {

/// How to show and supervise.
struct Display {
  bool json = false;
  bool plain = false;
  bool trace_text = false;
  std::optional<report::TimelineScope> timeline;
  bool events = false;     ///< the event log
  bool callbacks = false;  ///< the framework's, beside the documented ones
  std::string trace;    ///< file to write a trace for Perfetto to, "" for none
  bool in_process = false;
  std::string save;  ///< file to write the run to, "" for none
};

/// What the user asked for, by name.
struct Wish {
  std::vector<std::string> drivers;
  std::string board;     ///< "": the scenario's own
  std::string disk_file;  ///< for the board's first disk, "" for what the board says
  std::string scenario;  ///< "": by the driver's imports
  unsigned processors = 0;
  unsigned requests = 64;
  scenario::StrategyChoice strategy;
  scenario::Budget budget;
  scenario::VerifierOptions verifier;
  std::uint64_t runs = 1;
  bool keep_going = false;
  bool twice = false;           ///< run two times and compare
  std::string expected_digest;  ///< of a replay, "" if it is not known
  enum class Progress : std::uint8_t { None, Seeds, Decisions } progress = Progress::None;  ///< worth drawing, and of what
  std::string record;           ///< the file of a live run's record: written, or, with `recorded`, read
  std::optional<std::vector<std::byte>> recorded;  ///< the entries of a record: the run is made again from them
};

/// Files read, names resolved: what a RunConfig points into.
struct Job {
  Wish wish;
  Display display;
  std::string program;
  std::vector<scenario::DriverFile> drivers;
  std::vector<scenario::DriverFile> filters;
  scenario::Scenario scenario;
  std::shared_ptr<const scenario::Scenario> part;  ///< of `scenario`, where the work has made its own
  std::unique_ptr<host::RecordWriter> record_file;
  std::unique_ptr<machine::Tape> tape;  ///< of a live run that is recorded or made again
  bus::board::Board board;
  std::unique_ptr<image::ExportIndex> exports;
  scenario::RunConfig config;
  report::Look look;     ///< of standard output; the worker may not ask any more
  bool watched = false;  ///< progress is drawn on standard error
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, CloseFile> save_file, trace_file;
};

/// A run by the word that a failed one printed, or from a file of run --save or run --record.
host::Result<Wish> wish_of_token(const std::string& text);
/// What `run`, `replay` and `shrink` can show of a run.
void add_display_options(CLI::App& command, Display& display);

host::Result<std::unique_ptr<Job>> prepare(Wish wish, Display display, const std::string& program);
/// What is done in the worker; returns the exit code.
using Work = std::function<int(Job& job, host::WorkerProgress& progress)>;
/// The runs that the job asks for. In a worker, unless told otherwise. Returns the exit code.
int carry_out(Job& job);
int carry_out(Job& job, const Work& work);

// ---- for work ----
/// On standard output.
void put(const std::string& text);
/// One run, as the display has it.
void put_result(const Job& job, const scenario::RunResult& result);
/// Before the first word of a report.
void end_progress(const Job& job, host::WorkerProgress& progress);

/// "build/drydock replay driver=..."; "" of a live run without a record.
std::string replay_command(const Job& job, const scenario::RunResult& result);
/// The commands that repeat failed runs, or why there are none.
void put_commands(const std::vector<std::string>& commands, const std::vector<scenario::RunResult>& failed);

}  // namespace drydock::cli
