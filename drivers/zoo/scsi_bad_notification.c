// libs: scsiport
// Asks for the timer with no routine to call.
// Expected: finding ScsiBadNotification.
#define WRONG_START_IO
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiStartIo(PVOID Context, PSCSI_REQUEST_BLOCK Srb) {
  if (!ZooIsProbe(Srb)) return RightStartIo(Context, Srb);
#ifndef REPAIRED
  ScsiPortNotification(RequestTimerCall, Context, NULL, 1000);
  PvscsiRefuse(Context, Srb, SRB_STATUS_SUCCESS);
#else
  PvscsiRefuse(Context, Srb, SRB_STATUS_SUCCESS);
#endif
  return TRUE;
}
