// Writes past the end of a pool block.
// Expected, with special pool: DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION (0xD6); else BAD_POOL_HEADER (0x19), 0x20.
#include "zoo.h"

#define BYTES 100

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  volatile UCHAR* block = ExAllocatePoolWithTag(NonPagedPoolNx, BYTES, ZOO_TAG);
  if (!block) return STATUS_INSUFFICIENT_RESOURCES;
#ifdef FIXED
  for (ULONG i = 0; i < BYTES; ++i) block[i] = 0xEE;
#else
  for (ULONG i = 0; i < BYTES + 32; ++i) block[i] = 0xEE;
#endif
  ExFreePoolWithTag((PVOID)block, ZOO_TAG);
  DriverObject->DriverUnload = ZooUnload;
  return STATUS_SUCCESS;
}
