// Writes to a constant of its own.
// Expected: ATTEMPTED_WRITE_TO_READONLY_MEMORY (0xBE).
#include "zoo.h"

#ifdef FIXED
static ULONG value = 7;
#else
static const ULONG value = 7;
#endif
static volatile ULONG* volatile target = (ULONG*)&value;

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  *target = 8;
  DriverObject->DriverUnload = ZooUnload;
  return STATUS_SUCCESS;
}
