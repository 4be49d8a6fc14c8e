/// From SRB to selection, and the end of a request.
#include "am53c974.h"

static VOID AmComplete(AM_EXTENSION* Ext, PSCSI_REQUEST_BLOCK Srb, UCHAR SrbStatus) {
  Srb->SrbStatus = SrbStatus;
  ScsiPortNotification(RequestComplete, Ext, Srb);
}

/// Ends a request that never reached the bus, and asks for the next one.
static VOID AmRefuse(AM_EXTENSION* Ext, PSCSI_REQUEST_BLOCK Srb, UCHAR SrbStatus) {
  AmComplete(Ext, Srb, SrbStatus);
  ScsiPortNotification(NextRequest, Ext);
}

/// Ends the request on the bus: from here on it is the port's. The bus is free, or has been reset.
VOID AmFinish(AM_EXTENSION* Ext, UCHAR SrbStatus) {
  PSCSI_REQUEST_BLOCK srb = Ext->Srb;
  Ext->Step = AmFree;
  Ext->Srb = NULL;
  Ext->Run = 0;
  if (!srb) return;
  srb->DataTransferLength = Ext->Moved;
  AmComplete(Ext, srb, SrbStatus);
  ScsiPortNotification(NextRequest, Ext);
}

/// Arbitration, selection, the message that names the unit, and the command, all in one go.
static VOID AmExecute(AM_EXTENSION* Ext, PSCSI_REQUEST_BLOCK Srb) {
  if (Ext->State != AmRunning) {
    AmRefuse(Ext, Srb, SRB_STATUS_NO_HBA);
    return;
  }
  if (Ext->Srb) {  // the port sends the next one only when asked
    AmComplete(Ext, Srb, SRB_STATUS_BUSY);
    return;
  }
  if (Srb->TargetId == AM_INITIATOR_ID || Srb->CdbLength == 0 || Srb->CdbLength > sizeof(Srb->Cdb)) {
    AmRefuse(Ext, Srb, Srb->TargetId == AM_INITIATOR_ID ? SRB_STATUS_INVALID_TARGET_ID : SRB_STATUS_INVALID_REQUEST);
    return;
  }

  Ext->Srb = Srb;
  Ext->Next = Srb->DataBuffer;
  Ext->Left = (Srb->SrbFlags & SRB_FLAGS_UNSPECIFIED_DIRECTION) ? Srb->DataTransferLength : 0;
  Ext->Moved = 0;
  Ext->Run = 0;
  Ext->Overrun = FALSE;
  Ext->ScsiStatus = 0;
  Ext->Step = AmSelecting;

  Ext->Selection[0] = 0x80 | Srb->Lun;  // IDENTIFY, without the right to disconnect
  for (ULONG i = 0; i < Srb->CdbLength; ++i) Ext->Selection[1 + i] = Srb->Cdb[i];
  AmWrite(Ext, AM_REG_COMMAND, AM_COMMAND_CLEAR_FIFO);
  AmWrite(Ext, AM_REG_DESTINATION, Srb->TargetId);
  AmCommandWithDma(Ext, AM_COMMAND_SELECT_WITH_ATN, Ext->SelectionAddress, 1u + Srb->CdbLength, FALSE);
  AmArmTimer(Ext);
}

BOOLEAN NTAPI AmStartIo(PVOID Context, PSCSI_REQUEST_BLOCK Srb) {
  AM_EXTENSION* ext = Context;
  switch (Srb->Function) {
    case SRB_FUNCTION_EXECUTE_SCSI:
      AmExecute(ext, Srb);
      break;
    case SRB_FUNCTION_RESET_BUS:
      AmRefuse(ext, Srb, AmResetBus(ext, Srb->PathId) ? SRB_STATUS_SUCCESS : SRB_STATUS_NO_HBA);
      break;
    case SRB_FUNCTION_FLUSH:
    case SRB_FUNCTION_SHUTDOWN:
      AmRefuse(ext, Srb, SRB_STATUS_SUCCESS);  // the adapter holds no data back
      break;
    case SRB_FUNCTION_ABORT_COMMAND:
      AmRefuse(ext, Srb, SRB_STATUS_ABORT_FAILED);  // a target that holds the bus ends by a reset
      break;
    default:
      AmRefuse(ext, Srb, SRB_STATUS_INVALID_REQUEST);
      break;
  }
  return TRUE;
}
