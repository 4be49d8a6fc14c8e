#include "host/umdf_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <vector>

#include "host/arena.h"
#include "host/check.h"
#include "host/slot.h"
#include "host/socket.h"

extern "C" const unsigned char drydock_wudfhost_begin[], drydock_wudfhost_end[];  // wudfhost_image.S

namespace drydock::host {

namespace {

constexpr int kKeeperSocket = 3;
constexpr time_t kPatienceSeconds = 30;

struct Running {
  const Slot* slot;
  int socket, process;
};

/// Of this process, like its slots: what runs outside of it on its behalf.
struct Keeper {
  std::mutex lock;
  int socket = -1;
  std::vector<Running> running;

  static Keeper& instance() {
    static Keeper keeper;
    return keeper;
  }
};

/// The program, as a file that can be executed.
int program_file() {
  const int file = memfd_create("wudfhost", MFD_CLOEXEC);
  if (file < 0) return -1;
  const unsigned char* from = drydock_wudfhost_begin;
  while (from != drydock_wudfhost_end) {
    const ssize_t written = write(file, from, static_cast<std::size_t>(drydock_wudfhost_end - from));
    if (written <= 0) {
      close(file);
      return -1;
    }
    from += written;
  }
  return file;
}

Status start_keeper(Keeper& keeper) {
  if (keeper.socket >= 0) return {};
  int ends[2];
  const int program = program_file();
  if (program < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return error("the UMDF host process cannot be started: ", std::strerror(errno));
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) return error("the UMDF host process cannot be started: ", std::strerror(errno));
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    setpgid(0, 0);  // Ctrl-C is the supervisor's
    const int kept = fcntl(program, F_DUPFD, 10);
    const int socket = fcntl(ends[1], F_DUPFD, 10);
    dup2(socket, kKeeperSocket);
    char name[] = "wudfhost";
    char* const words[] = {name, nullptr};
    char* const environment[] = {nullptr};
    fcntl(kept, F_SETFD, FD_CLOEXEC);
    fcntl(socket, F_SETFD, FD_CLOEXEC);
    fexecve(kept, words, environment);
    _exit(127);
  }
  close(ends[1]);
  close(program);
  keeper.socket = ends[0];
  return {};
}

Result<UmdfKeeperAnswer> ask(Keeper& keeper, const UmdfKeeperOrder& order, const int* descriptors) {
  iovec part{const_cast<UmdfKeeperOrder*>(&order), sizeof order};
  alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (descriptors) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(2 * sizeof(int));
    std::memcpy(CMSG_DATA(head), descriptors, 2 * sizeof(int));
  }
  ssize_t sent;
  do sent = sendmsg(keeper.socket, &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  UmdfKeeperAnswer answer{};
  if (sent != sizeof order || !receive_all(keeper.socket, &answer, sizeof answer))
    return error("the keeper of UMDF host processes is gone");
  return answer;
}

std::string words_for(const UmdfKeeperAnswer& answer) {
  if (answer.killed || answer.process <= 0) return {};
  if (WIFEXITED(answer.status)) return "exit code " + std::to_string(WEXITSTATUS(answer.status));
  const int signal = WTERMSIG(answer.status);
  return "signal " + std::to_string(signal) + " (" + strsignal(signal) + ")";
}

std::string end_one(Keeper& keeper, int socket, int process) {
  close(socket);
  UmdfKeeperOrder order{};
  order.kind = kKeeperEnd;
  order.process = process;
  Result<UmdfKeeperAnswer> answer = ask(keeper, order, nullptr);
  return answer ? words_for(*answer) : std::string();
}

}  // namespace

bool umdf_offers(std::string_view module, std::string_view function) {
  constexpr std::string_view kModule = "ntdll.dll";
  const bool same = module.size() == kModule.size() && std::equal(module.begin(), module.end(), kModule.begin(),
                                                                  [](char a, char b) { return (a | 0x20) == (b | 0x20); });
  constexpr std::string_view kNames[] = {
#define NAME(name) #name,
      UMDF_NTDLL_FUNCTIONS(NAME)
#undef NAME
  };
  return same && std::find(std::begin(kNames), std::end(kNames), function) != std::end(kNames);
}

Status start_umdf_keeper() {
  ArenaScope outside(nullptr);
  Keeper& keeper = Keeper::instance();
  std::lock_guard guard(keeper.lock);
  return start_keeper(keeper);
}

Result<UmdfProcess> UmdfProcess::start(Slot& slot, std::byte* window, std::size_t bytes, const std::byte* teb,
                                       std::uint64_t return_address) {
  ArenaScope outside(nullptr);  // what the keeper remembers outlives the machine
  Keeper& keeper = Keeper::instance();
  std::lock_guard guard(keeper.lock);
  TRY(start_keeper(keeper));
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return error("no socket for a UMDF host process: ", std::strerror(errno));
  const timeval patience{kPatienceSeconds, 0};
  setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  UmdfKeeperOrder order{};
  order.kind = kKeeperStart;
  order.window = reinterpret_cast<std::uint64_t>(window);
  order.bytes = bytes;
  order.offset = static_cast<std::uint64_t>(window - (slot.base() + kRamView));
  order.teb = reinterpret_cast<std::uint64_t>(teb);
  order.return_address = return_address;
  const int descriptors[2] = {slot.ram_descriptor(), ends[1]};
  Result<UmdfKeeperAnswer> answer = ask(keeper, order, descriptors);
  close(ends[1]);
  std::uint32_t event = 0;
  if (!answer || answer->process <= 0 || !receive_all(ends[0], &event, sizeof event) || event != kUmdfHello) {
    close(ends[0]);
    return error("a UMDF host process cannot be started");
  }
  UmdfProcess process;
  process.socket_ = ends[0];
  process.process_ = answer->process;
  process.window_ = window;
  keeper.running.push_back({&slot, process.socket_, process.process_});
  return process;
}

void UmdfProcess::protect(void* first, std::size_t bytes, Protection protection) {
  constexpr std::uint32_t access[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC,
                                      PROT_READ | PROT_WRITE | PROT_EXEC};
  const UmdfOrder order{kUmdfProtect, access[static_cast<unsigned>(protection)],
                        reinterpret_cast<std::uint64_t>(first), bytes};
  if (alive()) send_all(socket_, &order, sizeof order);
}

std::uint32_t UmdfProcess::run() {
  const UmdfOrder order{kUmdfRun, 0, 0, 0};
  std::uint32_t event = 0;
  if (!alive() || !send_all(socket_, &order, sizeof order) || !receive_all(socket_, &event, sizeof event)) return 0;
  return event;
}

std::string UmdfProcess::end() {
  if (!alive()) return {};
  std::string how;
  {
    ArenaScope outside(nullptr);
    Keeper& keeper = Keeper::instance();
    std::lock_guard guard(keeper.lock);
    std::erase_if(keeper.running, [this](const Running& each) { return each.process == process_; });
    how = end_one(keeper, socket_, process_);
  }
  socket_ = process_ = -1;
  return std::string(how.data(), how.size());
}

void end_umdf_processes(const Slot& slot) {
  Keeper& keeper = Keeper::instance();
  std::lock_guard guard(keeper.lock);
  for (const Running& each : keeper.running)
    if (each.slot == &slot) end_one(keeper, each.socket, each.process);
  std::erase_if(keeper.running, [&slot](const Running& each) { return each.slot == &slot; });
}

}  // namespace drydock::host
