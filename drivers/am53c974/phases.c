/// What the target asks for, one interrupt after the other.
#include "am53c974.h"

/// Moves the next physically contiguous run of the request. What goes beyond its buffer is taken from, or thrown into,
/// a page of our own, so that the target can end the command.
static VOID AmMoveRun(AM_EXTENSION* Ext, BOOLEAN ToMemory) {
  ULONG wanted = ToMemory ? SRB_FLAGS_DATA_IN : SRB_FLAGS_DATA_OUT;
  ULONG address = Ext->ScratchAddress;
  ULONG length = AM_PAGE_SIZE;
  Ext->RunIsScratch = Ext->Left == 0 || !(Ext->Srb->SrbFlags & wanted);
  if (!Ext->RunIsScratch) {
    address = ScsiPortConvertPhysicalAddressToUlong(ScsiPortGetPhysicalAddress(Ext, Ext->Srb, Ext->Next, &length));
    if (length == 0) {
      AmRecover(Ext);
      return;
    }
    if (length > Ext->Left) length = Ext->Left;
    if (length > AM_COUNT_MAX) length = AM_COUNT_MAX;
  } else {
    Ext->Overrun = TRUE;
  }
  Ext->Run = length;
  AmCommandWithDma(Ext, AM_COMMAND_TRANSFER, address, length, ToMemory);
}

/// The phase is over, with the run done or cut short: counts what was moved.
static VOID AmEndRun(AM_EXTENSION* Ext, ULONG DmaStatus) {
  if (!Ext->Run) return;
  if (!(DmaStatus & AM_DMA_STATUS_DONE) && (Ext->Srb->SrbFlags & SRB_FLAGS_DATA_IN)) {
    AmWriteDma(Ext, AM_REG_DMA_COMMAND, AM_DMA_TO_MEMORY | AM_DMA_BLAST);
    for (ULONG i = 0; i < 100 && !(AmReadDma(Ext, AM_REG_DMA_STATUS) & AM_DMA_STATUS_BLASTED); ++i)
      ScsiPortStallExecution(1);
  }
  ULONG left = (DmaStatus & AM_DMA_STATUS_DONE) ? 0 : AmReadDma(Ext, AM_REG_DMA_LEFT);
  AmWriteDma(Ext, AM_REG_DMA_COMMAND, AM_DMA_IDLE);
  ULONG moved = left < Ext->Run ? Ext->Run - left : 0;
  if (!Ext->RunIsScratch) {
    Ext->Next += moved;
    Ext->Left -= moved;
    Ext->Moved += moved;
  }
  Ext->Run = 0;
}

/// Status and message byte are in the FIFO.
static VOID AmTakeStatus(AM_EXTENSION* Ext) {
  Ext->ScsiStatus = AmRead(Ext, AM_REG_FIFO);
  AmRead(Ext, AM_REG_FIFO);  // COMMAND COMPLETE: the only message without disconnection
  Ext->Step = AmDisconnecting;
  AmWrite(Ext, AM_REG_COMMAND, AM_COMMAND_ACCEPT_MESSAGE);
}

static VOID AmFollowPhase(AM_EXTENSION* Ext, UCHAR Phase) {
  switch (Phase) {
    case AM_PHASE_DATA_IN:
    case AM_PHASE_DATA_OUT:
      Ext->Step = AmConnected;
      AmMoveRun(Ext, Phase == AM_PHASE_DATA_IN);
      return;
    case AM_PHASE_STATUS:
      Ext->Step = AmCompleting;
      AmWrite(Ext, AM_REG_COMMAND, AM_COMMAND_CLEAR_FIFO);
      AmWrite(Ext, AM_REG_COMMAND, AM_COMMAND_COMPLETE);
      return;
    default:
      AmLog(Ext, SP_PROTOCOL_ERROR, AmLogUnexpectedPhase + Phase);
      AmRecover(Ext);
      return;
  }
}

/// The bus is free: by agreement, since nobody answered the selection, or because the target just left.
static VOID AmBusFree(AM_EXTENSION* Ext) {
  switch (Ext->Step) {
    case AmSelecting:
      AmWrite(Ext, AM_REG_COMMAND, AM_COMMAND_CLEAR_FIFO);
      AmWriteDma(Ext, AM_REG_DMA_COMMAND, AM_DMA_IDLE);
      AmFinish(Ext, SRB_STATUS_SELECTION_TIMEOUT);
      return;
    case AmDisconnecting: {
      Ext->Srb->ScsiStatus = Ext->ScsiStatus;
      BOOLEAN all = !Ext->Overrun && Ext->Moved == Ext->Srb->DataTransferLength;
      if (Ext->ScsiStatus != SCSISTAT_GOOD)
        AmFinish(Ext, SRB_STATUS_ERROR);  // the port asks for the sense data
      else
        AmFinish(Ext, all || !(Ext->Srb->SrbFlags & SRB_FLAGS_UNSPECIFIED_DIRECTION) ? SRB_STATUS_SUCCESS
                                                                                   : SRB_STATUS_DATA_OVERRUN);
      return;
    }
    case AmFree:
      return;
    default:
      AmLog(Ext, SP_UNEXPECTED_DISCONNECT, AmLogUnexpectedDisconnect);
      AmResetChip(Ext);
      AmFinish(Ext, SRB_STATUS_UNEXPECTED_BUS_FREE);
      return;
  }
}

BOOLEAN NTAPI AmInterrupt(PVOID Context) {
  AM_EXTENSION* ext = Context;
  if (!ext->Ports || ext->State == AmGone) return FALSE;
  ULONG dma = AmReadDma(ext, AM_REG_DMA_STATUS);
  if (dma == AM_ALL_ONES) {
    if (ext->State == AmRunning) AmDeclareGone(ext);
    return FALSE;
  }
  if (!(dma & AM_DMA_STATUS_SCSI_INTERRUPT)) return FALSE;
  UCHAR status = AmRead(ext, AM_REG_STATUS);  // before the cause, whose reading clears it
  UCHAR cause = AmRead(ext, AM_REG_INTERRUPT);
  if (ext->State != AmRunning) return TRUE;

  if (cause & AM_INTERRUPT_BUS_RESET) {
    // Somebody else's: our own are not reported.
    AmResetChip(ext);
    ext->Moved = 0;
    ScsiPortNotification(ResetDetected, ext);
    AmFinish(ext, SRB_STATUS_BUS_RESET);
  } else if ((cause & AM_INTERRUPT_INVALID) || (status & (AM_STATUS_GROSS_ERROR | AM_STATUS_PARITY_ERROR))) {
    AmLog(ext, (status & AM_STATUS_PARITY_ERROR) ? SP_BUS_PARITY_ERROR : SP_INTERNAL_ADAPTER_ERROR,
          (cause & AM_INTERRUPT_INVALID)      ? AmLogInvalidCommand
          : (status & AM_STATUS_PARITY_ERROR) ? AmLogParity
                                              : AmLogGrossError);
    AmRecover(ext);
  } else if (cause & AM_INTERRUPT_DISCONNECTED) {
    if (ext->Srb) AmEndRun(ext, dma);
    AmBusFree(ext);
  } else if (ext->Srb) {
    AmEndRun(ext, dma);
    if (ext->Step == AmCompleting)
      AmTakeStatus(ext);
    else if (ext->Step == AmSelecting || ext->Step == AmConnected)
      AmFollowPhase(ext, status & AM_STATUS_PHASE);
  }
  return TRUE;
}
