// Wants firmware that its device does not have, takes that for a device which is not well, and asks for a
// platform-level reset after every start: nothing that it remembers outlives one, so nothing limits the number. What it
// is refused it asks for again.
// Expected: RST-158, when it asks once more after the sixth request within a minute was refused.
#include <ntddk.h>

#define ZOO_REMOVED(Edu) Leave()
static VOID Leave(VOID);
static NTSTATUS FirstLook(PDEVICE_OBJECT Device, PIRP Irp);
#define ZOO_PNP_FIRST(Device, Irp) FirstLook(Device, Irp)
#include "zoo_edu.h"

#define FIRMWARE_WANTED 2u

static BOOLEAN asks, failed;
static KEVENT leaving, left;

static VOID NTAPI Watch(PDEVICE_OBJECT Device, PVOID Context) {
  ZOO_EDU* edu = Device->DeviceExtension;
  LARGE_INTEGER a_while;
  UNREFERENCED_PARAMETER(Context);
  a_while.QuadPart = -10000000;  // 1 s
  while (KeWaitForSingleObject(&leaving, Executive, KernelMode, FALSE, &a_while) == STATUS_TIMEOUT) {
    if (NT_SUCCESS(ZooReset(edu, PlatformLevelDeviceReset))) break;
#ifdef FIXED
    failed = TRUE;
    IoInvalidateDeviceState(edu->Physical);
    break;
#endif
  }
  KeSetEvent(&left, IO_NO_INCREMENT, FALSE);
}

static VOID ZooStarted(ZOO_EDU* Edu) {
  failed = FALSE;
  asks = ZooRead(Edu, EDU_IDENTIFICATION) >> 24 < FIRMWARE_WANTED && Edu->Reset.DeviceReset;
  if (!asks) return;
  KeInitializeEvent(&leaving, NotificationEvent, FALSE);
  KeInitializeEvent(&left, NotificationEvent, FALSE);
  IoQueueWorkItem(Edu->WorkItem, Watch, DelayedWorkQueue, NULL);
}

static VOID Leave(VOID) {
  if (!asks) return;
  KeSetEvent(&leaving, IO_NO_INCREMENT, FALSE);
  KeWaitForSingleObject(&left, Executive, KernelMode, FALSE, NULL);
}

static NTSTATUS FirstLook(PDEVICE_OBJECT Device, PIRP Irp) {
  UNREFERENCED_PARAMETER(Device);
  if (failed && IoGetCurrentIrpStackLocation(Irp)->MinorFunction == IRP_MN_QUERY_PNP_DEVICE_STATE) {
    Irp->IoStatus.Information |= PNP_DEVICE_FAILED;
    Irp->IoStatus.Status = STATUS_SUCCESS;
  }
  return STATUS_MORE_PROCESSING_REQUIRED;
}
