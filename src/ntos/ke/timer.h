#pragma once
// Timers.

#include <cstdint>
#include <string>

#include "nt/dispatcher.h"
#include "nt/status.h"

namespace drydock::ntos {

using namespace nt;

VOID NTAPI KeInitializeTimer(KTIMER* timer);
VOID NTAPI KeInitializeTimerEx(KTIMER* timer, TIMER_TYPE type);
/// Sets `timer` to expire, replacing any earlier setting; then it becomes signalled and `dpc`, if any, is queued.
/// Units: `due` in 100 ns, negative counts from now, positive is absolute system time; `period` in milliseconds.
/// IRQL: at most DISPATCH_LEVEL.  Ownership: `timer` and `dpc` stay the driver's, resident until expiry.
/// Returns TRUE if it was already set. Cannot fail.
BOOLEAN NTAPI KeSetTimer(KTIMER* timer, LARGE_INTEGER due, KDPC* dpc);
BOOLEAN NTAPI KeSetTimerEx(KTIMER* timer, LARGE_INTEGER due, LONG period, KDPC* dpc);
BOOLEAN NTAPI KeSetCoalescableTimer(KTIMER* timer, LARGE_INTEGER due, ULONG period, ULONG tolerable_delay, KDPC* dpc);
/// TRUE if it was set. Its DPC may be queued or running all the same.
BOOLEAN NTAPI KeCancelTimer(KTIMER* timer);
BOOLEAN NTAPI KeReadStateTimer(KTIMER* timer);

namespace ke {

/// A timer set, or a DPC queued, in [start, start + bytes), or whose routine lies there: what is left of memory that is
/// freed or an image that is unloaded. The stop for it is TIMER_OR_DPC_INVALID.
struct LeftBehind {
  const void* object = nullptr;  ///< null: nothing
  std::uint64_t kind = 0;        ///< first parameter of the stop: 0 timer in the range, 2 its DPC's routine in it
  std::string summary;
};
LeftBehind timer_in(const void* start, std::size_t bytes);

}  // namespace ke

}  // namespace drydock::ntos
