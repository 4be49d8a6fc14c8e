/// From completion ring back to SRB.
#include "pvscsi.h"

typedef struct _PVSCSI_OUTCOME {
  UCHAR HostStatus;
  UCHAR SrbStatus;
  UCHAR LogCode;  // 0: nothing to log
} PVSCSI_OUTCOME;

static const PVSCSI_OUTCOME PvscsiOutcomes[] = {
    {PVSCSI_HOST_GOOD, SRB_STATUS_SUCCESS, 0},
    {PVSCSI_HOST_LINKED, SRB_STATUS_SUCCESS, 0},
    {PVSCSI_HOST_LINKED_WITH_FLAG, SRB_STATUS_SUCCESS, 0},
    {PVSCSI_HOST_UNDERRUN, SRB_STATUS_DATA_OVERRUN, 0},
    {PVSCSI_HOST_DATA_RUN, SRB_STATUS_DATA_OVERRUN, 0},
    {PVSCSI_HOST_SELECTION_TIMEOUT, SRB_STATUS_SELECTION_TIMEOUT, 0},
    {PVSCSI_HOST_BUS_FREE, SRB_STATUS_UNEXPECTED_BUS_FREE, SP_PROTOCOL_ERROR},
    {PVSCSI_HOST_PHASE, SRB_STATUS_PHASE_SEQUENCE_FAILURE, SP_PROTOCOL_ERROR},
    {PVSCSI_HOST_PARAMETER, SRB_STATUS_INVALID_REQUEST, SP_INTERNAL_ADAPTER_ERROR},
    {PVSCSI_HOST_SENSE_FAILED, SRB_STATUS_REQUEST_SENSE_FAILED, 0},
    {PVSCSI_HOST_TAG_REJECTED, SRB_STATUS_MESSAGE_REJECTED, 0},
    {PVSCSI_HOST_BAD_MESSAGE, SRB_STATUS_MESSAGE_REJECTED, 0},
    {PVSCSI_HOST_NO_RESPONSE, SRB_STATUS_SELECTION_TIMEOUT, 0},
    {PVSCSI_HOST_SENT_RESET, SRB_STATUS_BUS_RESET, 0},
    {PVSCSI_HOST_RECEIVED_RESET, SRB_STATUS_BUS_RESET, 0},
    {PVSCSI_HOST_BUS_RESET, SRB_STATUS_BUS_RESET, 0},
    {PVSCSI_HOST_DISCONNECT, SRB_STATUS_UNEXPECTED_BUS_FREE, SP_UNEXPECTED_DISCONNECT},
    {PVSCSI_HOST_ABORTED, SRB_STATUS_ABORTED, 0},
    {PVSCSI_HOST_HARDWARE, SRB_STATUS_ERROR, SP_INTERNAL_ADAPTER_ERROR},
    {PVSCSI_HOST_SOFTWARE, SRB_STATUS_ERROR, SP_INTERNAL_ADAPTER_ERROR},
    {PVSCSI_HOST_TIMEOUT, SRB_STATUS_COMMAND_TIMEOUT, SP_REQUEST_TIMEOUT},
    {PVSCSI_HOST_PARITY, SRB_STATUS_PARITY_ERROR, SP_BUS_PARITY_ERROR},
};

static PVSCSI_OUTCOME PvscsiOutcomeOf(USHORT HostStatus) {
  for (ULONG i = 0; i < RTL_NUMBER_OF(PvscsiOutcomes); ++i)
    if (PvscsiOutcomes[i].HostStatus == HostStatus) return PvscsiOutcomes[i];
  PVSCSI_OUTCOME unknown = {0xFF, SRB_STATUS_ERROR, SP_INTERNAL_ADAPTER_ERROR};
  return unknown;
}

/// Ends a request. It is the port's from here on and must not be looked at again.
VOID PvscsiComplete(PVSCSI_EXTENSION* Ext, PSCSI_REQUEST_BLOCK Srb, UCHAR SrbStatus) {
  Srb->SrbStatus = SrbStatus;
  ScsiPortNotification(RequestComplete, Ext, Srb);
}

