#pragma once
// Deferred callbacks (timers, DPCs, work items) that run under the callback lock of what they belong to.

#include "wdf/object.h"

namespace drydock::wdf {

/// The nearest device or queue above `object` (itself included); null below the driver alone.
Object* serializing_parent(Object* object);

/// What a timer, DPC or work item below `parent` that asked for AutomaticSerialization runs under.
/// STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL if the lock is held at another level than the callback runs at.
/// Null lock with success: the parent serialises nothing.
NTSTATUS lock_for_callback(Object& parent, bool passive_callback, CallbackLock** lock);

/// Holds a callback lock that may not be there.
class Serialized {
 public:
  explicit Serialized(CallbackLock* lock) : lock_(lock) {
    if (lock_) lock_->acquire();
  }
  ~Serialized() {
    if (lock_) lock_->release();
  }
  Serialized(const Serialized&) = delete;

 private:
  CallbackLock* lock_;
};

}  // namespace drydock::wdf
