// libs: scsiport
// Takes a command that ended because somebody reset the bus for one that failed, and tells nobody of the reset.
// Expected, when something else resets the bus: finding ScsiResetNotReported.
#define WRONG_INTERRUPT
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiInterrupt(PVOID Context) {
#ifndef REPAIRED
  PVSCSI_EXTENSION* ext = Context;
  if (ext->State == PvscsiRunning) {
    PvscsiDrain(ext);
    ext->ResetSeen = FALSE;
  }
#endif
  return RightInterrupt(Context);
}
