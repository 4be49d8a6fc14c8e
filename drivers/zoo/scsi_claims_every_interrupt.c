// libs: scsiport
// Says of every interrupt on a shared line that it was its own.
// Expected: ScsiClaimedForeignInterrupt, in the verbose trace only.
#define WRONG_INTERRUPT
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiInterrupt(PVOID Context) {
#ifndef REPAIRED
  RightInterrupt(Context);
  return TRUE;
#else
  return RightInterrupt(Context);
#endif
}
