// kmdf: 1.33
// Says that it must not be paged while it is not in D0, and takes eleven minutes to come back to D0.
// Expected: WDF_VIOLATION (0x10D), power-routine-timed-out (WDF-039).
#define ZOO_INIT Init
#define ZOO_D0_ENTRY D0Entry
#include "zoo_wdf.h"

#ifdef FIXED
#define WAIT_MS 11
#else
#define WAIT_MS (11 * 60 * 1000)
#endif

static VOID Init(PWDFDEVICE_INIT DeviceInit) {
  WdfDeviceInitSetPowerNotPageable(DeviceInit);
}

static NTSTATUS D0Entry(ZOO* Zoo, WDF_POWER_DEVICE_STATE Previous) {
  UNREFERENCED_PARAMETER(Zoo);
  if (Previous != WdfPowerDeviceD3Final) ZooWait(WAIT_MS);
  return STATUS_SUCCESS;
}
