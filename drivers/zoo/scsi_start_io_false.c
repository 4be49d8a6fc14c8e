// libs: scsiport
// Returns FALSE from HwScsiStartIo for a request it has started.
// Expected: finding ScsiStartIoReturnedFalse.
#define WRONG_START_IO
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiStartIo(PVOID Context, PSCSI_REQUEST_BLOCK Srb) {
  RightStartIo(Context, Srb);
#ifndef REPAIRED
  return FALSE;
#else
  return TRUE;
#endif
}
