#include "ntos/ke/timer.h"

#include <algorithm>

#include <fmt/format.h>

#include "machine/machine.h"
#include "machine/processor.h"
#include "nt/bugcheck.h"
#include "ntos/ke/clock.h"
#include "ntos/ke/state.h"
#include "ntos/ke/wait.h"
#include "ntos/kernel.h"

namespace drydock::ntos {

namespace ke {

namespace {

void arm(KTIMER* timer, machine::Time due);

/// On the timer's processor, at DISPATCH_LEVEL.
void expire(KTIMER* timer, std::uint64_t serial, machine::Time due) {
  auto& timers = kernel().ke->timers;
  auto live = timers.find(timer);
  if (live == timers.end() || live->second.serial != serial) return;  // cancelled or set anew since it came due
  auto& machine = machine::Machine::current();
  if (machine.memory().is_ram(timer) && machine.memory().access_of(timer) != machine::Access::ReadWrite)
    machine.bug_check(TIMER_OR_DPC_INVALID, 0, reinterpret_cast<std::uint64_t>(timer), 0, 0,
                      "a timer expires whose memory is gone: it was freed or unloaded while set");
  if (timer->Period != 0) {
    arm(timer, due + std::chrono::milliseconds{timer->Period});
  } else {
    timers.erase(live);
    timer->Header.TimerMiscFlags &= static_cast<UCHAR>(~kTimerInserted);
  }
  timer->Header.SignalState = 1;
  machine::object_signalled(&timer->Header);
  if (timer->Dpc != nullptr) {
    LARGE_INTEGER now{.QuadPart = system_time_100ns()};
    machine::queue_dpc(timer->Dpc, reinterpret_cast<PVOID>(ULONG_PTR{now.LowPart}),
                       reinterpret_cast<PVOID>(ULONG_PTR{static_cast<ULONG>(now.HighPart)}));
  }
}

void arm(KTIMER* timer, machine::Time due) {
  State& state = *kernel().ke;
  std::uint64_t serial = ++state.timer_serial;
  unsigned processor = std::min(timer->Processor, machine::processor_count() - 1);
  // The clock interrupt finds the timer due; expiry is the work of a DPC.
  machine::EventId event = machine::Machine::current().at(due, [timer, serial, due, processor] {
    machine::queue_dpc(processor, [timer, serial, due] { expire(timer, serial, due); });
  });
  state.timers[timer] = {event, serial};
}

bool disarm(KTIMER* timer) {
  auto& timers = kernel().ke->timers;
  auto live = timers.find(timer);
  if (live == timers.end()) return false;
  machine::Machine::current().cancel(live->second.event);
  timers.erase(live);
  timer->Header.TimerMiscFlags &= static_cast<UCHAR>(~kTimerInserted);
  return true;
}

}  // namespace

LeftBehind timer_in(const void* start, std::size_t bytes) {
  auto first = reinterpret_cast<std::uintptr_t>(start);
  auto inside = [&](const void* address) { return reinterpret_cast<std::uintptr_t>(address) - first < bytes; };
  for (const auto& [timer, live] : kernel().ke->timers) {
    if (inside(timer)) return {timer, 0, "a timer is still set in memory that goes away"};
    const KDPC* dpc = timer->Dpc;
    if (dpc == nullptr) continue;
    if (inside(dpc)) return {dpc, 1, "a timer is still set whose DPC object lies in memory that goes away"};
    if (inside(reinterpret_cast<const void*>(dpc->DeferredRoutine)))
      return {reinterpret_cast<const void*>(dpc->DeferredRoutine), 2,
              "a timer is still set whose DPC routine goes away"};
  }
  return {};
}

}  // namespace ke

VOID NTAPI KeInitializeTimer(KTIMER* timer) {
  KeInitializeTimerEx(timer, NotificationTimer);
}

VOID NTAPI KeInitializeTimerEx(KTIMER* timer, TIMER_TYPE type) {
  if (kernel().ke->timers.contains(timer))
    machine::Machine::current().bug_check(TIMER_OR_DPC_INVALID, 0, reinterpret_cast<std::uint64_t>(timer), 0, 0,
                                          "a timer is initialised again while it is set");
  timer->Header.Lock = (type == NotificationTimer ? TimerNotificationObject : TimerSynchronizationObject) |
                       static_cast<LONG>(sizeof(KTIMER) / sizeof(LONG)) << 16;
  timer->Header.SignalState = 0;
  InitializeListHead(&timer->Header.WaitListHead);
  timer->DueTime.QuadPart = 0;
  timer->TimerListEntry = {};
  timer->Dpc = nullptr;
  timer->Processor = 0;
  timer->Period = 0;
}

BOOLEAN NTAPI KeSetTimerEx(KTIMER* timer, LARGE_INTEGER due, LONG period, KDPC* dpc) {
  bool was_set = ke::disarm(timer);
  machine::Time time = ke::due_time(due.QuadPart);
  timer->Header.SignalState = 0;
  timer->Header.TimerMiscFlags |= kTimerInserted;
  timer->Dpc = dpc;
  timer->Period = static_cast<ULONG>(std::max(period, 0));
  timer->Processor = machine::current_processor_number();
  timer->DueTime.QuadPart = static_cast<ULONGLONG>(time / machine::k100ns);
  ke::arm(timer, time);
  return was_set;
}

BOOLEAN NTAPI KeSetTimer(KTIMER* timer, LARGE_INTEGER due, KDPC* dpc) {
  return KeSetTimerEx(timer, due, 0, dpc);
}

BOOLEAN NTAPI KeSetCoalescableTimer(KTIMER* timer, LARGE_INTEGER due, ULONG period, ULONG, KDPC* dpc) {
  return KeSetTimerEx(timer, due, static_cast<LONG>(period), dpc);
}

BOOLEAN NTAPI KeCancelTimer(KTIMER* timer) {
  return ke::disarm(timer);
}
BOOLEAN NTAPI KeReadStateTimer(KTIMER* timer) {
  return timer->Header.SignalState != 0;
}

}  // namespace drydock::ntos
