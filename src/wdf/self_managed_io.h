#pragma once
// Self-managed I/O: the driver's own background work, with a beginning, pauses and an end (contract, section 14).

#include "wdf/structures.h"

namespace drydock::wdf {

class SelfManagedIo {
 public:
  SelfManagedIo(const WDF_PNPPOWER_EVENT_CALLBACKS& callbacks, WDFDEVICE device)
      : callbacks_(callbacks), device_(device) {}

  void set_device(WDFDEVICE device) { device_ = device; }
  /// SmInit the first time, SmRestart later.
  NTSTATUS start();
  NTSTATUS suspend();
  void flush();
  void cleanup();

 private:
  enum class State : unsigned char { Created, Started, Suspended, Failed, Flushed, Ended };
  const WDF_PNPPOWER_EVENT_CALLBACKS& callbacks_;
  WDFDEVICE device_;
  State state_ = State::Created;
};

}  // namespace drydock::wdf
