// kmdf: 1.33
// Opens its registry key with a spin lock held.
// Expected: wrong-irql (WDF-438).
#define ZOO_D0_ENTRY D0Entry
#include "zoo_wdf.h"

static NTSTATUS D0Entry(ZOO* Zoo, WDF_POWER_DEVICE_STATE Previous) {
  KSPIN_LOCK lock;
  KIRQL irql;
  WDFKEY key;
  UNREFERENCED_PARAMETER(Previous);
  KeInitializeSpinLock(&lock);
  KeAcquireSpinLock(&lock, &irql);
#ifdef FIXED
  KeReleaseSpinLock(&lock, irql);
#endif
  NTSTATUS status =
      WdfDeviceOpenRegistryKey(Zoo->Device, PLUGPLAY_REGKEY_DEVICE, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &key);
#ifndef FIXED
  KeReleaseSpinLock(&lock, irql);
#endif
  if (NT_SUCCESS(status)) WdfRegistryClose(key);
  return STATUS_SUCCESS;
}
