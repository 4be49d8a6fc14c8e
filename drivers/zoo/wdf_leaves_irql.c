// kmdf: 1.33
// Returns from EvtDeviceD0Entry at DISPATCH_LEVEL.
// Expected, with the framework's verifier: callback-left-at-other-irql, WDF_VIOLATION (0x10D) with 0xE.
#define ZOO_D0_ENTRY D0Entry
#include "zoo_wdf.h"

static KSPIN_LOCK Lock;

static NTSTATUS D0Entry(ZOO* Zoo, WDF_POWER_DEVICE_STATE Previous) {
  KIRQL irql;
  UNREFERENCED_PARAMETER(Zoo);
  UNREFERENCED_PARAMETER(Previous);
  KeAcquireSpinLock(&Lock, &irql);
#ifdef FIXED
  KeReleaseSpinLock(&Lock, irql);
#endif
  return STATUS_SUCCESS;
}
