// libs: scsiport
// Answers a request by itself and does not ask for the next one.
// Expected: finding ScsiNextRequestForgotten.
#define WRONG_START_IO
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiStartIo(PVOID Context, PSCSI_REQUEST_BLOCK Srb) {
  if (!ZooIsProbe(Srb)) return RightStartIo(Context, Srb);
#ifndef REPAIRED
  PvscsiComplete(Context, Srb, SRB_STATUS_SUCCESS);
#else
  PvscsiRefuse(Context, Srb, SRB_STATUS_SUCCESS);
#endif
  return TRUE;
}
