#pragma once
// A PnP or power IRP that a driver keeps for too long ends the run, as on Windows, instead of waiting for ever.

#include <functional>
#include <memory>

#include "machine/machine.h"

namespace drydock::ntos::io {

/// Calls `overdue` in a DPC once `limit` has passed, unless it goes before.
class IrpWatch {
 public:
  IrpWatch(machine::Duration limit, std::function<void()> overdue);
  ~IrpWatch();
  IrpWatch(const IrpWatch&) = delete;
  IrpWatch& operator=(const IrpWatch&) = delete;

 private:
  std::shared_ptr<std::function<void()>> overdue_;  ///< emptied when the watch ends
  machine::EventId event_;
};

}  // namespace drydock::ntos::io
