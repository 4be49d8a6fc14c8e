// Leaves its queue as it is when the device is pulled, and nothing ends the requests any more.
// Expected: the run ends with lost requests.
#define WRONG_SURPRISE_REMOVAL
#include "zoo_pnp.h"

#ifndef FIXED
static NTSTATUS SurpriseRemoval(PZOO_EXTENSION Extension, PIRP Irp) {
  ZooGo(Extension);
  KeCancelTimer(&Extension->Timer);
  KeFlushQueuedDpcs();
  Irp->IoStatus.Status = STATUS_SUCCESS;
  return ZooPassDown(Extension, Irp);
}
#endif
