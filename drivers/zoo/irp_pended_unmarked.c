// Puts a read into its queue and returns STATUS_PENDING, and forgets to mark it pending.
// Expected, with I/O verification: DRIVER_VERIFIER_IOMANAGER_VIOLATION (0xC9) with 0x23D.
#define WRONG_READ
#include "zoo_pnp.h"

#ifndef FIXED
static NTSTATUS NTAPI Read(PDEVICE_OBJECT Device, PIRP Irp) {
  PZOO_EXTENSION extension = Device->DeviceExtension;
  KIRQL irql;
  LARGE_INTEGER due;
  if (extension->Gone || !NT_SUCCESS(IoAcquireRemoveLock(&extension->RemoveLock, Irp))) return RightRead(Device, Irp);
  Irp->IoStatus.Information = 0;
  due.QuadPart = -10000;  // 1 ms
  KeAcquireSpinLock(&extension->Lock, &irql);
  InsertTailList(&extension->Reads, &Irp->Tail.Overlay.ListEntry);
  IoSetCancelRoutine(Irp, ZooCancelRead);
  KeSetTimer(&extension->Timer, due, &extension->Dpc);
  KeReleaseSpinLock(&extension->Lock, irql);
  return STATUS_PENDING;
}
#endif
