// libs: scsiport
// Gives requests that a reset cuts short back as successful.
// Expected: finding ScsiResetWrongStatus, and wrong data where one of them was a read or write.
#define WRONG_RESET_BUS
#include "zoo_pvscsi.h"

BOOLEAN NTAPI PvscsiResetBus(PVOID Context, ULONG PathId) {
#ifndef REPAIRED
  PVSCSI_EXTENSION* ext = Context;
  UNREFERENCED_PARAMETER(PathId);
  PvscsiCommand(ext, PVSCSI_COMMAND_ADAPTER_RESET, NULL, 0);
  PvscsiGiveBackAll(ext, SRB_STATUS_SUCCESS);
  PvscsiSetUpRings(ext);
  PvscsiFinishReset(ext);
  return TRUE;
#else
  return RightResetBus(Context, PathId);
#endif
}
