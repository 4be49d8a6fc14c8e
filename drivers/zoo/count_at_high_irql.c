// Counts without an end at DISPATCH_LEVEL: a loop whose registers never repeat.
// Expected: DPC_WATCHDOG_VIOLATION (0x133), 1.
#include "zoo.h"

#ifdef FIXED
#define COUNT_MAX 1000
#else
#define COUNT_MAX MAXULONG64
#endif

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  KIRQL irql;
  UNREFERENCED_PARAMETER(RegistryPath);
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  for (ULONG64 i = 0; i < COUNT_MAX; ++i) __asm__ __volatile__("" : "+r"(i));
  KeLowerIrql(irql);
  DriverObject->DriverUnload = ZooUnload;
  return STATUS_SUCCESS;
}
