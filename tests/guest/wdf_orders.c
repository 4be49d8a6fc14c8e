// Holds what wdf_puppet.sys is told and what it saw, so that both outlive it.

#include <ntddk.h>

#include "wdf_puppet.h"

__declspec(dllexport) PUPPET Puppet;

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  (void)DriverObject;
  (void)RegistryPath;
  return STATUS_SUCCESS;
}
