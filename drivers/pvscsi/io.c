/// From SRB to request ring.
#include "pvscsi.h"

VOID PvscsiInitializeSlots(PVSCSI_EXTENSION* Ext) {
  for (USHORT i = 0; i < PVSCSI_SLOTS; ++i)
    Ext->Slots[i].NextFree = i + 1 < PVSCSI_SLOTS ? (USHORT)(i + 1) : PVSCSI_NO_SLOT;
  Ext->FreeSlot = 0;
}

VOID PvscsiAskForNext(PVSCSI_EXTENSION* Ext) {
  Ext->NextOwed = FALSE;
  ScsiPortNotification(NextRequest, Ext);
}

/// Ends a request that never reached the adapter, and asks for the next one.
static VOID PvscsiRefuse(PVSCSI_EXTENSION* Ext, PSCSI_REQUEST_BLOCK Srb, UCHAR SrbStatus) {
  PvscsiComplete(Ext, Srb, SrbStatus);
  PvscsiAskForNext(Ext);
}

/// Gives a request back to be sent again later. The next one is asked for when the adapter can take it.
static VOID PvscsiRefuseForNow(PVSCSI_EXTENSION* Ext, PSCSI_REQUEST_BLOCK Srb) {
  Ext->NextOwed = TRUE;
  PvscsiComplete(Ext, Srb, SRB_STATUS_BUSY);
}

/// Fills the list of the request's physical runs in its SRB extension.
/// Returns how many there are; 0 if they do not fit.
static ULONG PvscsiListRuns(PVSCSI_EXTENSION* Ext, PSCSI_REQUEST_BLOCK Srb, PVSCSI_ELEMENT* Elements) {
  PUCHAR at = Srb->DataBuffer;
  ULONG left = Srb->DataTransferLength;
  ULONG count = 0;
  while (left) {
    ULONG length = 0;
    ULONG64 address = (ULONG64)ScsiPortGetPhysicalAddress(Ext, Srb, at, &length).QuadPart;
    if (length == 0) return 0;
    if (length > left) length = left;
    if (count && Elements[count - 1].Address + Elements[count - 1].Length == address) {
      Elements[count - 1].Length += length;
    } else {
      if (count == Ext->ElementsMax) return 0;
      Elements[count].Address = address;
      Elements[count].Length = length;
      Elements[count].Flags = 0;
      ++count;
    }
    at += length;
    left -= length;
  }
  return count;
}

static BOOLEAN PvscsiDescribeData(PVSCSI_EXTENSION* Ext, PSCSI_REQUEST_BLOCK Srb, volatile PVSCSI_REQUEST* Request) {
  ULONG direction = Srb->SrbFlags & SRB_FLAGS_UNSPECIFIED_DIRECTION;
  Request->DataAddress = 0;
  Request->DataLength = 0;
  if (!direction || !Srb->DataTransferLength) {
    Request->Flags = PVSCSI_REQUEST_NO_DATA;
    return TRUE;
  }

  PVSCSI_ELEMENT* elements = Srb->SrbExtension;
  ULONG count = PvscsiListRuns(Ext, Srb, elements);
  if (!count) return FALSE;
  ULONG flags = 0;  // both directions: the command itself decides
  if (direction == SRB_FLAGS_DATA_IN) flags = PVSCSI_REQUEST_TO_HOST;
  if (direction == SRB_FLAGS_DATA_OUT) flags = PVSCSI_REQUEST_TO_DEVICE;
  Request->DataLength = Srb->DataTransferLength;
  if (count == 1) {
    Request->DataAddress = elements[0].Address;
  } else {
    ULONG length = 0;
    Request->DataAddress = (ULONG64)ScsiPortGetPhysicalAddress(Ext, NULL, elements, &length).QuadPart;
    if (length < count * sizeof(PVSCSI_ELEMENT)) return FALSE;
    flags |= PVSCSI_REQUEST_LIST;
  }
  Request->Flags = flags;
  return TRUE;
}

static VOID PvscsiDescribeSense(PVSCSI_EXTENSION* Ext, PSCSI_REQUEST_BLOCK Srb, volatile PVSCSI_REQUEST* Request) {
  Request->SenseAddress = 0;
  Request->SenseLength = 0;
  if (!Srb->SenseInfoBuffer || !Srb->SenseInfoBufferLength || (Srb->SrbFlags & SRB_FLAGS_DISABLE_AUTOSENSE)) return;
  ULONG length = 0;
  Request->SenseAddress = (ULONG64)ScsiPortGetPhysicalAddress(Ext, Srb, Srb->SenseInfoBuffer, &length).QuadPart;
  Request->SenseLength = length < Srb->SenseInfoBufferLength ? length : Srb->SenseInfoBufferLength;
}

static BOOLEAN PvscsiIsReadOrWrite(UCHAR OperationCode) {
  switch (OperationCode) {
    case SCSIOP_READ6:
    case SCSIOP_WRITE6:
    case SCSIOP_READ:
    case SCSIOP_WRITE:
    case SCSIOP_READ12:
    case SCSIOP_WRITE12:
    case SCSIOP_READ16:
    case SCSIOP_WRITE16:
      return TRUE;
    default:
      return FALSE;
  }
}

