#pragma once
// WDF-482: a callback that others wait for, and that does not return, is named.

#include "wdf/kernel.h"

namespace drydock::wdf {

class Device;

/// Around the call. PASSIVE_LEVEL.
class SlowCallback {
 public:
  SlowCallback(const Device& device, const char* callback);
  ~SlowCallback();
  SlowCallback(const SlowCallback&) = delete;

 private:
  static VOID NTAPI timed_out(KDPC* dpc, PVOID context, PVOID, PVOID);
  const Device& device_;
  const char* callback_;
  KTIMER timer_{};
  KDPC dpc_{};
};

}  // namespace drydock::wdf
