#pragma once
// The callbacks that the framework made, request by request, beside those the contract documents (docs/contracts/wdf.md,
// "Scenarios: the exact order").

#include <string>

#include "machine/trace.h"
#include "report/look.h"

namespace drydock::report {

struct CallbackList {
  std::string text;           ///< "" if no framework driver had a device
  unsigned requests = 0;      ///< that the devices got
  unsigned callbacks = 0;     ///< that were made
  unsigned differences = 0;   ///< lines where documented and seen are not the same
};

/// From the notes of src/wdf/callback_log.h.
CallbackList callback_list(const machine::Trace& trace, const Look& look);

}  // namespace drydock::report
