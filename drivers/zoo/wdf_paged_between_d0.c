// kmdf: 1.33
// Says that it must not be paged while it is not in D0, and has its EvtDeviceD0Entry in a pageable section.
// Expected: paged-code-in-nonpageable-transition (WDF-467).
#define ZOO_INIT Init
#define ZOO_D0_ENTRY D0Entry
#include "zoo_wdf.h"

static VOID Init(PWDFDEVICE_INIT DeviceInit) {
  WdfDeviceInitSetPowerNotPageable(DeviceInit);
}

#ifndef FIXED
__attribute__((section("PAGE"), noinline))
#endif
static NTSTATUS
D0Entry(ZOO* Zoo, WDF_POWER_DEVICE_STATE Previous) {
  UNREFERENCED_PARAMETER(Previous);
  ZooWrite(Zoo, EDU_STATUS, 0);
  return STATUS_SUCCESS;
}
