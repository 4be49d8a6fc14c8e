// Is unloaded with a pool block not freed.
// Expected: DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4), 0x62.
#include "zoo.h"

static PVOID block;

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject) {
  UNREFERENCED_PARAMETER(DriverObject);
#ifdef FIXED
  ExFreePoolWithTag(block, ZOO_TAG);
#endif
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  block = ExAllocatePoolWithTag(NonPagedPoolNx, 100, ZOO_TAG);
  if (!block) return STATUS_INSUFFICIENT_RESOURCES;
  DriverObject->DriverUnload = Unload;
  return STATUS_SUCCESS;
}
