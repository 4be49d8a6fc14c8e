// kmdf: 1.33
// Takes the lock of an object that has none.
// Expected: lock-misuse, WDF_VIOLATION (0x10D) with 0xB.
#define ZOO_ADDED Added
#include "zoo_wdf.h"

static NTSTATUS Added(ZOO* Zoo) {
#ifndef FIXED
  WDFOBJECT object;
  NTSTATUS status = ZooObject(Zoo->Device, &object);
  if (!NT_SUCCESS(status)) return status;
#else
  WDFOBJECT object = Zoo->Device;
#endif
  WdfObjectAcquireLock(object);
  WdfObjectReleaseLock(object);
  return STATUS_SUCCESS;
}
