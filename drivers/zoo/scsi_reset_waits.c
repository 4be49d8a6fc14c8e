// libs: scsiport
// Waits for the bus to settle in small steps, more than half a second in all.
// Expected: SCSI_VERIFIER_DETECTED_VIOLATION (0xF1), 0x1002.
#define WRONG_RESET_BUS
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiResetBus(PVOID Context, ULONG PathId) {
#ifndef REPAIRED
  BOOLEAN done = RightResetBus(Context, PathId);
  for (ULONG i = 0; i < 600; ++i) ScsiPortStallExecution(900);
  return done;
#else
  return RightResetBus(Context, PathId);
#endif
}
