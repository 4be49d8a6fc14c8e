// Waits for an event at DISPATCH_LEVEL.
// Expected: DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4), 0x3B; without the verifier ATTEMPTED_SWITCH_FROM_DPC (0xB8).
#include "zoo.h"

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  KEVENT event;
  KIRQL irql;
  LARGE_INTEGER second;
  UNREFERENCED_PARAMETER(RegistryPath);
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  second.QuadPart = -10000000;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
#ifdef FIXED
  KeLowerIrql(irql);
#endif
  KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &second);
#ifndef FIXED
  KeLowerIrql(irql);
#endif
  DriverObject->DriverUnload = ZooUnload;
  return STATUS_SUCCESS;
}
