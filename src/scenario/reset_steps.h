#pragma once
// A platform-level reset from its cause to the rebuilt stacks, with a load on all that is open.

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "scenario/under_load.h"

namespace drydock::scenario {

struct Ladder {
  unsigned vetoes = 0;   ///< query-removes that failed because handles were open
  unsigned rebuilt = 0;  ///< stacks
  unsigned failed = 0;   ///< requests of the load
  std::vector<std::string> lines;
  std::string old_handle_status;  ///< of a read on a handle to the old instance; "" if none was left open
  bool runs = false;              ///< everything runs again
};
/// Of handles to device interfaces: closed after the first veto like those to disks, or kept until their device has
/// been removed by surprise, because it hangs.
enum class OldHandles { Close, Keep };
/// Of a load that goes on all the while, between two rounds of a thread: a ladder takes seconds.
inline constexpr machine::Duration kLadderPause = std::chrono::milliseconds(100);
/// `provoke` causes the reset while a load runs on everything that is open.
Ladder ride_ladder(Stage& stage, OldHandles keep, const std::function<void()>& provoke,
                   machine::Duration pause = kLadderPause);

}  // namespace drydock::scenario
