// libs: scsiport
// Stalls a little longer in HwScsiResetBus than a routine may.
// Expected: warning ScsiStallOverMillisecond.
#define WRONG_RESET_BUS
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiResetBus(PVOID Context, ULONG PathId) {
#ifndef REPAIRED
  BOOLEAN done = RightResetBus(Context, PathId);
  ScsiPortStallExecution(1500);
  return done;
#else
  return RightResetBus(Context, PathId);
#endif
}
