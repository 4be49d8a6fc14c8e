// Writes to a pool block it has freed.
// Expected, with special pool: DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL (0xD5).
#include "zoo.h"

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  volatile UCHAR* block = ExAllocatePoolWithTag(NonPagedPoolNx, 100, ZOO_TAG);
  if (!block) return STATUS_INSUFFICIENT_RESOURCES;
#ifdef FIXED
  block[50] = 1;
#endif
  ExFreePoolWithTag((PVOID)block, ZOO_TAG);
#ifndef FIXED
  block[50] = 1;
#endif
  DriverObject->DriverUnload = ZooUnload;
  return STATUS_SUCCESS;
}
