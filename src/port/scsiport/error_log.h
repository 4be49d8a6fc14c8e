#pragma once
// Entries of the event log: the miniport's (section 11) and the port's own (SP-220).

#include "port/scsiport/reset.h"

namespace drydock::port::scsiport {

/// Event numbers of the entries (SP-288).
inline constexpr NTSTATUS kEventParity = static_cast<NTSTATUS>(0xC0040005);      // IO_ERR_PARITY
inline constexpr NTSTATUS kEventTimeout = static_cast<NTSTATUS>(0xC0040009);     // IO_ERR_TIMEOUT
inline constexpr NTSTATUS kEventController = static_cast<NTSTATUS>(0xC004000B);  // IO_ERR_CONTROLLER_ERROR
inline constexpr NTSTATUS kEventReset = static_cast<NTSTATUS>(0x80040081);       // IO_WARNING_RESET, event 129
NTSTATUS event_of(ULONG sp_code);

/// What DumpData of an entry holds.
enum LogDump : unsigned {
  kLogPort,
  kLogAddress,
  kLogCode,
  kLogUniqueId,
  kLogFunction,
  kLogStatus,
  kLogCdb,
  kLogDumpWords = kLogCdb + 4
};

/// IRQL: at most DISPATCH_LEVEL.
void write_log_entry(Adapter& adapter, const LogEntry& entry);
/// SP-259: a transport error that stays.
void log_transport_error(Adapter& adapter, const Request& request);
void log_reset(Adapter& adapter, UCHAR path, ResetCause cause, const Request* overdue);

}  // namespace drydock::port::scsiport
