// kmdf: 1.33
// Enters a critical region in EvtDeviceD0Entry and does not leave it.
// Expected, with the framework's verifier: critical-region-left-entered, WDF_VIOLATION (0x10D) with 0xF.
#define ZOO_D0_ENTRY D0Entry
#include "zoo_wdf.h"

static NTSTATUS D0Entry(ZOO* Zoo, WDF_POWER_DEVICE_STATE Previous) {
  UNREFERENCED_PARAMETER(Zoo);
  UNREFERENCED_PARAMETER(Previous);
  KeEnterCriticalRegion();
#ifdef FIXED
  KeLeaveCriticalRegion();
#endif
  return STATUS_SUCCESS;
}
