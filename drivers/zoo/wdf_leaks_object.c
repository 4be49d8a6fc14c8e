// kmdf: 1.33
// Takes a reference to an object and never gives it back.
// Expected: object-leaked-at-unload (WDF-443).
#define ZOO_ADDED Added
#include "zoo_wdf.h"

static NTSTATUS Added(ZOO* Zoo) {
  NTSTATUS status = ZooObject(Zoo->Device, &Zoo->Object);
  if (!NT_SUCCESS(status)) return status;
  WdfObjectReference(Zoo->Object);
#ifdef FIXED
  WdfObjectDereference(Zoo->Object);
#endif
  return STATUS_SUCCESS;
}
