// Keeps the interface beyond the removal of its device, and uses it when the driver goes.
// Expected: RST-064. The device that gave out the context is no more.
#define DriverEntry InnerEntry
#define ZOO_REMOVED(Edu) kept = (Edu)->Reset
#include "../medic/device_reset.h"
static DEVICE_RESET_INTERFACE_STANDARD kept;
#include "zoo_edu.h"
#undef DriverEntry

static VOID ZooStarted(ZOO_EDU* Edu) {
  UNREFERENCED_PARAMETER(Edu);
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject) {
  UNREFERENCED_PARAMETER(DriverObject);
#ifndef FIXED
  if (kept.DeviceReset) kept.DeviceReset(kept.Context, FunctionLevelDeviceReset, 0, NULL);
#endif
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  NTSTATUS status = InnerEntry(DriverObject, RegistryPath);
  DriverObject->DriverUnload = Unload;
  return status;
}
