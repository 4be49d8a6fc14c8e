#include "host/descriptor.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "host/check.h"

namespace drydock::host {

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    close();
    number_ = other.release();
  }
  return *this;
}

int Descriptor::release() {
  return std::exchange(number_, -1);
}

void Descriptor::close() {
  if (number_ >= 0) ::close(std::exchange(number_, -1));
}

Result<SocketPair> make_socket_pair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return error("no sockets for a helper process: ", std::strerror(errno));
  return SocketPair{Descriptor(ends[0]), Descriptor(ends[1])};
}

Result<Descriptor> make_shared_memory(const char* name, std::size_t bytes) {
  Descriptor memory(memfd_create(name, MFD_CLOEXEC));
  if (!memory || ftruncate(memory.get(), static_cast<off_t>(bytes)) != 0)
    return error("cannot create ", bytes >> 20, " MiB of shared memory: ", std::strerror(errno));
  return memory;
}

Result<Descriptor> make_event_counter() {
  Descriptor counter(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!counter) return error("cannot create an event descriptor: ", std::strerror(errno));
  return counter;
}

std::uint64_t take_events(int counter) {
  std::uint64_t count = 0;
  ssize_t got;
  do got = read(counter, &count, sizeof(count));
  while (got < 0 && errno == EINTR);
  return got == sizeof(count) ? count : 0;
}

namespace {

constexpr std::size_t kDescriptorsMax = 2;  // of one message

struct Message {
  explicit Message(void* data, std::size_t bytes) : part{data, bytes} {
    head.msg_iov = &part;
    head.msg_iovlen = 1;
    head.msg_control = control;
    head.msg_controllen = sizeof(control);
  }
  iovec part;
  alignas(cmsghdr) char control[CMSG_SPACE(kDescriptorsMax * sizeof(int))] = {};
  msghdr head{};
};

}  // namespace

Status send_with_descriptors(int socket, const void* data, std::size_t bytes, std::span<const int> descriptors) {
  HOST_CHECK(descriptors.size() <= kDescriptorsMax);
  Message message(const_cast<void*>(data), bytes);
  message.head.msg_controllen = descriptors.empty() ? 0 : CMSG_SPACE(descriptors.size_bytes());
  if (cmsghdr* header = CMSG_FIRSTHDR(&message.head)) {
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  }
  if (sendmsg(socket, &message.head, MSG_NOSIGNAL) != static_cast<ssize_t>(bytes))
    return error("a helper process does not listen: ", std::strerror(errno));
  return {};
}

std::vector<Descriptor> receive_descriptors(int socket) {
  char byte;
  Message message(&byte, 1);
  ssize_t got;
  do got = recvmsg(socket, &message.head, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  std::vector<Descriptor> all;
  const cmsghdr* header = got > 0 ? CMSG_FIRSTHDR(&message.head) : nullptr;
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return all;
  for (std::size_t at = CMSG_LEN(0); at + sizeof(int) <= header->cmsg_len; at += sizeof(int)) {
    int descriptor;
    std::memcpy(&descriptor, CMSG_DATA(header) + (at - CMSG_LEN(0)), sizeof(int));
    all.emplace_back(descriptor);
  }
  return all;
}

void clear_shared_memory(int descriptor, std::size_t bytes) {
  HOST_CHECK(fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(bytes)) == 0);
}

}  // namespace drydock::host
