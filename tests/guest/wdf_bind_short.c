// libs: wdfldr
// Binds with a structure that ends in its middle.

#include "wdf_bad_bind.h"

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  static BIND_INFO info = BIND(0x18, 33);
  return WdfVersionBind(DriverObject, RegistryPath, &info, &Globals);
}
