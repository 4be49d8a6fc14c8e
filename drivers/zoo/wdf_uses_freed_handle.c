// kmdf: 1.33
// Uses the handle of a lock that it has deleted.
// Expected: invalid-handle, WDF_VIOLATION (0x10D) with 5.
#define ZOO_ADDED Added
#include "zoo_wdf.h"

static NTSTATUS Added(ZOO* Zoo) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDFSPINLOCK lock;
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = Zoo->Device;
  NTSTATUS status = WdfSpinLockCreate(&attributes, &lock);
  if (!NT_SUCCESS(status)) return status;
#ifndef FIXED
  WdfObjectDelete(lock);
#endif
  WdfSpinLockAcquire(lock);
  WdfSpinLockRelease(lock);
  return STATUS_SUCCESS;
}
