// kmdf: 1.33
// Switches its device off in SelfManagedIoSuspend, whether it is still there or not.
// Expected: hardware-touched-after-release (WDF-446), for WDF-164.
#define ZOO_CALLBACKS Callbacks
#include "zoo_wdf.h"

static LONG Gone;

static NTSTATUS NTAPI Suspend(WDFDEVICE Device) {
#ifdef FIXED
  if (Gone) return STATUS_SUCCESS;
#endif
  ZooWrite(ZooOf(Device), EDU_STATUS, 0);
  return STATUS_SUCCESS;
}

static VOID NTAPI Removed(WDFDEVICE Device) {
  UNREFERENCED_PARAMETER(Device);
  Gone = 1;
}

static VOID Callbacks(PWDF_PNPPOWER_EVENT_CALLBACKS Callbacks) {
  Callbacks->EvtDeviceSelfManagedIoSuspend = Suspend;
  Callbacks->EvtDeviceSurpriseRemoval = Removed;
}
