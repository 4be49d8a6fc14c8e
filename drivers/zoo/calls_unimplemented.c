// Calls a function that Windows has and its table here says is not built.
// Expected: no bug check; the import is listed, and the run ends by its name when it is called.
#include "zoo.h"

__declspec(dllimport) VOID NTAPI KeInitializeQueue(PVOID Queue, ULONG Count);

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  DriverObject->DriverUnload = ZooUnload;
  static ULONG64 queue[16];
  KeInitializeQueue(queue, 0);
  return STATUS_SUCCESS;
}
