#include "machine/live_world.h"

#include <algorithm>

namespace drydock::machine {

namespace {

// The longest sleep: machine::Time::max() is no timeout that the host could take.
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
    const Time before = now();
    if (before >= until) return true;
    if (loop_.wait(std::min(until - before, kWaitMax))) return true;
  }
}

}  // namespace drydock::machine
