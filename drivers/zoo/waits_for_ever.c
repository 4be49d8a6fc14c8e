// Waits at PASSIVE_LEVEL, without a time limit, for an event that nobody sets.
// Expected: the run ends because nothing can ever happen again, with the thread and its wait named.
#include "zoo.h"

static KEVENT event;

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  KeInitializeEvent(&event, NotificationEvent, FALSE);
#ifdef FIXED
  KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
#endif
  KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
  DriverObject->DriverUnload = ZooUnload;
  return STATUS_SUCCESS;
}
