#include "machine/live_world.h"

#include <algorithm>

namespace drydock::machine {

namespace {

// The longest sleep: machine::Time::max() is no timeout that the host could take.
constexpr Duration kWaitMax = 200ms;
// Traffic with a neighbour comes in bursts: so long after the last of it the machine looks again and again, letting others
// run, before it sleeps. Sleeping and being woken cost more.
constexpr Duration kStaysAwake = 100us;
// With a neighbour, what is due this soon after something else is done together with it: one interrupt instead of many.
constexpr Duration kTogether = 20us;

}  // namespace

Time LiveWorld::now() {
  return std::chrono::duration_cast<Time>(host::EventLoop::Clock::now() - origin_);
}

void LiveWorld::look() {
  if (neighbour_) neighbour_->exchange();
  take_what_is_ready();
}

/// A neighbour's bell is silent while the machine is awake: if nothing else is watched, there is nothing to ask for.
bool LiveWorld::take_what_is_ready() {
  return (!neighbour_ || loop_.watched() > 1) && loop_.wait(Duration::zero());
}

bool LiveWorld::wait(Time until) {
  if (neighbour_ && until != Time::max()) until += kTogether;
  for (;;) {
    const Time before = now();
    if (before >= until) return true;
    if (neighbour_ && neighbour_->exchange()) {
      stays_awake_until_ = before + kStaysAwake;
      return true;
    }
    if (before < stays_awake_until_) {
      if (take_what_is_ready()) return true;
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
