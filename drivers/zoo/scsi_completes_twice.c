// libs: scsiport
// Keeps its requests on two lists and gives back both of them in a reset.
// Expected: SCSI_VERIFIER_DETECTED_VIOLATION (0xF1), 0x1003, if a request was out.
#define WRONG_RESET_BUS
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiResetBus(PVOID Context, ULONG PathId) {
#ifndef REPAIRED
  PVSCSI_EXTENSION* ext = Context;
  for (ULONG i = 0; i < PVSCSI_SLOTS; ++i)
    if (ext->Slots[i].Srb) PvscsiComplete(ext, ext->Slots[i].Srb, SRB_STATUS_BUS_RESET);
  return RightResetBus(Context, PathId);
#else
  return RightResetBus(Context, PathId);
#endif
}
