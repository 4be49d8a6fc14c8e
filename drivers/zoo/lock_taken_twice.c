// Takes a spin lock that the same processor holds already.
// Expected: SPIN_LOCK_ALREADY_OWNED (0x0F).
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
  KeAcquireSpinLock(&lock, &irql);
#else
  KeAcquireSpinLockAtDpcLevel(&lock);
  KeReleaseSpinLockFromDpcLevel(&lock);
#endif
  KeReleaseSpinLock(&lock, irql);
  return STATUS_SUCCESS;
}
