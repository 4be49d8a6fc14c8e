#pragma once
// What the executive's small services keep in a machine.

#include <cstdint>
#include <deque>
#include <map>

#include "nt/dispatcher.h"
#include "nt/resource_lock.h"
#include "nt/work_item.h"

namespace drydock::ntos::ex {

/// A place where threads wait for a word of memory to change.
struct WaitPlace {
  nt::KEVENT* event = nullptr;  ///< in the arena
  unsigned waiters = 0;
};

/// Who holds an ERESOURCE shared, and how often.
using SharedOwners = std::map<nt::ERESOURCE_THREAD, nt::LONG>;

struct WorkQueue {
  std::deque<nt::WORK_QUEUE_ITEM*> items;
  nt::KSEMAPHORE* arrived = nullptr;
  unsigned workers = 0;
  unsigned busy = 0;
};

inline constexpr unsigned kWorkQueues = 3;  ///< critical, delayed, hyper-critical

class PoolGuard;

struct State {
  PoolGuard* pool_guard = nullptr;                             // special pool, if it is on
  std::map<const void*, WaitPlace> wait_places;                // looked up, never iterated
  std::map<const nt::ERESOURCE*, SharedOwners> shared_owners;  // looked up, never iterated
  WorkQueue work_queues[kWorkQueues];
  std::uint64_t uuids = 0;
};

}  // namespace drydock::ntos::ex
