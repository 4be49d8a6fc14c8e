#include "host/sandbox.h"

#include <seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace drydock::host {
namespace {

constexpr int kAllowed[] = {
    // What is open already.
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(pread64),
    SCMP_SYS(pwrite64),
    SCMP_SYS(lseek),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(close),
    SCMP_SYS(recvfrom),
    SCMP_SYS(sendto),
    // A socket for each UMDF host process, which the keeper outside starts.
    SCMP_SYS(socketpair),
    SCMP_SYS(setsockopt),
    SCMP_SYS(sendmsg),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_pwait2),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    // A machine's memory: one memfd a slot.
    SCMP_SYS(memfd_create),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate),
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mprotect),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    // Traps, the tick, time for display.
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(timer_create),
    SCMP_SYS(timer_settime),
    SCMP_SYS(timer_delete),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(arch_prctl),
    SCMP_SYS(futex),
    SCMP_SYS(sched_yield),
    SCMP_SYS(restart_syscall),
    // The C library, and an end.
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getrandom),
    SCMP_SYS(rseq),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

}  // namespace

Status enter_sandbox() {
#if defined(__SANITIZE_ADDRESS__)
  return {};  // the sanitizer opens files to say what it found
#endif
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
  if (filter == nullptr) return error("the sandbox cannot be made: out of memory");
  int failed = 0;
  for (int call : kAllowed)
    if (failed == 0) failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
  // Signals to this process only.
  if (failed == 0)
    failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                              SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(getpid())));
  if (failed == 0) failed = seccomp_load(filter);
  seccomp_release(filter);
  if (failed != 0) return error("the sandbox cannot be entered: ", std::strerror(-failed));
  return {};
}

}  // namespace drydock::host
