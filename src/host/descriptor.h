#pragma once
// Descriptors with an owner, and the kinds that processes share: sockets, memory, event counters.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "host/result.h"

namespace drydock::host {

/// A descriptor of ours; closed when dropped.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { close(); }

  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  int release();
  void close();

 private:
  int number_ = -1;
};

/// Two ends of a stream socket.
struct SocketPair {
  Descriptor ours, theirs;
};
Result<SocketPair> make_socket_pair();
/// Memory without a name that can be mapped by several processes; `name` shows in /proc.
Result<Descriptor> make_shared_memory(const char* name, std::size_t bytes);
/// A counter that becomes readable when another process adds to it.
Result<Descriptor> make_event_counter();
/// What has been added since the last call.
std::uint64_t take_events(int counter);
/// Sends `bytes` of `data`, at least one, with up to two descriptors attached.
Status send_with_descriptors(int socket, const void* data, std::size_t bytes, std::span<const int> descriptors);
/// What is attached to the next byte, if there is one; does not wait.
std::vector<Descriptor> receive_descriptors(int socket);
/// Throws all contents away: `bytes` of zeros from now on.
void clear_shared_memory(int descriptor, std::size_t bytes);

}  // namespace drydock::host
