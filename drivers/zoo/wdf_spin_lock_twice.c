// kmdf: 1.33
// Takes a spin lock that it holds.
// Expected: lock-misuse, WDF_VIOLATION (0x10D) with 2.
#define ZOO_ADDED Added
#define ZOO_IO Io
#include "zoo_wdf.h"

static NTSTATUS Added(ZOO* Zoo) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = Zoo->Device;
  return WdfSpinLockCreate(&attributes, (WDFSPINLOCK*)&Zoo->Object);
}

static VOID CountUp(ZOO* Zoo) {
#ifndef FIXED
  WdfSpinLockAcquire((WDFSPINLOCK)Zoo->Object);
#endif
  ++Zoo->Count;
#ifndef FIXED
  WdfSpinLockRelease((WDFSPINLOCK)Zoo->Object);
#endif
}

static VOID Io(ZOO* Zoo, WDFREQUEST Request) {
  WdfSpinLockAcquire((WDFSPINLOCK)Zoo->Object);
  CountUp(Zoo);
  WdfSpinLockRelease((WDFSPINLOCK)Zoo->Object);
  WdfRequestComplete(Request, STATUS_SUCCESS);
}
