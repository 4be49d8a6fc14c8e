#pragma once
// Windows' clocks on top of the machine's virtual one.

#include "machine/machine.h"
#include "machine/processor.h"
#include "nt/time.h"

namespace drydock::ntos {

using namespace nt;

ULONG NTAPI KeQueryTimeIncrement();
/// 10 MHz, counting from switch-on. Costs a little virtual time, so that loops over it end.
LARGE_INTEGER NTAPI KeQueryPerformanceCounter(LARGE_INTEGER* frequency);
ULONGLONG NTAPI KeQueryInterruptTime();
ULONGLONG NTAPI KeQueryInterruptTimePrecise(ULONG64* qpc);
ULONGLONG NTAPI KeQueryUnbiasedInterruptTime();
VOID NTAPI KeQuerySystemTime(LARGE_INTEGER* time);
VOID NTAPI KeQuerySystemTimePrecise(LARGE_INTEGER* time);
VOID NTAPI KeQueryTickCount(LARGE_INTEGER* count);
/// Keeps the processor busy; others run, and interrupts above the IRQL come.
VOID NTAPI KeStallExecutionProcessor(ULONG microseconds);
ULONG NTAPI ExSetTimerResolution(ULONG desired_100ns, BOOLEAN set);
VOID NTAPI ExSystemTimeToLocalTime(LARGE_INTEGER* system, LARGE_INTEGER* local);
VOID NTAPI ExLocalTimeToSystemTime(LARGE_INTEGER* local, LARGE_INTEGER* system);

namespace ke {

/// Every machine is switched on at 00:00:00 UTC on 1 January 2025.
inline constexpr LONGLONG kSwitchOn100ns = 133'801'632'000'000'000;
inline constexpr ULONG kTick100ns = 156'250;
inline constexpr LONGLONG kPerformanceFrequency = 10'000'000;
/// What one look at a clock costs.
inline constexpr machine::Duration kClockRead = std::chrono::nanoseconds{100};

inline LONGLONG interrupt_time_100ns() {
  return machine::Machine::current().now() / machine::k100ns;
}
inline LONGLONG system_time_100ns() {
  return kSwitchOn100ns + interrupt_time_100ns();
}
inline void spend_clock_read() {
  machine::spend(kClockRead);
}

/// When a Windows due time comes: negative counts from now in 100 ns, positive is absolute system time.
machine::Time due_time(LONGLONG due_100ns);

}  // namespace ke

}  // namespace drydock::ntos
