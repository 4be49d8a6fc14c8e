// kmdf: 1.33
// A timer of its own reads the device, and goes on while that is not in D0.
// Expected: hardware-touched-after-release (WDF-446).
#define ZOO_ADDED Added
#define ZOO_D0_ENTRY D0Entry
#define ZOO_D0_EXIT D0Exit
#include "zoo_wdf.h"

static VOID NTAPI Tick(WDFTIMER Timer) {
  ZOO* zoo = ZooOf(WdfTimerGetParentObject(Timer));
  if (zoo->Registers) zoo->Count = (LONG)ZooRead(zoo, EDU_STATUS);
  WdfTimerStart(Timer, WDF_REL_TIMEOUT_IN_MS(10));
}

static NTSTATUS Added(ZOO* Zoo) {
  Zoo->Object = ZooTimer(Zoo, Tick);
  return Zoo->Object ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS D0Entry(ZOO* Zoo, WDF_POWER_DEVICE_STATE Previous) {
  UNREFERENCED_PARAMETER(Previous);
  WdfTimerStart((WDFTIMER)Zoo->Object, WDF_REL_TIMEOUT_IN_MS(10));
  return STATUS_SUCCESS;
}

static NTSTATUS D0Exit(ZOO* Zoo, WDF_POWER_DEVICE_STATE Target) {
  UNREFERENCED_PARAMETER(Target);
#ifdef FIXED
  WdfTimerStop((WDFTIMER)Zoo->Object, TRUE);
#else
  if (Target == WdfPowerDeviceD3Final) WdfTimerStop((WDFTIMER)Zoo->Object, TRUE);
#endif
  return STATUS_SUCCESS;
}
