// libs: scsiport
// Claims its interrupts without acknowledging them.
// Expected: finding ScsiInterruptNotCleared; on Windows the processor never comes back.
#define WRONG_INTERRUPT
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiInterrupt(PVOID Context) {
  PVSCSI_EXTENSION* ext = Context;
  if (!PvscsiIsActive(ext)) return RightInterrupt(ext);
  PvscsiService(ext);
  return TRUE;
}
