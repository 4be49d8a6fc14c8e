// Writes through a NULL pointer at PASSIVE_LEVEL: nobody handles the exception.
// Expected: SYSTEM_THREAD_EXCEPTION_NOT_HANDLED (0x7E), 0xC0000005.
#include "zoo.h"

static ULONG value;
static volatile ULONG* volatile target;

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
#ifdef FIXED
  target = &value;
#endif
  *target = 1;
  DriverObject->DriverUnload = ZooUnload;
  return value == 1 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}
