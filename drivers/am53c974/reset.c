/// Bus reset, and the watchdog that finds out that the adapter was pulled.
#include "am53c974.h"

VOID AmArmTimer(AM_EXTENSION* Ext) {
  if (Ext->TimerArmed) return;
  Ext->TimerArmed = TRUE;
  ScsiPortNotification(RequestTimerCall, Ext, AmTimer, AM_TICK_US);
}

/// The adapter was pulled: it moves nothing any more, so the request goes back at once.
VOID AmDeclareGone(AM_EXTENSION* Ext) {
  Ext->State = AmGone;
  AmLog(Ext, SP_INTERNAL_ADAPTER_ERROR, AmLogGone);
  Ext->Moved = 0;
  AmFinish(Ext, SRB_STATUS_NO_HBA);
}

/// Pulls the reset line of the bus for 25 us at least; the controller does that by itself. Targets and the controller
/// forget what was under way, so its buffers are free when this returns.
static VOID AmPullReset(AM_EXTENSION* Ext) {
  AmResetChip(Ext);
  AmWrite(Ext, AM_REG_CONTROL_1, AM_INITIATOR_ID | AM_CONTROL_1_PARITY | AM_CONTROL_1_NO_RESET_REPORT);
  AmWrite(Ext, AM_REG_COMMAND, AM_COMMAND_RESET_BUS);
  ScsiPortStallExecution(30);
  AmWrite(Ext, AM_REG_CONTROL_1, AM_INITIATOR_ID | AM_CONTROL_1_PARITY);
  AmRead(Ext, AM_REG_INTERRUPT);
}

BOOLEAN NTAPI AmResetBus(PVOID Context, ULONG PathId) {
  AM_EXTENSION* ext = Context;
  UNREFERENCED_PARAMETER(PathId);  // there is but one bus
  if (ext->State != AmRunning || AmIsGone(ext)) {
    if (ext->State == AmRunning) AmDeclareGone(ext);
    return FALSE;
  }
  AmPullReset(ext);
  ext->Moved = 0;
  AmFinish(ext, SRB_STATUS_BUS_RESET);
  return TRUE;
}

/// Bus and controller no longer agree: a bus reset of our own, which the port is told of.
VOID AmRecover(AM_EXTENSION* Ext) {
  AmPullReset(Ext);
  Ext->Moved = 0;
  ScsiPortNotification(ResetDetected, Ext);
  AmFinish(Ext, SRB_STATUS_BUS_RESET);
}

/// HwScsiTimer, once a tick while a request is out.
VOID NTAPI AmTimer(PVOID Context) {
  AM_EXTENSION* ext = Context;
  ext->TimerArmed = FALSE;
  if (ext->State != AmRunning || !ext->Srb) return;
  if (AmIsGone(ext))
    AmDeclareGone(ext);
  else
    AmArmTimer(ext);
}
