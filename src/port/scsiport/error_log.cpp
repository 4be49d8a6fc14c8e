#include "port/scsiport/error_log.h"

#include <cstring>

#include <fmt/format.h>

#include "machine/machine.h"
#include "port/scsiport/kernel.h"
#include "port/scsiport/miniport.h"

namespace drydock::port::scsiport {

NTSTATUS event_of(ULONG sp_code) {
  switch (sp_code) {
    case SP_BUS_PARITY_ERROR:
      return kEventParity;
    case SP_BUS_TIME_OUT:
    case SP_REQUEST_TIMEOUT:
      return kEventTimeout;
    default:
      return kEventController;
  }
}

namespace {

void write(Adapter& adapter, NTSTATUS event, ULONG unique_id, const ULONG (&dump)[kLogDumpWords]) {
  constexpr UCHAR bytes = offsetof(IO_ERROR_LOG_PACKET, DumpData) + sizeof(dump);
  auto* packet = static_cast<IO_ERROR_LOG_PACKET*>(IoAllocateErrorLogEntry(adapter.fdo, bytes));
  if (!packet) return;
  packet->MajorFunctionCode = IRP_MJ_SCSI;
  packet->DumpDataSize = sizeof(dump);
  packet->ErrorCode = event;
  packet->UniqueErrorValue = unique_id;
  packet->FinalStatus = STATUS_IO_DEVICE_ERROR;
  std::memcpy(packet->DumpData, dump, sizeof(dump));
  IoWriteErrorLogEntry(packet);
}

}  // namespace

void write_log_entry(Adapter& adapter, const LogEntry& entry) {
  ULONG dump[kLogDumpWords] = {};
  dump[kLogPort] = adapter.number;
  dump[kLogAddress] = static_cast<ULONG>(entry.address.bits());
  dump[kLogCode] = entry.code;
  dump[kLogUniqueId] = entry.unique_id;
  if (entry.has_srb) {
    dump[kLogFunction] = entry.srb.Function;
    dump[kLogStatus] = static_cast<ULONG>(entry.srb.SrbStatus << 8 | entry.srb.ScsiStatus);
    std::memcpy(&dump[kLogCdb], entry.srb.Cdb, sizeof(entry.srb.Cdb));
  }
  write(adapter, event_of(entry.code), entry.unique_id, dump);
}

void log_transport_error(Adapter& adapter, const Request& request) {
  const SCSI_REQUEST_BLOCK& srb = *request.srb;
  const bool parity = SRB_STATUS(srb.SrbStatus) == SRB_STATUS_PARITY_ERROR;
  ULONG dump[kLogDumpWords] = {};
  dump[kLogPort] = adapter.number;
  dump[kLogAddress] = static_cast<ULONG>(request.address.bits());
  dump[kLogUniqueId] = request.number;
  dump[kLogFunction] = request.function;
  dump[kLogStatus] = static_cast<ULONG>(srb.SrbStatus << 8 | srb.ScsiStatus);
  std::memcpy(&dump[kLogCdb], srb.Cdb, sizeof(srb.Cdb));
  write(adapter, parity ? kEventParity : kEventTimeout, request.number, dump);
}

void log_reset(Adapter& adapter, UCHAR path, ResetCause cause, const Request* overdue) {
  machine::Machine::current().note(fmt::format("adapter {}: reset of bus {}: {}{}", adapter.number, path,
                                               cause_name(cause), overdue ? ", " + describe(*overdue) : std::string()));
  ULONG dump[kLogDumpWords] = {};
  dump[kLogPort] = adapter.number;
  dump[kLogAddress] = overdue && overdue->unit ? static_cast<ULONG>(overdue->unit->address.bits()) : ULONG{path} << 16;
  dump[kLogCode] = static_cast<ULONG>(cause);
  if (overdue) {
    dump[kLogUniqueId] = overdue->number;
    dump[kLogFunction] = overdue->function;
    std::memcpy(&dump[kLogCdb], overdue->srb->Cdb, sizeof(overdue->srb->Cdb));
  }
  write(adapter, kEventReset, dump[kLogUniqueId], dump);
}

}  // namespace drydock::port::scsiport
