// kmdf: 1.33
// Gives a queue where a device is wanted.
// Expected: invalid-handle, WDF_VIOLATION (0x10D) with 5.
#define ZOO_ADDED Added
#include "zoo_wdf.h"

static NTSTATUS Added(ZOO* Zoo) {
#ifndef FIXED
  WDFOBJECT device = Zoo->Queue;
#else
  WDFOBJECT device = Zoo->Device;
#endif
  WdfDeviceSetSpecialFileSupport((WDFDEVICE)device, WdfSpecialFilePaging, FALSE);
  return STATUS_SUCCESS;
}
