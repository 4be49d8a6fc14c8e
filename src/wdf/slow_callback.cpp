#include "wdf/slow_callback.h"

#include <fmt/format.h>

#include "wdf/device.h"
#include "wdf/misuse.h"

namespace drydock::wdf {

namespace {
constexpr LONGLONG kLimit_100ns = 600'000'000;  ///< the framework verifier's 60 s
}

SlowCallback::SlowCallback(const Device& device, const char* callback) : device_(device), callback_(callback) {
  KeInitializeTimer(&timer_);
  KeInitializeDpc(&dpc_, timed_out, this);
  LARGE_INTEGER due;
  due.QuadPart = -kLimit_100ns;
  KeSetTimer(&timer_, due, &dpc_);
}

SlowCallback::~SlowCallback() {
  if (!KeCancelTimer(&timer_)) KeFlushQueuedDpcs();
}

VOID NTAPI SlowCallback::timed_out(KDPC*, PVOID context, PVOID, PVOID) {
  const auto* self = static_cast<const SlowCallback*>(context);
  record("WDF-482", "callback-does-not-return",
         fmt::format("{} of {} has not returned for 60 s", self->callback_, describe(self->device_)));
}

}  // namespace drydock::wdf
