#pragma once
// Lets a helper process stand still and go on, all its threads at once. Only a parent may do that and is told when it has
// happened, and a sandboxed worker is none: the parent's own thread does it, whoever has the brake asks through a socket.

#include <thread>

#include "host/descriptor.h"
#include "host/helper_process.h"
#include "host/result.h"

namespace drydock::host {

/// Made by the parent of the process, used by it or by a process that it has forked. The process runs at first.
class Brake {
 public:
  static Result<Brake> of(const HelperProcess& process);
  Brake(Brake&&) = default;
  Brake& operator=(Brake&&) = delete;
  /// A process that stands still remains so, until it is ended.
  ~Brake();

  /// Returns when none of its threads runs any more, or the process has ended.
  void hold();
  void release();

 private:
  Brake(SocketPair sockets, Descriptor process);

  SocketPair sockets_;
  Descriptor process_;  ///< it and no other, should its number be given to another one
  std::thread thread_;
};

}  // namespace drydock::host
