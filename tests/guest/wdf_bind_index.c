// libs: wdfldr
// Calls a function behind the end of the table it was given.

#include "wdf_bad_bind.h"

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  static BIND_INFO info = BIND(sizeof(BIND_INFO), 33);
  NTSTATUS status = WdfVersionBind(DriverObject, RegistryPath, &info, &Globals);
  if (!NT_SUCCESS(status)) return status;
  return ((NTSTATUS(NTAPI*)(PVOID))Functions[500])(Globals);
}