/// Frees the slot, gives its request back and then the abort that was waiting for it.
static VOID PvscsiRelease(PVSCSI_EXTENSION* Ext, PVSCSI_SLOT* Slot, UCHAR SrbStatus) {
  PSCSI_REQUEST_BLOCK abort = Slot->AbortSrb;
  PSCSI_REQUEST_BLOCK srb = Slot->Srb;
  Slot->Srb = NULL;
  Slot->AbortSrb = NULL;
  Slot->NextFree = Ext->FreeSlot;
  Ext->FreeSlot = (USHORT)(Slot - Ext->Slots);
  --Ext->Outstanding;
  ++Ext->Completed;

  PvscsiComplete(Ext, srb, SrbStatus);
  if (!abort) return;
  switch (SrbStatus) {
    case SRB_STATUS_ABORTED:
      PvscsiComplete(Ext, abort, SRB_STATUS_SUCCESS);
      break;
    case SRB_STATUS_BUS_RESET:
    case SRB_STATUS_NO_HBA:
      PvscsiComplete(Ext, abort, SrbStatus);
      break;
    default:  // it ended by itself before the abort reached it
      PvscsiComplete(Ext, abort, SRB_STATUS_ABORT_FAILED);
      break;
  }
}

/// Gives back every request the adapter had. Only when it cannot write to their buffers any more.
VOID PvscsiGiveBackAll(PVSCSI_EXTENSION* Ext, UCHAR SrbStatus) {
  for (ULONG i = 0; i < PVSCSI_SLOTS && Ext->Outstanding; ++i) {
    if (!Ext->Slots[i].Srb) continue;
    Ext->Slots[i].Srb->DataTransferLength = 0;
    PvscsiRelease(Ext, &Ext->Slots[i], SrbStatus);
  }
}

/// Translates a completion into the SRB's statuses and lengths.
static UCHAR PvscsiTranslate(PVSCSI_EXTENSION* Ext, PSCSI_REQUEST_BLOCK Srb, const PVSCSI_COMPLETION* Completion) {
  PVSCSI_OUTCOME outcome = PvscsiOutcomeOf(Completion->HostStatus);
  Srb->ScsiStatus = (UCHAR)Completion->ScsiStatus;

  switch (outcome.SrbStatus) {
    case SRB_STATUS_SUCCESS:
      // Less data than asked for. (An adapter that does not count leaves zero.)
      if (Completion->DataLength && Completion->DataLength < Srb->DataTransferLength) {
        Srb->DataTransferLength = (ULONG)Completion->DataLength;
        outcome.SrbStatus = SRB_STATUS_DATA_OVERRUN;
      }
      break;
    case SRB_STATUS_DATA_OVERRUN:
      if (Completion->DataLength < Srb->DataTransferLength)
        Srb->DataTransferLength = (ULONG)Completion->DataLength;
      else
        outcome.LogCode = SP_PROTOCOL_ERROR;  // more data than asked for
      break;
    case SRB_STATUS_BUS_RESET:
      Ext->ResetSeen = TRUE;
      Srb->DataTransferLength = 0;
      break;
    default:
      Srb->DataTransferLength = 0;
      break;
  }

  if (outcome.LogCode)
    ScsiPortLogError(Ext, Srb, Srb->PathId, Srb->TargetId, Srb->Lun, outcome.LogCode,
                     PvscsiLogHostStatus + (UCHAR)Completion->HostStatus);

  BOOLEAN delivered = outcome.SrbStatus == SRB_STATUS_SUCCESS || outcome.SrbStatus == SRB_STATUS_DATA_OVERRUN;
  if (!delivered || Srb->ScsiStatus == SCSISTAT_GOOD) return outcome.SrbStatus;
  if (Srb->ScsiStatus != SCSISTAT_CHECK_CONDITION || !Completion->SenseLength || !Srb->SenseInfoBuffer ||
      (Srb->SrbFlags & SRB_FLAGS_DISABLE_AUTOSENSE))
    return SRB_STATUS_ERROR;
  if (Completion->SenseLength < Srb->SenseInfoBufferLength) Srb->SenseInfoBufferLength = (UCHAR)Completion->SenseLength;
  return SRB_STATUS_ERROR | SRB_STATUS_AUTOSENSE_VALID;
}

