// Keeps the set-power IRP until its queue is empty, and its queue is not emptied: a reader always asks again.
// Expected: 0x9F, 3.
#define WRONG_POWER
#include "zoo_pnp.h"

#ifndef FIXED
static NTSTATUS Power(PZOO_EXTENSION Extension, PIRP Irp) {
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(Irp);
  if (location->MinorFunction == IRP_MN_SET_POWER && location->Parameters.Power.Type == SystemPowerState &&
      location->Parameters.Power.State.SystemState != PowerSystemWorking) {
    IoMarkIrpPending(Irp);  // somebody will look at it later
    return STATUS_PENDING;
  }
  return RightPower(Extension, Irp);
}
#endif
