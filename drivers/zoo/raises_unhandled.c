// Raises an exception that nobody handles.
// Expected: SYSTEM_THREAD_EXCEPTION_NOT_HANDLED (0x7E), 0xC0000022.
#include "zoo.h"

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
#ifndef FIXED
  ExRaiseStatus(STATUS_ACCESS_DENIED);
#endif
  DriverObject->DriverUnload = ZooUnload;
  return STATUS_SUCCESS;
}
