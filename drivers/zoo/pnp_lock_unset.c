// Ends its remove lock in the remove without having taken it there.
// Expected: 0xC4, 0xD6.
#define WRONG_REMOVE
#include "zoo_pnp.h"

#ifndef FIXED
static NTSTATUS Remove(PZOO_EXTENSION Extension, PIRP Irp) {
  ZooGo(Extension);
  ZooEndReads(Extension, STATUS_DELETE_PENDING);
  KeCancelTimer(&Extension->Timer);
  KeFlushQueuedDpcs();
  ZooUnmap(Extension);
  IoReleaseRemoveLockAndWait(&Extension->RemoveLock, Irp);
  Irp->IoStatus.Status = STATUS_SUCCESS;
  NTSTATUS status = ZooPassDown(Extension, Irp);
  IoDetachDevice(Extension->Lower);
  RtlFreeUnicodeString(&Extension->Link);
  IoDeleteDevice(Extension->Device);
  return status;
}
#endif
