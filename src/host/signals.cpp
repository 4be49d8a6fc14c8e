#include "host/signals.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "host/check.h"
#include "host/result.h"

namespace drydock::host {
namespace {

constexpr std::size_t kSignalStack = 64 << 10;
constexpr int kTickSignal = SIGVTALRM;
constexpr unsigned kTickMilliseconds = 20;

InterruptedHandler fault_handler = nullptr;  // set once, before any machine runs

constexpr int kGreg[kRegisters] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI, REG_R8,
                                   REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP, REG_EFL};

ucontext_t& as_ucontext(void* context) { return *static_cast<ucontext_t*>(context); }

void on_signal(int signal, siginfo_t* info, void* context) {
  InterruptedContext interrupted(signal, info, context);
  if (fault_handler && fault_handler(interrupted)) return;
  if (signal == kTickSignal) return;
  char line[160];
  int length = std::snprintf(line, sizeof line, "drydock: our own code faulted: signal %d at rip %#llx, address %#llx\n", signal,
                             static_cast<unsigned long long>(interrupted.get(Register::Rip)),
                             static_cast<unsigned long long>(interrupted.fault_address()));
  [[maybe_unused]] auto written = write(STDERR_FILENO, line, static_cast<std::size_t>(length));
  if (std::getenv("DRYDOCK_CORE")) {
    ::signal(SIGABRT, SIG_DFL);
    abort();
  }
  _exit(static_cast<int>(ExitCode::HostFault));
}

}  // namespace

std::uint64_t InterruptedContext::get(Register which) const {
  return static_cast<std::uint64_t>(as_ucontext(context_).uc_mcontext.gregs[kGreg[static_cast<unsigned>(which)]]);
}
void InterruptedContext::set(Register which, std::uint64_t value) {
  as_ucontext(context_).uc_mcontext.gregs[kGreg[static_cast<unsigned>(which)]] = static_cast<greg_t>(value);
}
std::span<const std::byte, 512> InterruptedContext::fx() const {
  return std::span<const std::byte, 512>(reinterpret_cast<const std::byte*>(as_ucontext(context_).uc_mcontext.fpregs), 512);
}
unsigned InterruptedContext::trap_number() const {
  return static_cast<unsigned>(as_ucontext(context_).uc_mcontext.gregs[REG_TRAPNO]);
}
std::uint64_t InterruptedContext::error_code() const {
  return static_cast<std::uint64_t>(as_ucontext(context_).uc_mcontext.gregs[REG_ERR]);
}
std::uint64_t InterruptedContext::fault_address() const {
  return static_cast<std::uint64_t>(as_ucontext(context_).uc_mcontext.gregs[REG_CR2]);
}
bool InterruptedContext::is_tick() const { return signal_ == kTickSignal; }

void install_fault_handler(InterruptedHandler handler) {
  if (fault_handler == handler) return;
  HOST_CHECK(fault_handler == nullptr);
  fault_handler = handler;
  struct sigaction action {};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaddset(&action.sa_mask, kTickSignal);
  for (int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP}) HOST_CHECK(sigaction(signal, &action, nullptr) == 0);
  action.sa_flags |= SA_RESTART;
  HOST_CHECK(sigaction(kTickSignal, &action, nullptr) == 0);
}

ThreadSignals::ThreadSignals(unsigned cpu_milliseconds) {
  stack_ = mmap(nullptr, kSignalStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  HOST_CHECK(stack_ != MAP_FAILED);
  stack_t stack{};
  stack.ss_sp = stack_;
  stack.ss_size = kSignalStack;
  HOST_CHECK(sigaltstack(&stack, nullptr) == 0);
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = kTickSignal;
  event._sigev_un._tid = static_cast<pid_t>(syscall(SYS_gettid));
  timer_t timer;
  HOST_CHECK(timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer) == 0);
  timer_ = timer;
  itimerspec period{};
  period.it_value.tv_nsec = period.it_interval.tv_nsec = cpu_milliseconds * 1'000'000L;
  HOST_CHECK(timer_settime(timer, 0, &period, nullptr) == 0);
}

ThreadSignals::~ThreadSignals() {
  timer_delete(static_cast<timer_t>(timer_));
  stack_t none{};
  none.ss_flags = SS_DISABLE;
  sigaltstack(&none, nullptr);
  munmap(stack_, kSignalStack);
}

void ThreadSignals::ensure() { static thread_local ThreadSignals signals(kTickMilliseconds); }

}  // namespace drydock::host
