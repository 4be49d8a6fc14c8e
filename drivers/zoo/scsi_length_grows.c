// libs: scsiport
// Reports more data than was asked for.
// Expected: finding ScsiLengthGrew.
#define WRONG_START_IO
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiStartIo(PVOID Context, PSCSI_REQUEST_BLOCK Srb) {
  if (!ZooIsProbe(Srb)) return RightStartIo(Context, Srb);
#ifndef REPAIRED
  Srb->DataTransferLength += 512;
  PvscsiRefuse(Context, Srb, SRB_STATUS_SUCCESS);
#else
  PvscsiRefuse(Context, Srb, SRB_STATUS_SUCCESS);
#endif
  return TRUE;
}
