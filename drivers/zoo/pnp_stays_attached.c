// Handles the remove without detaching from the stack or deleting its device.
// Expected: 0xC9, 0x21D, recorded (PNP-053).
#define WRONG_REMOVE
#include "zoo_pnp.h"

#ifndef FIXED
static NTSTATUS Remove(PZOO_EXTENSION Extension, PIRP Irp) {
  ZooGo(Extension);
  ZooEndReads(Extension, STATUS_DELETE_PENDING);
  KeCancelTimer(&Extension->Timer);
  KeFlushQueuedDpcs();
  ZooUnmap(Extension);
  Irp->IoStatus.Status = STATUS_SUCCESS;
  return ZooPassDown(Extension, Irp);
}
#endif
