// The UMDF host process: runs a user-mode driver's code for Drydock, in an address space that holds that driver only.
//
// Started once as the keeper, which forks a host for every process that a machine wants. A host serves one socket: it
// loads registers from the mailbox and goes on with driver code, until that returns, calls the framework or faults;
// then all registers are in the mailbox again and it says so. It keeps nothing in between, hence any number of the
// machine's threads can be inside the driver.

#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <asm/prctl.h>
#include <ucontext.h>
#include <unistd.h>

#include "host/umdf_protocol.h"
#include "wudfhost.h"

enum { kKeeperSocket = 3, kTickMicroseconds = 20000, kTicksMax = 10, kOwnStackBytes = 64 * 1024 };

struct UmdfMailbox* umdf_mailbox;
static char own_stack[kOwnStackBytes] __attribute__((aligned(16)));
char* const umdf_own_stack_top = own_stack + kOwnStackBytes;
static char signal_stack[kOwnStackBytes];
static int machine_socket = -1;
static volatile unsigned turns, turn_at_tick, ticks_in_turn;
static volatile int in_driver;

static void leave(int code) {
  syscall(SYS_exit_group, code);
  __builtin_unreachable();
}

static void send_word(uint32_t word) {
  if (send(machine_socket, &word, sizeof word, MSG_NOSIGNAL) != sizeof word) leave(0);
}

static void receive(void* to, size_t bytes) {
  char* at = to;
  while (bytes != 0) {
    ssize_t got = recv(machine_socket, at, bytes, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) leave(0);  // the machine is gone
    at += got;
    bytes -= (size_t)got;
  }
}

// On our own stack, with the driver's registers in the mailbox. Never returns.
void umdf_turn(uint32_t event) {
  in_driver = 0;
  ++turns;
  send_word(event);
  for (;;) {
    struct UmdfOrder order;
    receive(&order, sizeof order);
    if (order.kind == kUmdfProtect) {
      if (mprotect((void*)order.address, order.bytes, (int)order.access) != 0) leave(1);
    } else if (order.kind == kUmdfRun) {
      in_driver = 1;
      umdf_resume(&umdf_mailbox->registers);
    } else {
      leave(0);
    }
  }
}

static void copy_registers(struct UmdfRegisters* to, const ucontext_t* from) {
  const greg_t* r = from->uc_mcontext.gregs;
  to->rax = (uint64_t)r[REG_RAX], to->rcx = (uint64_t)r[REG_RCX], to->rdx = (uint64_t)r[REG_RDX];
  to->rbx = (uint64_t)r[REG_RBX], to->rsp = (uint64_t)r[REG_RSP], to->rbp = (uint64_t)r[REG_RBP];
  to->rsi = (uint64_t)r[REG_RSI], to->rdi = (uint64_t)r[REG_RDI], to->r8 = (uint64_t)r[REG_R8];
  to->r9 = (uint64_t)r[REG_R9], to->r10 = (uint64_t)r[REG_R10], to->r11 = (uint64_t)r[REG_R11];
  to->r12 = (uint64_t)r[REG_R12], to->r13 = (uint64_t)r[REG_R13], to->r14 = (uint64_t)r[REG_R14];
  to->r15 = (uint64_t)r[REG_R15], to->rip = (uint64_t)r[REG_RIP], to->rflags = (uint64_t)r[REG_EFL];
  memcpy(to->fx, from->uc_mcontext.fpregs, sizeof to->fx);
}

// The handler only moves execution to our own stack.
static void on_signal(int signal, siginfo_t* info, void* context) {
  (void)info;
  ucontext_t* interrupted = context;
  uint32_t event = kUmdfFaulted;
  if (signal == SIGPROF) {
    if (!in_driver || turn_at_tick != turns) {
      turn_at_tick = turns;
      ticks_in_turn = 0;
      return;
    }
    if (++ticks_in_turn < kTicksMax) return;
    ticks_in_turn = 0;
    event = kUmdfSpinning;
  } else if (!in_driver) {
    leave(2);  // our own
  }
  in_driver = 0;
  greg_t* r = interrupted->uc_mcontext.gregs;
  copy_registers(&umdf_mailbox->registers, interrupted);
  umdf_mailbox->signal = (uint32_t)signal;
  umdf_mailbox->trap = (uint32_t)r[REG_TRAPNO];
  umdf_mailbox->error_code = (uint64_t)r[REG_ERR];
  umdf_mailbox->address = (uint64_t)r[REG_CR2];
  r[REG_RIP] = (greg_t)&umdf_turn;
  r[REG_RSP] = (greg_t)(umdf_own_stack_top - 8);
  r[REG_RDI] = (greg_t)event;
  r[REG_EFL] &= ~(greg_t)0x400;
}

