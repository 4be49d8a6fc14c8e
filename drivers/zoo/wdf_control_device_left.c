// kmdf: 1.33
// Makes a control device beside its first device and does not delete it when that goes.
// Expected: control-device-left (WDF-468).
#define ZOO_ADDED Added
#define ZOO_CLEANUP Cleanup
#include "zoo_wdf.h"

static NTSTATUS Added(ZOO* Zoo) {
  DECLARE_CONST_UNICODE_STRING(everyone, L"D:P(A;;GA;;;WD)");
  PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(WdfDeviceGetDriver(Zoo->Device), &everyone);
  if (!init) return STATUS_INSUFFICIENT_RESOURCES;
  NTSTATUS status = WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, (WDFDEVICE*)&Zoo->Object);
  if (!NT_SUCCESS(status)) {
    WdfDeviceInitFree(init);
    return status;
  }
  WdfControlFinishInitializing((WDFDEVICE)Zoo->Object);
  return STATUS_SUCCESS;
}

static VOID Cleanup(ZOO* Zoo) {
#ifdef FIXED
  if (Zoo->Object) WdfObjectDelete(Zoo->Object);
#else
  UNREFERENCED_PARAMETER(Zoo);
#endif
}
