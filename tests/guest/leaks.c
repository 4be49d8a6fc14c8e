// Acquires one of each kind of memory and gives nothing back at unload.
#include "guest_check.h"

static UCHAR locked_bytes[100];

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject) {
  UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  DriverObject->DriverUnload = Unload;
  PHYSICAL_ADDRESS registers = {.QuadPart = 0xE0000000}, highest = {.QuadPart = 0xFFFFFFFF};
  if (!MmMapIoSpace(registers, 0x1000, MmNonCached)) return STATUS_INSUFFICIENT_RESOURCES;
  if (!MmAllocateContiguousMemory(0x3000, highest)) return STATUS_INSUFFICIENT_RESOURCES;
  PMDL mdl = IoAllocateMdl(locked_bytes, sizeof locked_bytes, FALSE, FALSE, NULL);
  if (!mdl) return STATUS_INSUFFICIENT_RESOURCES;
  MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
  if (!MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority)) return STATUS_INSUFFICIENT_RESOURCES;
  return STATUS_SUCCESS;
}
