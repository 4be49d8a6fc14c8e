// kmdf: 1.33
// Reads its device by a timer that it stops in ReleaseHardware only, also when another function on
// the same reset line has them both taken down.
// Expected, on two functions: hardware-touched-after-release (WDF-446).
#define ZOO_D0_ENTRY D0Entry
#define ZOO_D0_EXIT D0Exit
#define ZOO_RELEASE Release
#define ZOO_ADDED Added
#include "zoo_wdf.h"

static VOID NTAPI Tick(WDFTIMER Timer) {
  ZOO* zoo = ZooOf(WdfTimerGetParentObject(Timer));
  if (zoo->Registers) zoo->Count = (LONG)ZooRead(zoo, EDU_STATUS);
  WdfTimerStart(Timer, WDF_REL_TIMEOUT_IN_MS(1));
}

static NTSTATUS Added(ZOO* Zoo) {
  Zoo->Object = ZooTimer(Zoo, Tick);
  return Zoo->Object ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS D0Entry(ZOO* Zoo, WDF_POWER_DEVICE_STATE Previous) {
  UNREFERENCED_PARAMETER(Previous);
  WdfTimerStart((WDFTIMER)Zoo->Object, WDF_REL_TIMEOUT_IN_MS(1));
  return STATUS_SUCCESS;
}

static NTSTATUS D0Exit(ZOO* Zoo, WDF_POWER_DEVICE_STATE Target) {
  UNREFERENCED_PARAMETER(Target);
#ifdef FIXED
  WdfTimerStop((WDFTIMER)Zoo->Object, TRUE);
#else
  UNREFERENCED_PARAMETER(Zoo);
#endif
  return STATUS_SUCCESS;
}

static NTSTATUS Release(ZOO* Zoo, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Translated);
  ZooWait(5);  // as long as a driver may take
  WdfTimerStop((WDFTIMER)Zoo->Object, TRUE);
  ZooUnmap(Zoo);
  return STATUS_SUCCESS;
}
