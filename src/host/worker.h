#pragma once
// Supervisor and worker: driver code runs in a child process, so that the worst it does is end that child.

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "host/result.h"

namespace drydock::host {

/// Shared by supervisor and worker; what the numbers mean is up to the work.
struct WorkerProgress {
  std::atomic<std::uint64_t> done{0}, total{0}, bad{0};
  std::atomic<std::uint64_t> subject{0};  ///< what the worker is at: a seed
  std::atomic<bool> reports{false};       ///< the worker prints: nobody else should
  std::atomic<bool> stop_asked{false};    ///< Ctrl-C: the worker ends with what it has
};

struct WorkerEnd {
  int exit_code = 0;
  bool crashed = false;      ///< a signal ended it, and not because nobody reads its output
  bool interrupted = false;  ///< Ctrl-C was pressed
  bool killed = false;       ///< ... and it did not end by itself
  std::string how;           ///< "signal 11 (Segmentation fault)"
};

/// Forks; the child calls `work` and exits with what it returns, the parent waits. `watch` is called about ten times a
/// second meanwhile, in the parent. After Ctrl-C the worker has `patience_ms` to end by itself.
Result<WorkerEnd> run_in_worker(const std::function<int(WorkerProgress&)>& work,
                                const std::function<void(const WorkerProgress&)>& watch, WorkerProgress*& progress,
                                unsigned patience_ms = 3000);
/// The same in this process, for debuggers: no fork, Ctrl-C asks to stop, a second one ends everything.
WorkerEnd run_in_process(const std::function<int(WorkerProgress&)>& work, WorkerProgress*& progress);

/// Exit code of a command ended by Ctrl-C, as shells have it.
inline constexpr int kInterruptedExitCode = 130;
/// ... and of one whose output nobody reads any more ("drydock run ... | head -1").
inline constexpr int kOutputClosedExitCode = 141;

}  // namespace drydock::host
