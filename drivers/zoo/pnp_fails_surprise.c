// Fails the surprise removal, as if one could refuse it.
// Expected: 0xC9, 0x247, recorded (PNP-054).
#define WRONG_SURPRISE_REMOVAL
#include "zoo_pnp.h"

#ifndef FIXED
static NTSTATUS SurpriseRemoval(PZOO_EXTENSION Extension, PIRP Irp) {
  ZooGo(Extension);
  ZooEndReads(Extension, STATUS_DELETE_PENDING);
  return ZooComplete(Irp, STATUS_DEVICE_BUSY);
}
#endif
