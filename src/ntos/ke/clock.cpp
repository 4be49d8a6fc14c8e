#include "ntos/ke/clock.h"

#include <algorithm>

namespace drydock::ntos {

namespace ke {

machine::Time due_time(LONGLONG due_100ns) {
  // Beyond a hundred years is never, and must not overflow.
  constexpr LONGLONG kFar100ns = 36'500LL * 24 * 3600 * kTicks100nsPerSecond;
  machine::Time now = machine::Machine::current().now();
  LONGLONG from_now =
      due_100ns < 0 ? -std::max(due_100ns, -kFar100ns) : std::min(due_100ns - system_time_100ns(), kFar100ns);
  return from_now <= 0 ? now : now + from_now * machine::k100ns;
}

}  // namespace ke

ULONG NTAPI KeQueryTimeIncrement() {
  return ke::kTick100ns;
}

LARGE_INTEGER NTAPI KeQueryPerformanceCounter(LARGE_INTEGER* frequency) {
  ke::spend_clock_read();
  if (frequency != nullptr) frequency->QuadPart = ke::kPerformanceFrequency;
  return {.QuadPart = ke::interrupt_time_100ns()};
}

ULONGLONG NTAPI KeQueryInterruptTime() {
  ke::spend_clock_read();
  return static_cast<ULONGLONG>(ke::interrupt_time_100ns());
}

ULONGLONG NTAPI KeQueryInterruptTimePrecise(ULONG64* qpc) {
  ULONGLONG time = KeQueryInterruptTime();
  *qpc = time;
  return time;
}

ULONGLONG NTAPI KeQueryUnbiasedInterruptTime() {
  return KeQueryInterruptTime();
}

VOID NTAPI KeQuerySystemTime(LARGE_INTEGER* time) {
  ke::spend_clock_read();
  time->QuadPart = ke::system_time_100ns();
}

VOID NTAPI KeQuerySystemTimePrecise(LARGE_INTEGER* time) {
  KeQuerySystemTime(time);
}

VOID NTAPI KeQueryTickCount(LARGE_INTEGER* count) {
  ke::spend_clock_read();
  count->QuadPart = ke::interrupt_time_100ns() / ke::kTick100ns;
}

VOID NTAPI KeStallExecutionProcessor(ULONG microseconds) {
  machine::stall(std::chrono::microseconds{microseconds});
}

ULONG NTAPI ExSetTimerResolution(ULONG, BOOLEAN) {
  return ke::kTick100ns;
}

// The machine lives in UTC.
VOID NTAPI ExSystemTimeToLocalTime(LARGE_INTEGER* system, LARGE_INTEGER* local) {
  *local = *system;
}
VOID NTAPI ExLocalTimeToSystemTime(LARGE_INTEGER* local, LARGE_INTEGER* system) {
  *system = *local;
}

}  // namespace drydock::ntos
