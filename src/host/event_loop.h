#pragma once
// Waiting for descriptors, for machines in live mode.

#include <chrono>
#include <functional>
#include <vector>

#include "host/descriptor.h"
#include "host/result.h"

namespace drydock::host {

/// Watches descriptors through epoll. Callbacks and the list live outside of machines: watch() only while no machine
/// runs on this thread.
class EventLoop {
 public:
  using Clock = std::chrono::steady_clock;

  static Result<EventLoop> create();

  /// `ready` is called whenever `descriptor` can be read, or has been closed at the other end. Not owned.
  Status watch(int descriptor, std::function<void()> ready);
  /// How many are watched.
  std::size_t watched() const { return ready_.size(); }
  /// This one is not asked any more (its other end is gone). From within a callback too.
  void silence(int descriptor);
  /// Waits until one of them is ready or until `timeout` has passed (negative: for ever); calls what is ready. Returns
  /// whether anything was.
  bool wait(std::chrono::nanoseconds timeout);
  /// Waits as well, but leaves what is ready to the next wait().
  void sleep(std::chrono::nanoseconds timeout);

 private:
  Descriptor epoll_;
  std::vector<std::function<void()>> ready_;  // by the number that epoll keeps for us
};

/// Gives the processor to whoever else can run.
void let_others_run();

}  // namespace drydock::host
