// libs: scsiport
// Claims to have reset the bus and does nothing: what hangs stays with the adapter.
// Expected: SCSI_VERIFIER_DETECTED_VIOLATION (0xF1), 0x1007, when the hold-off ends.
#define WRONG_RESET_BUS
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiResetBus(PVOID Context, ULONG PathId) {
#ifndef REPAIRED
  UNREFERENCED_PARAMETER(PathId);
  PvscsiAskForNext(Context);
  return TRUE;
#else
  return RightResetBus(Context, PathId);
#endif
}
