#pragma once
// Descriptors with an owner, and the kinds that processes share: sockets, memory, event counters.

#include <cstddef>
#include <cstdint>

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
/// Sends `bytes` of `data`, with a descriptor attached unless it is negative.
Status send_with_descriptor(int socket, const void* data, std::size_t bytes, int descriptor);
/// Throws all contents away: `bytes` of zeros from now on.
void clear_shared_memory(int descriptor, std::size_t bytes);

}  // namespace drydock::host
