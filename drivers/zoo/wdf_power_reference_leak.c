// kmdf: 1.33
// Keeps the device from going idle, for good.
// Expected: power-reference-leak (WDF-462).
#define ZOO_D0_ENTRY D0Entry
#include "zoo_wdf.h"

static NTSTATUS D0Entry(ZOO* Zoo, WDF_POWER_DEVICE_STATE Previous) {
  UNREFERENCED_PARAMETER(Previous);
  WdfDeviceStopIdle(Zoo->Device, FALSE);
#ifdef FIXED
  WdfDeviceResumeIdle(Zoo->Device);
#endif
  return STATUS_SUCCESS;
}
