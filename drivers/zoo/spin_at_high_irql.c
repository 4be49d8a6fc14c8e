// Polls a variable that nobody sets, at DISPATCH_LEVEL and without a call.
// Expected: DPC_WATCHDOG_VIOLATION (0x133), 1.
#include "zoo.h"

#ifdef FIXED
static volatile LONG flag = TRUE;
#else
static volatile LONG flag;
#endif

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  KIRQL irql;
  UNREFERENCED_PARAMETER(RegistryPath);
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  while (!flag) {
  }
  KeLowerIrql(irql);
  DriverObject->DriverUnload = ZooUnload;
  return STATUS_SUCCESS;
}
