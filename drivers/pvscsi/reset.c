/// Bus reset, the watchdog over it, and the hard reset of the adapter when it fails.
#include "pvscsi.h"

VOID PvscsiArmTimer(PVSCSI_EXTENSION* Ext) {
  if (Ext->TimerArmed) return;
  Ext->TimerArmed = TRUE;
  Ext->CompletedAtTick = Ext->Completed;
  ScsiPortNotification(RequestTimerCall, Ext, PvscsiTimer, PVSCSI_TICK_US);
}

/// Ends the RESET_BUS request, if the reset was asked for by one.
static VOID PvscsiAnswerReset(PVSCSI_EXTENSION* Ext, UCHAR SrbStatus) {
  PSCSI_REQUEST_BLOCK srb = Ext->ResetSrb;
  Ext->ResetSrb = NULL;
  if (srb) PvscsiComplete(Ext, srb, SrbStatus);
}

/// The reset is over and nothing is out: the adapter takes requests again.
VOID PvscsiFinishReset(PVSCSI_EXTENSION* Ext) {
  Ext->State = PvscsiRunning;
  Ext->ResetSeen = FALSE;
  Ext->HardResets = 0;
  PvscsiAnswerReset(Ext, SRB_STATUS_SUCCESS);
  PvscsiAskForNext(Ext);
}

/// The adapter was pulled. It can write to no buffer any more, so everything goes back at once.
VOID PvscsiDeclareGone(PVSCSI_EXTENSION* Ext) {
  Ext->State = PvscsiGone;
  PvscsiLog(Ext, SP_INTERNAL_ADAPTER_ERROR, PvscsiLogGone);
  PvscsiDrain(Ext);  // what had finished before is as good as ever
  PvscsiGiveBackAll(Ext, SRB_STATUS_NO_HBA);
  PvscsiAnswerReset(Ext, SRB_STATUS_NO_HBA);
  PvscsiAskForNext(Ext);
}

/// No reset helps. Requests that the adapter may still write to stay where they are: their memory is not safe to give
/// back. New ones are refused.
static VOID PvscsiDeclareFailed(PVSCSI_EXTENSION* Ext) {
  Ext->State = PvscsiFailed;
  PvscsiLog(Ext, SP_BAD_FW_ERROR, PvscsiLogHardResetFailed);
  PvscsiAnswerReset(Ext, SRB_STATUS_ERROR);
  PvscsiAskForNext(Ext);
}

/// Resets the whole adapter, gives every request back and starts new rings. The caller has logged why.
/// Returns TRUE if the adapter runs again. If it did not even take the reset, the watchdog tries again.
BOOLEAN PvscsiRecover(PVSCSI_EXTENSION* Ext) {
  if (!PvscsiCommand(Ext, PVSCSI_COMMAND_ADAPTER_RESET, NULL, 0)) {
    if (PvscsiAnswersAllOnes(Ext)) {
      PvscsiDeclareGone(Ext);
    } else if (++Ext->HardResets >= PVSCSI_HARD_RESETS_MAX) {
      PvscsiDeclareFailed(Ext);
    } else {
      Ext->State = PvscsiResetting;
      Ext->ResetTicks = PVSCSI_RESET_TICKS_MAX;
      PvscsiArmTimer(Ext);
    }
    return FALSE;
  }
  // The reset has put what it ended into the old ring; after it the adapter forgets ring and buffers.
  PvscsiDrain(Ext);
  PvscsiGiveBackAll(Ext, SRB_STATUS_BUS_RESET);
  if (!PvscsiSetUpRings(Ext)) {
    if (PvscsiAnswersAllOnes(Ext))
      PvscsiDeclareGone(Ext);
    else
      PvscsiDeclareFailed(Ext);
    return FALSE;
  }
  PvscsiFinishReset(Ext);
  return TRUE;
}

/// HwScsiResetBus. The adapter ends every command through the completion ring, so that a request goes back only when
/// the adapter has let go of its buffers. What does not come back in time is left to the watchdog.
BOOLEAN NTAPI PvscsiResetBus(PVOID Context, ULONG PathId) {
  PVSCSI_EXTENSION* ext = Context;
  UNREFERENCED_PARAMETER(PathId);  // there is but one bus

  if (ext->State == PvscsiGone || ext->State == PvscsiStopped) {
    PvscsiLog(ext, SP_INTERNAL_ADAPTER_ERROR, PvscsiLogGone);
    PvscsiAnswerReset(ext, SRB_STATUS_NO_HBA);
    PvscsiAskForNext(ext);
    return FALSE;
  }
  if (ext->State != PvscsiRunning) {  // the last reset is not over yet
    PvscsiLog(ext, SP_BUS_TIME_OUT, PvscsiLogBusResetRepeated);
    return PvscsiRecover(ext);
  }
  if (!PvscsiDrain(ext)) {
    PvscsiLog(ext, SP_INTERNAL_ADAPTER_ERROR, PvscsiLogRingCorrupt);
    return PvscsiRecover(ext);
  }

  ext->State = PvscsiResetting;
  ext->ResetTicks = 0;
  if (!PvscsiCommand(ext, PVSCSI_COMMAND_RESET_BUS, NULL, 0)) {
    if (PvscsiAnswersAllOnes(ext)) {
      PvscsiDeclareGone(ext);
      return FALSE;
    }
    PvscsiLog(ext, SP_INTERNAL_ADAPTER_ERROR, PvscsiLogBusResetFailed);
    return PvscsiRecover(ext);
  }
  for (ULONG waited_us = 0; PvscsiDrain(ext) && ext->Outstanding && waited_us < PVSCSI_RESET_STALL_TOTAL_US;
       waited_us += PVSCSI_RESET_STALL_US)
    ScsiPortStallExecution(PVSCSI_RESET_STALL_US);
  if (ext->Outstanding)
    PvscsiArmTimer(ext);
  else
    PvscsiFinishReset(ext);
  return TRUE;
}

/// HwScsiTimer, once a tick while commands are out. Finds completions whose interrupt was lost, an adapter that was
/// pulled (nothing else would tell us), and a bus reset that does not end.
VOID NTAPI PvscsiTimer(PVOID Context) {
  PVSCSI_EXTENSION* ext = Context;
  ext->TimerArmed = FALSE;
  if (!PvscsiIsActive(ext)) return;

  // An unacknowledged status would keep the adapter from interrupting again.
  if (ext->Ring->CompletionProducer != ext->CompletionConsumer)
    PvscsiWrite(ext, PVSCSI_REG_INTERRUPT_STATUS, PVSCSI_INTERRUPT_COMPLETION);
  PvscsiService(ext);
  if (!PvscsiIsActive(ext) || (ext->State == PvscsiRunning && !ext->Outstanding)) return;
  if (ext->Completed == ext->CompletedAtTick && PvscsiAnswersAllOnes(ext)) {
    PvscsiDeclareGone(ext);
    return;
  }
  if (ext->State == PvscsiResetting && ++ext->ResetTicks >= PVSCSI_RESET_TICKS_MAX) {
    PvscsiLog(ext, SP_BUS_TIME_OUT, PvscsiLogBusResetLate);
    if (PvscsiRecover(ext)) ScsiPortNotification(ResetDetected, ext);
  }
  if (ext->State == PvscsiResetting || (ext->State == PvscsiRunning && ext->Outstanding)) PvscsiArmTimer(ext);
}
