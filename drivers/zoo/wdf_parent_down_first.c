// kmdf: 1.33
// Gives up its child's power policy, so that the child is still in D0 when its parent goes to sleep.
// Expected: parent-down-before-child (WDF-458).
#include "zoo_wdf_bus.h"

static NTSTATUS CreateChild(PWDFDEVICE_INIT Init) {
#ifndef FIXED
  WdfDeviceInitSetPowerPolicyOwnership(Init, FALSE);
#endif
  return ZooCreateChild(Init);
}
