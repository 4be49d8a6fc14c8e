#include "host/worker.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <new>

#include "host/check.h"

namespace drydock::host {
namespace {

WorkerProgress* shared = nullptr;  // of this process's one worker; the signal handler needs it

void on_interrupt(int) {
  if (shared) shared->stop_asked.store(true, std::memory_order_relaxed);
}

void listen_for_interrupts(int flags) {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

WorkerProgress* make_shared_progress() {
  void* page = mmap(nullptr, sizeof(WorkerProgress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  HOST_CHECK(page != MAP_FAILED);
  shared = new (page) WorkerProgress;
  return shared;
}

/// The descriptors are ours as well as the worker's.
bool output_closed() {
  pollfd outputs[] = {{STDOUT_FILENO, POLLOUT, 0}, {STDERR_FILENO, POLLOUT, 0}};
  if (poll(outputs, 2, 0) <= 0) return false;
  return ((outputs[0].revents | outputs[1].revents) & (POLLERR | POLLHUP)) != 0;
}

}  // namespace

Result<WorkerEnd> run_in_worker(const std::function<int(WorkerProgress&)>& work,
                                const std::function<void(const WorkerProgress&)>& watch, WorkerProgress*& progress,
                                unsigned patience_ms) {
  progress = make_shared_progress();
  int alive[2];  // becomes readable when the worker ends: its end of the pipe closes
  if (pipe2(alive, O_CLOEXEC) != 0) return error("no pipe for the worker: ", std::strerror(errno));
  listen_for_interrupts(0);
  std::fflush(nullptr);
  const pid_t supervisor = getpid();
  const pid_t child = fork();
  if (child < 0) return error("the worker cannot be started: ", std::strerror(errno));
  if (child == 0) {
    close(alive[0]);
    signal(SIGINT, SIG_IGN);  // the supervisor passes it on
    signal(SIGTERM, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != supervisor) _exit(static_cast<int>(ExitCode::HostFault));
    const rlimit no_core{0, 0};
    if (!std::getenv("DRYDOCK_CORE")) setrlimit(RLIMIT_CORE, &no_core);
    const int code = work(*progress);
    std::fflush(nullptr);
    _exit(code);
  }
  close(alive[1]);

  using Clock = std::chrono::steady_clock;
  WorkerEnd end;
  Clock::time_point asked{};
  for (;;) {
    pollfd descriptor{alive[0], POLLIN, 0};
    const int ready = poll(&descriptor, 1, 100);
    if (ready > 0) break;
    if (progress->stop_asked.load() && !end.interrupted) {
      end.interrupted = true;
      asked = Clock::now();
    }
    if (end.interrupted && !end.killed && Clock::now() - asked > std::chrono::milliseconds(patience_ms)) {
      end.killed = true;
      kill(child, SIGKILL);
    }
    if (watch) watch(*progress);
  }
  close(alive[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  end.interrupted = end.interrupted || progress->stop_asked.load();
  if (WIFEXITED(status)) {
    end.exit_code = WEXITSTATUS(status);
  } else if (WTERMSIG(status) == SIGPIPE && output_closed()) {
    end.exit_code = kOutputClosedExitCode;
  } else {
    end.crashed = !end.killed;
    end.how = "signal " + std::to_string(WTERMSIG(status)) + " (" + strsignal(WTERMSIG(status)) + ")";
    end.exit_code = static_cast<int>(ExitCode::HostFault);
  }
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  return end;
}

WorkerEnd run_in_process(const std::function<int(WorkerProgress&)>& work, WorkerProgress*& progress) {
  progress = make_shared_progress();
  listen_for_interrupts(static_cast<int>(SA_RESETHAND) | SA_RESTART | SA_ONSTACK);
  WorkerEnd end;
  end.exit_code = work(*progress);
  end.interrupted = progress->stop_asked.load();
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  return end;
}

}  // namespace drydock::host
