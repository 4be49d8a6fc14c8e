#include "host/brake.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>
#include <utility>

extern "C" {  // glibc 2.36 forgets to say so
#include <sys/pidfd.h>
}

#include "host/check.h"
#include "host/socket.h"

namespace drydock::host {

namespace {

constexpr char kHold = 'h', kRelease = 'r', kStands = 's';

/// Leaves an end to whoever waits for that.
void wait_until_it_stands(id_t process) {
  siginfo_t what{};
  while (waitid(P_PIDFD, process, &what, WSTOPPED | WEXITED | WNOWAIT) != 0)
    if (errno != EINTR) return;
  if (what.si_code == CLD_STOPPED) waitid(P_PIDFD, process, &what, WSTOPPED | WNOHANG);
}

void serve(int socket, int process) {
  char order = 0;
  while (receive_all(socket, &order, 1)) {
    pidfd_send_signal(process, order == kHold ? SIGSTOP : SIGCONT, nullptr, 0);
    if (order != kHold) continue;
    wait_until_it_stands(static_cast<id_t>(process));
    if (!send_all(socket, &kStands, 1)) break;
  }
}

}  // namespace

Brake::Brake(SocketPair sockets, Descriptor process)
    : sockets_(std::move(sockets)),
      process_(std::move(process)),
      thread_(serve, sockets_.theirs.get(), process_.get()) {}

Result<Brake> Brake::of(const HelperProcess& process) {
  HOST_CHECK(process.id() > 0);
  Descriptor itself(pidfd_open(process.id(), 0));
  if (!itself) return error("a process cannot be held: ", std::strerror(errno));
  return Brake(TRY(make_socket_pair()), std::move(itself));
}

Brake::~Brake() {
  if (!thread_.joinable()) return;
  shutdown(sockets_.ours.get(), SHUT_RDWR);
  thread_.join();
}

void Brake::hold() {
  char answer = 0;
  send_all(sockets_.ours.get(), &kHold, 1);
  receive_all(sockets_.ours.get(), &answer, 1);
}

void Brake::release() {
  send_all(sockets_.ours.get(), &kRelease, 1);
}

}  // namespace drydock::host
