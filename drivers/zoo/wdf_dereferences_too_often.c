// kmdf: 1.33
// Gives back a reference that it never took.
// Expected: object-destroyed-by-dereference, WDF_VIOLATION (0x10D) with 7.
#define ZOO_ADDED Added
#include "zoo_wdf.h"

static NTSTATUS Added(ZOO* Zoo) {
  WDFOBJECT object;
  NTSTATUS status = ZooObject(Zoo->Device, &object);
  if (!NT_SUCCESS(status)) return status;
#ifdef FIXED
  WdfObjectReference(object);
#endif
  WdfObjectDereference(object);
  return STATUS_SUCCESS;
}
