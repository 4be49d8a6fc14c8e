// Frees a pool block twice.
// Expected: BAD_POOL_CALLER (0xC2), 7.
#include "zoo.h"

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  PVOID block = ExAllocatePoolWithTag(NonPagedPoolNx, 100, ZOO_TAG);
  if (!block) return STATUS_INSUFFICIENT_RESOURCES;
  ExFreePoolWithTag(block, ZOO_TAG);
#ifndef FIXED
  ExFreePoolWithTag(block, ZOO_TAG);
#endif
  DriverObject->DriverUnload = ZooUnload;
  return STATUS_SUCCESS;
}
