// kmdf: 1.33
// Asks for a device power IRP by itself, though the framework owns its power policy.
// Expected: two-policy-owners (WDF-460), WDF_VIOLATION (0x10D) with 0xD.
#define ZOO_IO Io
#include "zoo_wdf.h"

static VOID Io(ZOO* Zoo, WDFREQUEST Request) {
  if (InterlockedIncrement(&Zoo->Count) == 1) {
#ifndef FIXED
    POWER_STATE state;
    state.DeviceState = PowerDeviceD3;
    PoRequestPowerIrp(WdfDeviceWdmGetPhysicalDevice(Zoo->Device), IRP_MN_SET_POWER, state, NULL, NULL, NULL);
#endif
  }
  WdfRequestComplete(Request, STATUS_SUCCESS);
}