static VOID PvscsiExecute(PVSCSI_EXTENSION* Ext, PSCSI_REQUEST_BLOCK Srb) {
  if (Ext->State == PvscsiResetting || Ext->FreeSlot == PVSCSI_NO_SLOT) {
    PvscsiRefuseForNow(Ext, Srb);
    return;
  }
  if (Ext->State != PvscsiRunning) {
    PvscsiRefuse(Ext, Srb, SRB_STATUS_NO_HBA);
    return;
  }

  volatile PVSCSI_REQUEST* request = &Ext->Requests[Ext->RequestProducer & (PVSCSI_REQUEST_ENTRIES - 1)];
  if (Srb->CdbLength > sizeof(request->Cdb) || !PvscsiDescribeData(Ext, Srb, request)) {
    PvscsiRefuse(Ext, Srb, SRB_STATUS_INVALID_REQUEST);
    return;
  }
  PvscsiDescribeSense(Ext, Srb, request);
  for (ULONG i = 0; i < sizeof(request->Cdb); ++i) request->Cdb[i] = Srb->Cdb[i];
  request->CdbLength = Srb->CdbLength;
  for (ULONG i = 0; i < sizeof(request->Lun); ++i) request->Lun[i] = 0;
  request->Lun[1] = Srb->Lun;
  request->Tag = (Srb->SrbFlags & SRB_FLAGS_QUEUE_ACTION_ENABLE) ? Srb->QueueAction : SRB_SIMPLE_TAG_REQUEST;
  request->Bus = Srb->PathId;
  request->Target = Srb->TargetId;
  request->ProcessorHint = 0;

  USHORT index = Ext->FreeSlot;
  PVSCSI_SLOT* slot = &Ext->Slots[index];
  Ext->FreeSlot = slot->NextFree;
  slot->Srb = Srb;
  slot->AbortSrb = NULL;
  request->Context = PVSCSI_CONTEXT(++slot->Generation, index);
  ++Ext->Outstanding;

  PvscsiOrder();
  Ext->Ring->RequestProducer = ++Ext->RequestProducer;
  PvscsiOrder();
  PvscsiWrite(Ext, PvscsiIsReadOrWrite(Srb->Cdb[0]) ? PVSCSI_REG_KICK_READ_WRITE : PVSCSI_REG_KICK_OTHER, 0);
  PvscsiArmTimer(Ext);

  if (Ext->FreeSlot == PVSCSI_NO_SLOT) {
    Ext->NextOwed = TRUE;
  } else if (Srb->QueueTag == SP_UNTAGGED || (Srb->SrbFlags & SRB_FLAGS_BYPASS_FROZEN_QUEUE)) {
    // An untagged request may be out at this unit (a bypass request overtakes it): more for it must not be asked for.
    PvscsiAskForNext(Ext);
  } else {
    ScsiPortNotification(NextLuRequest, Ext, Srb->PathId, Srb->TargetId, Srb->Lun);
  }
}

static PVSCSI_SLOT* PvscsiSlotOf(PVSCSI_EXTENSION* Ext, PSCSI_REQUEST_BLOCK Srb) {
  for (ULONG i = 0; Srb && i < PVSCSI_SLOTS; ++i)
    if (Ext->Slots[i].Srb == Srb) return &Ext->Slots[i];
  return NULL;
}

/// Asks the adapter to abort a request. That one comes back through the completion ring, and the abort right after it.
static VOID PvscsiAbort(PVSCSI_EXTENSION* Ext, PSCSI_REQUEST_BLOCK Srb) {
  PVSCSI_SLOT* slot = Ext->State == PvscsiRunning ? PvscsiSlotOf(Ext, Srb->NextSrb) : NULL;
  if (!slot || slot->AbortSrb ||
      ScsiPortGetSrb(Ext, Srb->PathId, Srb->TargetId, Srb->Lun, slot->Srb->QueueTag) != slot->Srb) {
    PvscsiRefuse(Ext, Srb, SRB_STATUS_ABORT_FAILED);
    return;
  }
  PVSCSI_ABORT arguments;
  arguments.Context = PVSCSI_CONTEXT(slot->Generation, slot - Ext->Slots);
  arguments.Target = slot->Srb->TargetId;
  arguments.Pad = 0;
  slot->AbortSrb = Srb;
  if (!PvscsiCommand(Ext, PVSCSI_COMMAND_ABORT, &arguments, sizeof(arguments))) {
    slot->AbortSrb = NULL;
    PvscsiRefuse(Ext, Srb, SRB_STATUS_ABORT_FAILED);
    return;
  }
  PvscsiAskForNext(Ext);
}

/// Serves RESET_BUS by our own reset, which ends this request as well, now or when the reset is over.
static VOID PvscsiResetOnRequest(PVSCSI_EXTENSION* Ext, PSCSI_REQUEST_BLOCK Srb) {
  if (Ext->ResetSrb) {
    PvscsiRefuseForNow(Ext, Srb);
    return;
  }
  Ext->ResetSrb = Srb;
  PvscsiResetBus(Ext, Srb->PathId);
}

BOOLEAN NTAPI PvscsiStartIo(PVOID Context, PSCSI_REQUEST_BLOCK Srb) {
  PVSCSI_EXTENSION* ext = Context;
  switch (Srb->Function) {
    case SRB_FUNCTION_EXECUTE_SCSI:
      PvscsiExecute(ext, Srb);
      break;
    case SRB_FUNCTION_ABORT_COMMAND:
      PvscsiAbort(ext, Srb);
      break;
    case SRB_FUNCTION_RESET_BUS:
      PvscsiResetOnRequest(ext, Srb);
      break;
    case SRB_FUNCTION_FLUSH:
    case SRB_FUNCTION_SHUTDOWN:
      PvscsiRefuse(ext, Srb, SRB_STATUS_SUCCESS);  // the adapter holds no data back
      break;
    default:
      PvscsiRefuse(ext, Srb, SRB_STATUS_INVALID_REQUEST);
      break;
  }
  return TRUE;
}
