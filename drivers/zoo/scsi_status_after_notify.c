// libs: scsiport
// Writes a result into a request after having given it back.
// Expected, with guarded requests: finding ScsiTouchAfterComplete; on Windows a race that is mostly won.
#define WRONG_START_IO
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiStartIo(PVOID Context, PSCSI_REQUEST_BLOCK Srb) {
  if (!ZooIsProbe(Srb)) return RightStartIo(Context, Srb);
#ifndef REPAIRED
  PvscsiRefuse(Context, Srb, SRB_STATUS_SUCCESS);
  Srb->ScsiStatus = SCSISTAT_GOOD;
#else
  Srb->ScsiStatus = SCSISTAT_GOOD;
  PvscsiRefuse(Context, Srb, SRB_STATUS_SUCCESS);
#endif
  return TRUE;
}
