// libs: scsiport
// Waits in HwScsiResetBus for the bus to settle, which is the port driver's business.
// Expected: SCSI_VERIFIER_DETECTED_VIOLATION (0xF1), 0x1001, 250000.
#define WRONG_RESET_BUS
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiResetBus(PVOID Context, ULONG PathId) {
#ifndef REPAIRED
  BOOLEAN done = RightResetBus(Context, PathId);
  ScsiPortStallExecution(250000);
  return done;
#else
  return RightResetBus(Context, PathId);
#endif
}
