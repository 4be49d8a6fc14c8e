#pragma once
// What drivers wrote with IoWriteErrorLogEntry and ScsiPortLogError, as an event log one can read.

#include <string>
#include <vector>

#include "ntos/io/error_log.h"
#include "report/look.h"

namespace drydock::report {

/// Number in Windows' event log, severity, source, and what happened in words, then what the driver added.
struct EventLogEntry {
  unsigned event_id = 0;
  std::string severity;  ///< "error", "warning", "information", "success"
  std::string source;    ///< driver or device
  std::string text;      ///< "SP_INTERNAL_ADAPTER_ERROR (6): internal adapter error"
  std::vector<std::string> details;
};
EventLogEntry entry_of(const ntos::io::ErrorLogEvent& event);

/// The whole log; a line saying so if it is empty.
std::string event_log_text(const std::vector<ntos::io::ErrorLogEvent>& events, const Look& look);

}  // namespace drydock::report
