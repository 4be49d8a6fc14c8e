// Waits in its start for something that the PnP manager does only after the start.
// Expected: 0x1D5.
#define WRONG_START
#define WRONG_OTHER
#include "zoo_pnp.h"

#ifndef FIXED
static KEVENT Asked;

static NTSTATUS Start(PZOO_EXTENSION Extension, PIRP Irp) {
  NTSTATUS status = ZooForwardAndWait(Extension, Irp);
  if (NT_SUCCESS(status)) {
    KeInitializeEvent(&Asked, NotificationEvent, FALSE);
    IoInvalidateDeviceState(Extension->Physical);
    KeWaitForSingleObject(&Asked, Executive, KernelMode, FALSE, NULL);
    IoSetDeviceInterfaceState(&Extension->Link, TRUE);
  }
  return ZooComplete(Irp, status);
}

static NTSTATUS Other(PZOO_EXTENSION Extension, PIRP Irp) {
  if (IoGetCurrentIrpStackLocation(Irp)->MinorFunction == IRP_MN_QUERY_PNP_DEVICE_STATE)
    KeSetEvent(&Asked, IO_NO_INCREMENT, FALSE);
  return RightOther(Extension, Irp);
}
#endif
