// libs: scsiport
// Gives a request back without having set its status.
// Expected: SCSI_VERIFIER_DETECTED_VIOLATION (0xF1), 0x1004.
#define WRONG_START_IO
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiStartIo(PVOID Context, PSCSI_REQUEST_BLOCK Srb) {
  if (!ZooIsProbe(Srb)) return RightStartIo(Context, Srb);
#ifndef REPAIRED
  ScsiPortNotification(RequestComplete, Context, Srb);
  PvscsiAskForNext(Context);
#else
  PvscsiRefuse(Context, Srb, SRB_STATUS_SUCCESS);
#endif
  return TRUE;
}
