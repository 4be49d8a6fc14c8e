// libs: scsiport
// Holds every read and write back and lets go of them in a reset only, as busy: they come again for ever.
// Expected: finding ScsiResetLoop, which ends the run.
#define WRONG_RESET_BUS
#define WRONG_START_IO
#include "zoo_pvscsi.h"

static PSCSI_REQUEST_BLOCK Held[PVSCSI_SLOTS];
static ULONG HeldCount;

BOOLEAN NTAPI PvscsiStartIo(PVOID Context, PSCSI_REQUEST_BLOCK Srb) {
#ifndef REPAIRED
  if (Srb->Function == SRB_FUNCTION_EXECUTE_SCSI && PvscsiIsReadOrWrite(Srb->Cdb[0]) && HeldCount < PVSCSI_SLOTS) {
    Held[HeldCount++] = Srb;
    PvscsiAskForNext(Context);
    return TRUE;
  }
#endif
  return RightStartIo(Context, Srb);
}

BOOLEAN NTAPI PvscsiResetBus(PVOID Context, ULONG PathId) {
#ifndef REPAIRED
  while (HeldCount) PvscsiComplete(Context, Held[--HeldCount], SRB_STATUS_BUSY);
  return RightResetBus(Context, PathId);
#else
  (void)Held;
  (void)HeldCount;
  return RightResetBus(Context, PathId);
#endif
}
