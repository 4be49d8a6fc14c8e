#pragma once
// IoWriteErrorLogEntry as a log one can read.

#include <cstdint>
#include <string>
#include <vector>

#include "machine/time.h"
#include "nt/device_object.h"

namespace drydock::ntos::io {
using namespace nt;

struct ErrorLogEvent {
  machine::Time at{};
  std::string source;  ///< driver or device
  std::uint32_t error_code = 0;
  std::uint32_t unique_value = 0;
  NTSTATUS final_status = 0;
  std::uint8_t major = 0;
  std::uint8_t retry_count = 0;
  std::uint32_t io_control_code = 0;
  std::uint32_t sequence = 0;
  std::int64_t device_offset = 0;
  std::vector<std::uint32_t> dump_data;
  std::vector<std::u16string> strings;
};

/// In order of writing.
const std::vector<ErrorLogEvent>& event_log();

/// Null if EntrySize is below the packet or above ERROR_LOG_MAXIMUM_SIZE. IRQL: at most DISPATCH_LEVEL.
PVOID NTAPI IoAllocateErrorLogEntry(PVOID IoObject, UCHAR EntrySize);
/// Takes the packet over.
void NTAPI IoWriteErrorLogEntry(PVOID ElEntry);
void NTAPI IoFreeErrorLogEntry(PVOID ElEntry);

}  // namespace drydock::ntos::io
