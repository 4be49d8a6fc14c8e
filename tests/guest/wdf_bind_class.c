// libs: wdfldr
// A client of a class extension.

#include "wdf_bad_bind.h"

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  static BIND_INFO info = BIND(sizeof(BIND_INFO), 33);
  static PVOID functions[8];
  static CLASS_BIND_INFO wanted = {.Size = sizeof(CLASS_BIND_INFO),
                                   .ClassName = L"NetAdapterCx",
                                   .Major = 2,
                                   .Minor = 3,
                                   .FunctionTable = functions,
                                   .FunctionTableCount = 8};
  NTSTATUS status = WdfVersionBind(DriverObject, RegistryPath, &info, &Globals);
  if (!NT_SUCCESS(status)) return status;
  status = WdfVersionBindClass(&info, Globals, &wanted);
  if (!NT_SUCCESS(status)) WdfVersionUnbind(RegistryPath, &info, Globals);
  return status;
}
