// Detaches and deletes its device in the surprise removal instead of in the remove.
// Expected: 0xC9, 0x241.
#define WRONG_SURPRISE_REMOVAL
#include "zoo_pnp.h"

#ifndef FIXED
static NTSTATUS SurpriseRemoval(PZOO_EXTENSION Extension, PIRP Irp) {
  ZooGo(Extension);
  ZooEndReads(Extension, STATUS_DELETE_PENDING);
  KeCancelTimer(&Extension->Timer);
  KeFlushQueuedDpcs();
  Irp->IoStatus.Status = STATUS_SUCCESS;
  NTSTATUS status = ZooPassDown(Extension, Irp);
  IoDetachDevice(Extension->Lower);
  IoDeleteDevice(Extension->Device);
  return status;
}
#endif
