// kmdf: 1.33
// Waits for queued DPCs with a spin lock held.
// Expected: DRIVER_VIOLATION (0x121).
#define ZOO_ADDED Added
#define ZOO_D0_EXIT D0Exit
#include "zoo_wdf.h"

static NTSTATUS Added(ZOO* Zoo) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = Zoo->Device;
  return WdfSpinLockCreate(&attributes, (WDFSPINLOCK*)&Zoo->Object);
}

static NTSTATUS D0Exit(ZOO* Zoo, WDF_POWER_DEVICE_STATE Target) {
  UNREFERENCED_PARAMETER(Target);
  WdfSpinLockAcquire((WDFSPINLOCK)Zoo->Object);
#ifndef FIXED
  KeFlushQueuedDpcs();
#endif
  WdfSpinLockRelease((WDFSPINLOCK)Zoo->Object);
  KeFlushQueuedDpcs();
  return STATUS_SUCCESS;
}