static void catch_signals(void) {
  stack_t stack = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
  sigaltstack(&stack, NULL);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigfillset(&action.sa_mask);
  const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGPROF};
  for (size_t i = 0; i < sizeof signals / sizeof signals[0]; ++i) sigaction(signals[i], &action, NULL);
  const struct itimerval tick = {{0, kTickMicroseconds}, {0, kTickMicroseconds}};
  setitimer(ITIMER_PROF, &tick, NULL);
}

#define ALLOW(number)                                                    \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

// From here on: words over the socket, protection of the window, and an end.
static void lock_in(void) {
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      ALLOW(SYS_sendto),
      ALLOW(SYS_recvfrom),
      ALLOW(SYS_mprotect),
      ALLOW(SYS_rt_sigreturn),
      ALLOW(SYS_restart_syscall),
      ALLOW(SYS_exit_group),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
  };
  const struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void say_hello(void) {
  struct UmdfHello* hello = (struct UmdfHello*)umdf_mailbox;
  hello->call_entry = (uint64_t)&umdf_call_entry;
  hello->exports_count = 0;
  for (size_t i = 0; umdf_ntdll[i].name != NULL && i < kUmdfExportsMax; ++i) {
    struct UmdfExport* to = &hello->exports[hello->exports_count++];
    memset(to->name, 0, sizeof to->name);
    strncpy(to->name, umdf_ntdll[i].name, sizeof to->name - 1);
    to->address = (uint64_t)umdf_ntdll[i].function;
  }
}

// jmp [rip + 0], and the address behind it.
static void make_return_stub(uint64_t address) {
  char* page = (char*)(address & ~(uint64_t)4095);
  if (mmap(page, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != page) leave(3);
  const unsigned char jump[6] = {0xFF, 0x25, 0, 0, 0, 0};
  void (*target)(void) = umdf_return_entry;
  memcpy((char*)address, jump, sizeof jump);
  memcpy((char*)address + sizeof jump, &target, sizeof target);
  mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static void be_host(const struct UmdfKeeperOrder* order, int memory, int socket) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  close(kKeeperSocket);
  const struct rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  machine_socket = socket;
  void* window = mmap((void*)order->window, order->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE,
                      memory, (off_t)order->offset);
  close(memory);
  if (window != (void*)order->window) leave(3);
  umdf_mailbox = window;
  make_return_stub(order->return_address);
  syscall(SYS_arch_prctl, ARCH_SET_GS, order->teb);
  catch_signals();
  say_hello();
  lock_in();
  umdf_begin();
}

// Two descriptors at most come with an order.
static ssize_t receive_order(struct UmdfKeeperOrder* order, int descriptors[2]) {
  struct iovec part = {order, sizeof *order};
  char control[CMSG_SPACE(2 * sizeof(int))];
  struct msghdr message;
  memset(&message, 0, sizeof message);
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  descriptors[0] = descriptors[1] = -1;
  ssize_t got;
  do got = recvmsg(kKeeperSocket, &message, 0);
  while (got < 0 && errno == EINTR);
  for (struct cmsghdr* head = CMSG_FIRSTHDR(&message); got > 0 && head; head = CMSG_NXTHDR(&message, head))
    if (head->cmsg_type == SCM_RIGHTS)
      memcpy(descriptors, CMSG_DATA(head), head->cmsg_len - CMSG_LEN(0) < 2 * sizeof(int) ? sizeof(int) : 2 * sizeof(int));
  return got;
}

static struct UmdfKeeperAnswer start_host(const struct UmdfKeeperOrder* order, int descriptors[2]) {
  struct UmdfKeeperAnswer answer = {0, 0, 0};
  const pid_t child = fork();
  if (child == 0) be_host(order, descriptors[0], descriptors[1]);
  answer.process = child > 0 ? child : -errno;
  close(descriptors[0]);
  close(descriptors[1]);
  return answer;
}

static struct UmdfKeeperAnswer end_host(pid_t process) {
  struct UmdfKeeperAnswer answer = {process, 0, 0};
  // One that has closed its socket is on its way out: it is given a moment to say how.
  for (int patience = 0; patience < 50; ++patience) {
    if (waitpid(process, &answer.status, WNOHANG) != 0) return answer;
    usleep(patience < 10 ? 50 : 1000);
  }
  answer.killed = 1;
  kill(process, SIGKILL);
  waitpid(process, &answer.status, 0);
  return answer;
}

int main(void) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGINT, SIG_IGN);
  for (;;) {
    struct UmdfKeeperOrder order;
    int descriptors[2];
    if (receive_order(&order, descriptors) != sizeof order) return 0;
    const struct UmdfKeeperAnswer answer =
        order.kind == kKeeperStart ? start_host(&order, descriptors) : end_host(order.process);
    if (send(kKeeperSocket, &answer, sizeof answer, MSG_NOSIGNAL) != sizeof answer) return 0;
  }
}
