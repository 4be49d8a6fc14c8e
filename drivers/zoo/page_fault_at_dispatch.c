// Reads an address that is mapped nowhere, at DISPATCH_LEVEL.
// Expected: DRIVER_IRQL_NOT_LESS_OR_EQUAL (0xD1), the address, 2, 0.
#include "zoo.h"

#ifdef FIXED
static ULONG value;
static volatile ULONG* volatile source = &value;
#else
static volatile ULONG* volatile source = (ULONG*)0xFFFF8000DEAD0000;
#endif

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  KIRQL irql;
  UNREFERENCED_PARAMETER(RegistryPath);
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  ULONG read = *source;
  KeLowerIrql(irql);
  DriverObject->DriverUnload = ZooUnload;
  return read == 0 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}
