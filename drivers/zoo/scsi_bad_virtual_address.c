// libs: scsiport
// Asks for the physical address of memory that is not for DMA.
// Expected: SCSI_VERIFIER_DETECTED_VIOLATION (0xF1), 0x1006.
#define WRONG_START_IO
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiStartIo(PVOID Context, PSCSI_REQUEST_BLOCK Srb) {
#ifndef REPAIRED
  ULONG length;
  ULONG stray = 0;
  ScsiPortGetPhysicalAddress(Context, Srb, &stray, &length);
#endif
  return RightStartIo(Context, Srb);
}
