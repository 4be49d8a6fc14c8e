// kmdf: 1.33
// Goes on describing a device that has been created.
// Expected: device-init-used-after-create (WDF-469).
#define ZOO_INIT Init
#define ZOO_ADDED Added
#include "zoo_wdf.h"

static PWDFDEVICE_INIT Kept;

static VOID Init(PWDFDEVICE_INIT DeviceInit) {
  Kept = DeviceInit;
#ifdef FIXED
  WdfDeviceInitSetExclusive(Kept, FALSE);
#endif
}

static NTSTATUS Added(ZOO* Zoo) {
  UNREFERENCED_PARAMETER(Zoo);
#ifndef FIXED
  WdfDeviceInitSetExclusive(Kept, FALSE);
#endif
  return STATUS_SUCCESS;
}
