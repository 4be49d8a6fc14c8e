// libs: scsiport
// Logs an SRB that it has just given back.
// Expected: finding ScsiLogErrorAfterComplete.
#define WRONG_START_IO
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiStartIo(PVOID Context, PSCSI_REQUEST_BLOCK Srb) {
  if (!ZooIsProbe(Srb)) return RightStartIo(Context, Srb);
#ifndef REPAIRED
  PvscsiRefuse(Context, Srb, SRB_STATUS_SUCCESS);
  ScsiPortLogError(Context, Srb, 0, 0, 0, SP_INTERNAL_ADAPTER_ERROR, 1);
#else
  PvscsiRefuse(Context, Srb, SRB_STATUS_SUCCESS);
#endif
  return TRUE;
}
