// kmdf: 1.33
// Unmaps its registers in EvtDeviceD0Exit when the device goes for good, which is not known there.
// Expected: removal-work-in-d0exit (WDF-471).
#define ZOO_D0_EXIT D0Exit
#include "zoo_wdf.h"

static NTSTATUS D0Exit(ZOO* Zoo, WDF_POWER_DEVICE_STATE Target) {
#ifndef FIXED
  if (Target == WdfPowerDeviceD3Final) ZooUnmap(Zoo);
#else
  UNREFERENCED_PARAMETER(Zoo);
  UNREFERENCED_PARAMETER(Target);
#endif
  return STATUS_SUCCESS;
}
