// Calls a function that Windows has and a test machine hardly ever will.
// Expected: no bug check; the import is listed, and the run ends by its name when it is called.
#include "zoo.h"

__declspec(dllimport) BOOLEAN NTAPI HalMakeBeep(ULONG Frequency);

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  DriverObject->DriverUnload = ZooUnload;
  return HalMakeBeep(440) ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}
