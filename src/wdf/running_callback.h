#pragma once
// Which callback of a device's driver runs on which thread, for checks of what it may do there.

#include <string_view>

#include "nt/base.h"

namespace drydock::wdf {

using namespace nt;

class Device;

/// Around the call. `name` as in the contract's table of short names; it must outlive the call.
class RunningCallback {
 public:
  RunningCallback(const Device& device, std::string_view name);
  ~RunningCallback();
  RunningCallback(const RunningCallback&) = delete;

  std::string_view name() const { return name_; }
  /// The running code is the callback's, or what that called: no interrupt's, no deferred call's.
  bool runs_here() const;
  const RunningCallback* outer() const { return outer_; }

 private:
  const Device& device_;
  const std::string_view name_;
  const void* const thread_;
  const KIRQL irql_;
  RunningCallback* outer_;  ///< of the same device, begun before
};

}  // namespace drydock::wdf
