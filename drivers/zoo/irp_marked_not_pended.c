// Marks a read pending and then returns the status with which it was refused.
// Expected, with I/O verification: DRIVER_VERIFIER_IOMANAGER_VIOLATION (0xC9) with 0x23E.
#define WRONG_READ
#include "zoo_pnp.h"

#ifndef FIXED
static NTSTATUS NTAPI Read(PDEVICE_OBJECT Device, PIRP Irp) {
  PZOO_EXTENSION extension = Device->DeviceExtension;
  if (!extension->Gone) return RightRead(Device, Irp);
  IoMarkIrpPending(Irp);
  Irp->IoStatus.Information = 0;
  ZooComplete(Irp, STATUS_DELETE_PENDING);
  return STATUS_DELETE_PENDING;
}
#endif
