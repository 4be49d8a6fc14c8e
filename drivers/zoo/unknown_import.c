// libs: nt_unknown
// Imports a function that no Windows has, and calls it.
// Expected: no bug check; the import is listed, and the run ends by its name when it is called.
#include "zoo.h"

__declspec(dllimport) VOID NTAPI KeFoldSpaceAndTime(ULONG Dimensions);

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  DriverObject->DriverUnload = ZooUnload;
  KeFoldSpaceAndTime(4);
  return STATUS_SUCCESS;
}
