// kmdf: 1.33
// Waits for D0 in EvtDeviceD0Exit.
// Expected: waiting-for-d0-inside-power-callback (WDF-461).
#define ZOO_D0_EXIT D0Exit
#include "zoo_wdf.h"

static NTSTATUS D0Exit(ZOO* Zoo, WDF_POWER_DEVICE_STATE Target) {
  if (Target == WdfPowerDeviceD3Final) return STATUS_SUCCESS;
#ifndef FIXED
  const BOOLEAN wait = TRUE;
#else
  const BOOLEAN wait = FALSE;
#endif
  if (NT_SUCCESS(WdfDeviceStopIdle(Zoo->Device, wait))) WdfDeviceResumeIdle(Zoo->Device);
  return STATUS_SUCCESS;
}
