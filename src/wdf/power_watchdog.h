#pragma once
// WDF-039: between D0 and Dx of a device that is not pageable nothing may take ten minutes, since what could help may
// need the paging device.

#include "wdf/kernel.h"

namespace drydock::wdf {

class Device;

/// Around one step of a machine. PASSIVE_LEVEL.
class PowerWatchdog {
 public:
  explicit PowerWatchdog(const Device& device);
  ~PowerWatchdog();
  PowerWatchdog(const PowerWatchdog&) = delete;

 private:
  static VOID NTAPI timed_out(KDPC* dpc, PVOID context, PVOID, PVOID);
  const Device& device_;
  KTHREAD* thread_;
  KTIMER timer_{};
  KDPC dpc_{};
};

}  // namespace drydock::wdf
