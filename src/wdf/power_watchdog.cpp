#include "wdf/power_watchdog.h"

#include <fmt/format.h>

#include "machine/gs.h"
#include "wdf/device.h"
#include "wdf/misuse.h"

namespace drydock::wdf {

namespace {

constexpr LONGLONG kLimit_100ns = 6'000'000'000;
constexpr ULONG kTag = 0x44507846;

}  // namespace

PowerWatchdog::PowerWatchdog(const Device& device) : device_(device), thread_(machine::gs::thread_object()) {
  KeInitializeTimer(&timer_);
  KeInitializeDpc(&dpc_, timed_out, this);
  LARGE_INTEGER due;
  due.QuadPart = -kLimit_100ns;
  KeSetTimer(&timer_, due, &dpc_);
}

PowerWatchdog::~PowerWatchdog() {
  if (!KeCancelTimer(&timer_)) KeFlushQueuedDpcs();
}

VOID NTAPI PowerWatchdog::timed_out(KDPC*, PVOID context, PVOID, PVOID) {
  const auto& self = *static_cast<const PowerWatchdog*>(context);
  const Device& device = self.device_;
  void* data = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(WDF_POWER_ROUTINE_TIMED_OUT_DATA), kTag);
  if (data)
    *static_cast<WDF_POWER_ROUTINE_TIMED_OUT_DATA*>(data) = {
        static_cast<WDF_DEVICE_POWER_STATE>(device.power.published_state()),
        static_cast<WDF_DEVICE_POWER_POLICY_STATE>(device.policy.published_state()), device.device_object,
        device.handle_as<WDFDEVICE>(), self.thread_};
  const BegunCallback* running = device.watch.running();
  stop(Violation::PowerRoutineTimedOut, "power-routine-timed-out",
       fmt::format("{}, which is not pageable, has been on its way between D0 and Dx for ten minutes{}{}",
                   describe(device), running ? ": the driver has not returned from " : "",
                   running ? running->name : std::string()),
       reinterpret_cast<std::uint64_t>(data));
}

}  // namespace drydock::wdf
