// libs: scsiport
// Sweeps every request with ScsiPortCompleteRequest and then completes each once more from the ring.
// Expected: SCSI_VERIFIER_DETECTED_VIOLATION (0xF1), 0x1003, if a request was out.
#define WRONG_RESET_BUS
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiResetBus(PVOID Context, ULONG PathId) {
#ifndef REPAIRED
  ScsiPortCompleteRequest(Context, (UCHAR)PathId, SP_UNTAGGED, SP_UNTAGGED, SRB_STATUS_BUS_RESET);
  return RightResetBus(Context, PathId);
#else
  return RightResetBus(Context, PathId);
#endif
}
