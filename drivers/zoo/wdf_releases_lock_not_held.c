// kmdf: 1.33
// Releases a wait lock that it has not acquired.
// Expected: lock-misuse (WDF-440).
#define ZOO_ADDED Added
#define ZOO_D0_ENTRY D0Entry
#include "zoo_wdf.h"

static NTSTATUS Added(ZOO* Zoo) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = Zoo->Device;
  return WdfWaitLockCreate(&attributes, (WDFWAITLOCK*)&Zoo->Object);
}

static NTSTATUS D0Entry(ZOO* Zoo, WDF_POWER_DEVICE_STATE Previous) {
  UNREFERENCED_PARAMETER(Previous);
#ifdef FIXED
  WdfWaitLockAcquire((WDFWAITLOCK)Zoo->Object, NULL);
#endif
  WdfWaitLockRelease((WDFWAITLOCK)Zoo->Object);
  return STATUS_SUCCESS;
}
