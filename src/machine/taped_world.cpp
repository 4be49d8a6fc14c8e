#include "machine/taped_world.h"

#include <algorithm>

namespace drydock::machine {

namespace {

// A machine that is never idle and touches no register still lets its devices run so often, and so long.
constexpr Duration kTurnInterval = 1ms;
constexpr Duration kTurn = 100us;
// The longest wait: whoever asks to stop a run is heard in between.
constexpr Duration kWaitMax = 200ms;

}  // namespace

Time TapedWorld::now() {
  if (tape_.replays()) return last_ += Duration(tape_.take(TapeEntry::Clock));
  const Duration since = live_.now() - last_;
  tape_.put(TapeEntry::Clock, static_cast<std::uint64_t>(since.count()));
  return last_ += since;
}

void TapedWorld::look() {
  if (tape_.replays()) {
    tape_.take(TapeEntry::Look);
    return;
  }
  if (live_.now() - ran_ >= kTurnInterval) let_outside_run(kTurn);
  live_.look();
  tape_.put(TapeEntry::Look);
}

bool TapedWorld::wait(Time until) {
  if (tape_.replays()) {
    tape_.take(TapeEntry::Wait);
    return true;
  }
  const Time now = live_.now();
  if (until > now) let_outside_run(std::min(until - now, kWaitMax));
  live_.look();
  tape_.put(TapeEntry::Wait);
  return true;
}

void TapedWorld::let_outside_run(Duration at_most) {
  tape_.release();
  live_.loop().sleep(at_most);
  tape_.hold();
  ran_ = live_.now();
}

}  // namespace drydock::machine
