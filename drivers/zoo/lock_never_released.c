// Returns with a spin lock held, hence at DISPATCH_LEVEL.
// Expected: IRQL_UNEXPECTED_VALUE (0xC8), current IRQL 2, expected 0.
#include "zoo.h"

static KSPIN_LOCK lock;

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  KIRQL irql;
  UNREFERENCED_PARAMETER(RegistryPath);
  KeInitializeSpinLock(&lock);
  DriverObject->DriverUnload = ZooUnload;
  KeAcquireSpinLock(&lock, &irql);
#ifdef FIXED
  KeReleaseSpinLock(&lock, irql);
#endif
  return STATUS_SUCCESS;
}
