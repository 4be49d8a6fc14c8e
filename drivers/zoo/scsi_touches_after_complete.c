// libs: scsiport
// Looks at a request after HwScsiStartIo has ended it: it is the port driver's by then.
// Expected, with guarded requests: finding ScsiTouchAfterComplete; on Windows usually
// DRIVER_IRQL_NOT_LESS_OR_EQUAL (0xD1).
#define WRONG_START_IO
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiStartIo(PVOID Context, PSCSI_REQUEST_BLOCK Srb) {
  if (!ZooIsProbe(Srb)) return RightStartIo(Context, Srb);
#ifndef REPAIRED
  PvscsiRefuse(Context, Srb, SRB_STATUS_SUCCESS);
  return *(volatile UCHAR*)&Srb->SrbStatus != 0xFF;
#else
  PvscsiRefuse(Context, Srb, SRB_STATUS_SUCCESS);
#endif
  return TRUE;
}
