// Forgets to release the remove lock where a read finds the device gone.
// Expected: the remove IRP waits for ever: 0x1D5.
#define WRONG_READ
#define WRONG_SURPRISE_REMOVAL
#include "zoo_pnp.h"

#ifndef FIXED
static NTSTATUS NTAPI Read(PDEVICE_OBJECT Device, PIRP Irp) {
  PZOO_EXTENSION extension = Device->DeviceExtension;
  if (!extension->Gone) return RightRead(Device, Irp);
  NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);
  Irp->IoStatus.Information = 0;
  if (!NT_SUCCESS(status)) return ZooComplete(Irp, status);
  return ZooComplete(Irp, STATUS_DELETE_PENDING);
}

static NTSTATUS SurpriseRemoval(PZOO_EXTENSION Extension, PIRP Irp) {
  return RightSurpriseRemoval(Extension, Irp);
}
#endif
