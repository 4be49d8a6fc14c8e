// libs: scsiport
// Resets the bus and reports failure, without a log entry.
// Expected: finding ScsiResetFailed.
#define WRONG_RESET_BUS
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiResetBus(PVOID Context, ULONG PathId) {
#ifndef REPAIRED
  RightResetBus(Context, PathId);
  return FALSE;
#else
  return RightResetBus(Context, PathId);
#endif
}
