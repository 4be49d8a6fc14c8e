// SRBs a class driver sends to a unit: those that the port serves itself, and the way for all others.

#include "port/scsiport/completion.h"
#include "port/scsiport/fdo.h"
#include "port/scsiport/kernel.h"
#include "port/scsiport/reset.h"
#include "port/scsiport/start_io.h"
#include "port/scsiport/timeout.h"

namespace drydock::port::scsiport {

namespace {

NTSTATUS answer(IRP* irp, SCSI_REQUEST_BLOCK* srb, UCHAR srb_status, NTSTATUS status) {
  srb->SrbStatus = srb_status;
  return complete_irp(irp, status);
}

/// SP-094.
NTSTATUS claim(LogicalUnit& unit, IRP* irp, SCSI_REQUEST_BLOCK* srb) {
  bool taken;
  {
    PortLock lock(*unit.adapter);
    taken = unit.claimed;
    unit.claimed = true;
  }
  if (taken) return answer(irp, srb, SRB_STATUS_BUSY, STATUS_DEVICE_BUSY);
  srb->DataBuffer = unit.pdo;
  return answer(irp, srb, SRB_STATUS_SUCCESS, STATUS_SUCCESS);
}

NTSTATUS release(LogicalUnit& unit, IRP* irp, SCSI_REQUEST_BLOCK* srb) {
  {
    PortLock lock(*unit.adapter);
    unit.claimed = false;
  }
  return answer(irp, srb, SRB_STATUS_SUCCESS, STATUS_SUCCESS);
}

void go_on(LogicalUnit& unit) {
  consider(unit);
  start_requests(*unit.adapter);
}

/// SP-244.
NTSTATUS release_queue(LogicalUnit& unit, IRP* irp, SCSI_REQUEST_BLOCK* srb) {
  {
    PortLock lock(*unit.adapter);
    unit.frozen = false;
    go_on(unit);
  }
  return answer(irp, srb, SRB_STATUS_SUCCESS, STATUS_SUCCESS);
}

/// SP-245, SP-246.
NTSTATUS flush_queue(LogicalUnit& unit, IRP* irp, SCSI_REQUEST_BLOCK* srb) {
  Ended ended;
  bool frozen;
  {
    PortLock lock(*unit.adapter);
    frozen = unit.frozen;
    if (frozen) {
      end_waiting(*unit.adapter, unit, SRB_STATUS_REQUEST_FLUSHED, STATUS_UNSUCCESSFUL, ended);
      unit.frozen = false;
      go_on(unit);
    }
  }
  ended.complete(*unit.adapter);
  return frozen ? answer(irp, srb, SRB_STATUS_SUCCESS, STATUS_SUCCESS)
                : answer(irp, srb, SRB_STATUS_INVALID_REQUEST, STATUS_INVALID_DEVICE_REQUEST);
}

/// SP-255, SP-257.
NTSTATUS lock_queue(LogicalUnit& unit, IRP* irp, SCSI_REQUEST_BLOCK* srb, bool on) {
  {
    PortLock lock(*unit.adapter);
    if (on)
      ++unit.locks;
    else if (unit.locks)
      --unit.locks;
    go_on(unit);
  }
  return answer(irp, srb, SRB_STATUS_SUCCESS, STATUS_SUCCESS);
}

/// SP-256: waits for what is out.
NTSTATUS quiesce(LogicalUnit& unit, IRP* irp, SCSI_REQUEST_BLOCK* srb) {
  Adapter& adapter = *unit.adapter;
  {
    PortLock lock(adapter);
    if (!unit.owned.empty()) {
      IoMarkIrpPending(irp);
      Request* request = allocate_request(adapter);
      request->irp = irp;
      request->srb = srb;
      request->unit = &unit;
      request->function = srb->Function;
      request->flags = srb->SrbFlags;
      unit.quiesce.push_back(request);
      need_tick(adapter);
      return STATUS_PENDING;
    }
  }
  return answer(irp, srb, SRB_STATUS_SUCCESS, STATUS_SUCCESS);
}

}  // namespace

NTSTATUS pdo_scsi(LogicalUnit& unit, DEVICE_OBJECT*, IRP* irp) {
  SCSI_REQUEST_BLOCK* srb = IoGetCurrentIrpStackLocation(irp)->Parameters.Scsi.Srb;
  if (!srb) return complete_irp(irp, STATUS_INVALID_PARAMETER);
  if (srb->Length != sizeof(SCSI_REQUEST_BLOCK))
    return answer(irp, srb, SRB_STATUS_BAD_SRB_BLOCK_LENGTH, STATUS_INVALID_DEVICE_REQUEST);
  const Adapter& adapter = *unit.adapter;
  switch (srb->Function) {
    case SRB_FUNCTION_EXECUTE_SCSI:
    case SRB_FUNCTION_IO_CONTROL:
    case SRB_FUNCTION_RESET_BUS:
    case SRB_FUNCTION_ABORT_COMMAND:
      return submit(unit, irp, srb);
    case SRB_FUNCTION_FLUSH:
    case SRB_FUNCTION_SHUTDOWN:  // SP-062
      return adapter.caches_data ? submit(unit, irp, srb) : answer(irp, srb, SRB_STATUS_SUCCESS, STATUS_SUCCESS);
    case SRB_FUNCTION_WMI:
      return adapter.config.WmiDataProvider ? submit(unit, irp, srb)
                                            : answer(irp, srb, SRB_STATUS_BAD_FUNCTION, STATUS_INVALID_DEVICE_REQUEST);
    case SRB_FUNCTION_CLAIM_DEVICE:
      return claim(unit, irp, srb);
    case SRB_FUNCTION_RELEASE_DEVICE:
    case SRB_FUNCTION_REMOVE_DEVICE:
      return release(unit, irp, srb);
    case SRB_FUNCTION_ATTACH_DEVICE:
      return answer(irp, srb, SRB_STATUS_SUCCESS, STATUS_SUCCESS);
    case SRB_FUNCTION_RELEASE_QUEUE:
      return release_queue(unit, irp, srb);
    case SRB_FUNCTION_FLUSH_QUEUE:
      return flush_queue(unit, irp, srb);
    case SRB_FUNCTION_LOCK_QUEUE:
      return lock_queue(unit, irp, srb, true);
    case SRB_FUNCTION_UNLOCK_QUEUE:
      return lock_queue(unit, irp, srb, false);
    case SRB_FUNCTION_QUIESCE_DEVICE:
      return quiesce(unit, irp, srb);
    default:  // SP-059, SP-061: never passed on
      return answer(irp, srb, SRB_STATUS_BAD_FUNCTION, STATUS_INVALID_DEVICE_REQUEST);
  }
}

NTSTATUS fdo_scsi(Adapter& adapter, IRP* irp) {
  SCSI_REQUEST_BLOCK* srb = IoGetCurrentIrpStackLocation(irp)->Parameters.Scsi.Srb;
  if (!srb) return complete_irp(irp, STATUS_INVALID_PARAMETER);
  LogicalUnit* unit = find_unit(adapter, {srb->PathId, srb->TargetId, srb->Lun});
  if (unit && unit->pdo && !unit->missing) return pdo_scsi(*unit, unit->pdo, irp);
  // SP-094 has a status of its own for claims, SP-065 for everything else.
  return answer(irp, srb, SRB_STATUS_NO_DEVICE,
                srb->Function == SRB_FUNCTION_CLAIM_DEVICE ? STATUS_DEVICE_DOES_NOT_EXIST : STATUS_NO_SUCH_DEVICE);
}

}  // namespace drydock::port::scsiport
