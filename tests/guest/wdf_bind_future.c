// libs: wdfldr
// Asks for a framework that does not exist yet.

#include "wdf_bad_bind.h"

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  static BIND_INFO info = BIND(sizeof(BIND_INFO), 99);
  return WdfVersionBind(DriverObject, RegistryPath, &info, &Globals);
}
