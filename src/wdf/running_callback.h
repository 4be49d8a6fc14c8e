#pragma once
// Which callback of a device's driver runs on which thread, for checks of what it may do there.

#include <cstdint>
#include <string>
#include <string_view>

#include "machine/guest_call.h"
#include "nt/base.h"

namespace drydock::wdf {

using namespace nt;

class Device;

class RunningCallback;

/// One that has begun: a copy, for an exception may pass the call, and with it drops what is on our stack.
struct BegunCallback {
  std::uint64_t number;  ///< of its kind, ascending
  std::string name;      ///< as in the contract's table of short names
  const void* thread;
  KIRQL irql;
  // ---- the driver's call, or trap, that led to it; null: there was none ----
  const machine::BorderRecord* border;
  std::uint64_t border_rsp;
  const machine::ExportSlot* border_slot;
  const RunningCallback* call;  ///< where it is on our stack

  /// The running code is the callback's, or what that called: no interrupt's, no deferred call's.
  bool runs_here() const;
  /// An exception has passed it: nothing of it lies at or below `frame` any more, or what led to it has gone on. Only
  /// the thread itself can tell.
  bool was_left(const void* frame) const;
};

/// Around the call.
class RunningCallback {
 public:
  RunningCallback(const Device& device, std::string_view name);
  ~RunningCallback();
  RunningCallback(const RunningCallback&) = delete;

 private:
  const Device& device_;
  std::uint64_t number_;
};

}  // namespace drydock::wdf