static VOID PvscsiFinish(PVSCSI_EXTENSION* Ext, const PVSCSI_COMPLETION* Completion) {
  USHORT index = PVSCSI_CONTEXT_INDEX(Completion->Context);
  PVSCSI_SLOT* slot = index < PVSCSI_SLOTS ? &Ext->Slots[index] : NULL;
  if (!slot || !slot->Srb || slot->Generation != PVSCSI_CONTEXT_GENERATION(Completion->Context)) {
    PvscsiLog(Ext, SP_INTERNAL_ADAPTER_ERROR, PvscsiLogStaleCompletion);
    return;
  }
  PvscsiRelease(Ext, slot, PvscsiTranslate(Ext, slot->Srb, Completion));
}

/// Takes everything out of the completion ring.
/// Returns FALSE if what the adapter says about the ring cannot be.
BOOLEAN PvscsiDrain(PVSCSI_EXTENSION* Ext) {
  ULONG producer;
  while ((producer = Ext->Ring->CompletionProducer) != Ext->CompletionConsumer) {
    if (producer - Ext->CompletionConsumer > PVSCSI_COMPLETION_ENTRIES) return FALSE;
    PvscsiOrder();
    while (Ext->CompletionConsumer != producer) {
      volatile PVSCSI_COMPLETION* entry = &Ext->Completions[Ext->CompletionConsumer & (PVSCSI_COMPLETION_ENTRIES - 1)];
      PVSCSI_COMPLETION completion;
      completion.Context = entry->Context;
      completion.DataLength = entry->DataLength;
      completion.SenseLength = entry->SenseLength;
      completion.HostStatus = entry->HostStatus;
      completion.ScsiStatus = entry->ScsiStatus;
      ++Ext->CompletionConsumer;
      PvscsiFinish(Ext, &completion);
    }
    PvscsiOrder();
    Ext->Ring->CompletionConsumer = producer;
  }
  return TRUE;
}

/// Drains the ring and draws the conclusions. From the interrupt and from the watchdog.
VOID PvscsiService(PVSCSI_EXTENSION* Ext) {
  if (!PvscsiDrain(Ext)) {
    PvscsiLog(Ext, SP_INTERNAL_ADAPTER_ERROR, PvscsiLogRingCorrupt);
    if (PvscsiRecover(Ext)) ScsiPortNotification(ResetDetected, Ext);
    return;
  }
  if (Ext->State == PvscsiResetting) {
    if (!Ext->Outstanding) PvscsiFinishReset(Ext);
  } else if (Ext->ResetSeen) {
    // Someone else reset the bus. What is still out should follow; the watchdog sees to it.
    Ext->ResetSeen = FALSE;
    ScsiPortNotification(ResetDetected, Ext);
    if (Ext->Outstanding) {
      Ext->ResetTicks = 0;
      Ext->State = PvscsiResetting;
    }
  }
  if (Ext->NextOwed && Ext->State == PvscsiRunning) PvscsiAskForNext(Ext);
}

BOOLEAN NTAPI PvscsiInterrupt(PVOID Context) {
  PVSCSI_EXTENSION* ext = Context;
  BOOLEAN active = PvscsiIsActive(ext);
  if (!ext->Registers || ext->State == PvscsiGone) return FALSE;

  // A filled ring proves that the interrupt is ours and spares reading the register.
  if (!active || ext->Ring->CompletionProducer == ext->CompletionConsumer) {
    ULONG status = PvscsiRead(ext, PVSCSI_REG_INTERRUPT_STATUS);
    if (status == PVSCSI_ALL_ONES) {
      if (active) PvscsiDeclareGone(ext);
      return FALSE;
    }
    if (!(status & PVSCSI_INTERRUPT_ALL)) return FALSE;
    PvscsiWrite(ext, PVSCSI_REG_INTERRUPT_STATUS, status);
  } else {
    PvscsiWrite(ext, PVSCSI_REG_INTERRUPT_STATUS, PVSCSI_INTERRUPT_COMPLETION);
  }
  // Acknowledged first: what completes from here on interrupts again.
  if (active) PvscsiService(ext);
  return TRUE;
}
