#pragma once
// A machine whose disk others use: requests come through a channel and go to the disk class driver, until somebody says
// that it is enough. Live mode.

#include <atomic>
#include <cstdint>

#include "host/block_channel.h"
#include "machine/live_world.h"
#include "machine/time.h"
#include "scenario/scenario.h"

namespace drydock::nt {
struct KEVENT;
}

namespace drydock::scenario {

/// What disturbs the disk while it is served; zero: never.
struct Chaos {
  machine::Duration bus_reset{};  ///< IOCTL_STORAGE_RESET_BUS so often
  machine::Duration function_reset{};  ///< a function-level reset of the adapter so often, if its bus offers one
  machine::Duration unplug{};     ///< the adapter is pulled so often, and put back kAwayFor later
};
inline constexpr machine::Duration kAwayFor = std::chrono::milliseconds(500);

struct ServeStatistics {
  std::uint64_t reads = 0, writes = 0, flushes = 0, zeroes = 0, trims = 0;
  std::uint64_t bytes_read = 0, bytes_written = 0;
  std::uint64_t repeated = 0;  ///< requests that failed with the device and were sent again
  std::uint64_t failed = 0;    ///< that their client saw fail
  std::uint64_t bus_resets = 0, function_resets = 0, unplugs = 0;
};

/// Lives outside of the machine, next to it.
struct ServeJob final : machine::Neighbour {
  host::BlockChannel* channel = nullptr;
  const std::atomic<bool>* stop_asked = nullptr;
  unsigned disk = 0;  ///< of the board
  Chaos chaos;
  std::atomic<std::uint64_t>* ready = nullptr;  ///< set once the disk can be used
  ServeStatistics statistics;
  nt::KEVENT* work = nullptr;  ///< in the machine, while it serves

  bool exchange() override;
  bool may_sleep() override { return work == nullptr || channel->may_sleep(); }
  void awake() override { channel->awake(); }
};

/// load, start, enumerate, serve, unload.
Scenario serve_scenario();

}  // namespace drydock::scenario
