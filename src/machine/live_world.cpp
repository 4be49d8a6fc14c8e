#include "machine/live_world.h"

#include <algorithm>

namespace drydock::machine {

namespace {

// The longest sleep: machine::Time::max() is no timeout that the host could take.
constexpr Duration kWaitMax = 200ms;
// Traffic with a neighbour comes in bursts: so long after the last of it the machine looks again and again, letting others
// run, before it sleeps. Sleeping and being woken cost more.
constexpr Duration kStaysAwake = 50us;

}  // namespace

Time LiveWorld::now() {
  return std::chrono::duration_cast<Time>(host::EventLoop::Clock::now() - origin_);
}

void LiveWorld::look() {
  if (neighbour_) neighbour_->exchange();
  loop_.wait(Duration::zero());
}

bool LiveWorld::wait(Time until) {
  for (;;) {
    const Time before = now();
    if (before >= until) return true;
    if (neighbour_ && neighbour_->exchange()) {
      stays_awake_until_ = before + kStaysAwake;
      return true;
    }
    if (before < stays_awake_until_) {
      if (loop_.wait(Duration::zero())) return true;
      host::let_others_run();
      continue;
    }
    if (neighbour_ && !neighbour_->may_sleep()) continue;
    const bool came = loop_.wait(std::min(until - before, kWaitMax));
    if (neighbour_) neighbour_->awake();
    if (came) return true;
  }
}

}  // namespace drydock::machine
