// libs: scsiport
// Works on a copy of the SRB and gives the copy back before the SRB itself.
// Expected: finding ScsiRequestNotOurs.
#define WRONG_START_IO
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiStartIo(PVOID Context, PSCSI_REQUEST_BLOCK Srb) {
  if (!ZooIsProbe(Srb)) return RightStartIo(Context, Srb);
#ifndef REPAIRED
  SCSI_REQUEST_BLOCK copy = *Srb;
  copy.SrbStatus = SRB_STATUS_SUCCESS;
  ScsiPortNotification(RequestComplete, Context, &copy);
  PvscsiRefuse(Context, Srb, SRB_STATUS_SUCCESS);
#else
  PvscsiRefuse(Context, Srb, SRB_STATUS_SUCCESS);
#endif
  return TRUE;
}
