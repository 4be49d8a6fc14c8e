// libs: scsiport
// Claims its interrupts without acknowledging them.
// Expected: finding ScsiInterruptNotCleared, then HARDWARE_INTERRUPT_STORM (0xF2); on Windows the processor never
// comes back.
#define WRONG_INTERRUPT
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiInterrupt(PVOID Context) {
#ifndef REPAIRED
  PVSCSI_EXTENSION* ext = Context;
  if (!PvscsiIsActive(ext)) return RightInterrupt(ext);
  PvscsiService(ext);
  return TRUE;
#else
  return RightInterrupt(Context);
#endif
}
