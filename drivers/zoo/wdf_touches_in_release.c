// kmdf: 1.33
// Stops its device in ReleaseHardware, where that is off already.
// Expected: hardware-touched-after-release (WDF-446).
#define ZOO_D0_EXIT D0Exit
#define ZOO_RELEASE Release
#include "zoo_wdf.h"

static NTSTATUS D0Exit(ZOO* Zoo, WDF_POWER_DEVICE_STATE Target) {
  UNREFERENCED_PARAMETER(Target);
#ifdef FIXED
  ZooWrite(Zoo, EDU_STATUS, 0);
#else
  UNREFERENCED_PARAMETER(Zoo);
#endif
  return STATUS_SUCCESS;
}

static NTSTATUS Release(ZOO* Zoo, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Translated);
#ifndef FIXED
  ZooWrite(Zoo, EDU_STATUS, 0);
#endif
  ZooUnmap(Zoo);
  return STATUS_SUCCESS;
}
