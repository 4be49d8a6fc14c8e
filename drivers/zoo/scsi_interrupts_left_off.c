// libs: scsiport
// Defers work to the callback that runs with its interrupt off, and never has it switched on again.
// Expected: finding ScsiInterruptsLeftOff.
#define WRONG_INTERRUPT
#include "zoo_pvscsi.h"

static BOOLEAN NTAPI WorkIsDone(PVOID Context) {
  UNREFERENCED_PARAMETER(Context);
  return TRUE;
}

static BOOLEAN NTAPI WorkWithInterruptsOff(PVOID Context) {
#ifndef REPAIRED
  UNREFERENCED_PARAMETER(Context);
  (void)WorkIsDone;
#else
  ScsiPortNotification(CallDisableInterrupts, Context, WorkIsDone);
#endif
  return TRUE;
}

BOOLEAN NTAPI PvscsiInterrupt(PVOID Context) {
  BOOLEAN mine = RightInterrupt(Context);
  if (mine) ScsiPortNotification(CallEnableInterrupts, Context, WorkWithInterruptsOff);
  return mine;
}
