#pragma once
// Bytes through a connected stream socket.

#include <chrono>
#include <cstddef>

namespace drydock::host {

struct Received {
  std::size_t bytes = 0;
  bool ended = false;  ///< the other end is closed
};

/// All of it, however long it takes. False: the other end is gone.
bool send_all(int socket, const void* data, std::size_t bytes);
/// From now on receive() waits so long at most, and then has received nothing from a socket that has not ended.
void limit_waiting(int socket, std::chrono::seconds limit);
/// At least one byte; without `wait`, what is there.
Received receive(int socket, void* to, std::size_t bytes_max, bool wait);
/// Exactly so many, however long it takes. False: the other end went first.
bool receive_all(int socket, void* to, std::size_t bytes);

}  // namespace drydock::host
