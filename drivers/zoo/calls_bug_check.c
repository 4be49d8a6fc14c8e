// Stops the system itself.
// Expected: MANUALLY_INITIATED_CRASH (0xE2), 1, 2, 3, 4.
#include "zoo.h"

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  DriverObject->DriverUnload = ZooUnload;
  KeBugCheckEx(0xE2, 1, 2, 3, 4);
}
