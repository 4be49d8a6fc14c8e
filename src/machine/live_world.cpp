#include "machine/live_world.h"

#include <algorithm>

namespace drydock::machine {

namespace {

// How long Ctrl-C may go unnoticed.
constexpr Duration kWaitMax = 200ms;

}  // namespace

Time LiveWorld::now() {
  return std::chrono::duration_cast<Time>(host::EventLoop::Clock::now() - origin_);
}

void LiveWorld::look() {
  loop_.wait(Duration::zero());
}

bool LiveWorld::wait(Time until) {
  for (;;) {
    if (stop_asked_ && stop_asked_->load(std::memory_order_relaxed)) return false;
    const Time before = now();
    if (before >= until) return true;
    if (loop_.wait(std::min(until - before, kWaitMax))) return true;
  }
}

}  // namespace drydock::machine
