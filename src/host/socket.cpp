#include "host/socket.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>

#include "host/check.h"

namespace drydock::host {

bool send_all(int socket, const void* data, std::size_t bytes) {
  auto* from = static_cast<const char*>(data);
  while (bytes != 0) {
    const ssize_t sent = ::send(socket, from, bytes, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    from += sent;
    bytes -= static_cast<std::size_t>(sent);
  }
  return true;
}

void limit_waiting(int socket, std::chrono::seconds limit) {
  const timeval time{.tv_sec = limit.count(), .tv_usec = 0};
  HOST_CHECK(setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time)) == 0);
}

Received receive(int socket, void* to, std::size_t bytes_max, bool wait) {
  for (;;) {
    const ssize_t got = ::recv(socket, to, bytes_max, wait ? 0 : MSG_DONTWAIT);
    if (got > 0) return {static_cast<std::size_t>(got), false};
    if (got < 0 && errno == EINTR) continue;
    return {0, got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)};
  }
}

bool receive_all(int socket, void* to, std::size_t bytes) {
  for (auto* at = static_cast<char*>(to); bytes != 0;) {
    const Received got = receive(socket, at, bytes, true);
    if (got.bytes == 0) return false;
    at += got.bytes;
    bytes -= got.bytes;
  }
  return true;
}

}  // namespace drydock::host
