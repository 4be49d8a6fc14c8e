// libs: scsiport
// Gives every request back at once and leaves the reset itself to the timer: until then the adapter goes on writing to
// their buffers.
// Expected: finding ScsiDmaAfterComplete.
#define WRONG_RESET_BUS
#include "zoo_pvscsi.h"

static VOID NTAPI ResetLater(PVOID Context) {
  RightResetBus(Context, 0);
}

BOOLEAN NTAPI PvscsiResetBus(PVOID Context, ULONG PathId) {
#ifndef REPAIRED
  UNREFERENCED_PARAMETER(PathId);
  PvscsiGiveBackAll(Context, SRB_STATUS_BUS_RESET);
  PvscsiAskForNext(Context);
  ScsiPortNotification(RequestTimerCall, Context, ResetLater, 50000);
  return TRUE;
#else
  (void)ResetLater;
  return RightResetBus(Context, PathId);
#endif
}
