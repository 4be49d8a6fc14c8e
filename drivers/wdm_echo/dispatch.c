/// The requests the device answers.
#include "wdm_echo.h"

/// Ends a request that holds the remove lock.
VOID EchoComplete(ECHO_EXTENSION* Ext, PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
  Irp->IoStatus.Status = Status;
  Irp->IoStatus.Information = Information;
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
  IoReleaseRemoveLock(&Ext->RemoveLock, Irp);
}

/// Takes the remove lock for a request; one that comes too late is completed here.
static NTSTATUS EchoEnter(ECHO_EXTENSION* Ext, PIRP Irp) {
  NTSTATUS status = IoAcquireRemoveLock(&Ext->RemoveLock, Irp);
  if (!NT_SUCCESS(status)) {
    Irp->IoStatus.Status = status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
  }
  return status;
}

static NTSTATUS EchoLeave(ECHO_EXTENSION* Ext, PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
  EchoComplete(Ext, Irp, Status, Information);
  return Status;
}

NTSTATUS NTAPI EchoCreateClose(PDEVICE_OBJECT Device, PIRP Irp) {
  ECHO_EXTENSION* ext = Device->DeviceExtension;
  NTSTATUS status = EchoEnter(ext, Irp);
  return NT_SUCCESS(status) ? EchoLeave(ext, Irp, STATUS_SUCCESS, 0) : status;
}

/// The last handle is closed: nobody is left to wait for these.
NTSTATUS NTAPI EchoCleanup(PDEVICE_OBJECT Device, PIRP Irp) {
  ECHO_EXTENSION* ext = Device->DeviceExtension;
  NTSTATUS status = EchoEnter(ext, Irp);
  if (!NT_SUCCESS(status)) return status;
  PFILE_OBJECT file = IoGetCurrentIrpStackLocation(Irp)->FileObject;
  EchoQueuePurge(&ext->Reads, file);
  EchoQueuePurge(&ext->AtTick, file);
  return EchoLeave(ext, Irp, STATUS_SUCCESS, 0);
}

NTSTATUS NTAPI EchoRead(PDEVICE_OBJECT Device, PIRP Irp) {
  ECHO_EXTENSION* ext = Device->DeviceExtension;
  NTSTATUS status = EchoEnter(ext, Irp);
  if (!NT_SUCCESS(status)) return status;
  if (IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length == 0) return EchoLeave(ext, Irp, STATUS_SUCCESS, 0);
  if (!MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority))
    return EchoLeave(ext, Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
  EchoQueueInsert(&ext->Reads, Irp);
  EchoMatchReads(ext);
  return STATUS_PENDING;
}

/// Puts a locked buffer into the ring; the DPC hands it to whoever waits.
static NTSTATUS EchoPutMdl(ECHO_EXTENSION* Ext, PMDL Mdl, ULONG Length, ULONG* Taken) {
  *Taken = 0;
  if (Length == 0) return STATUS_SUCCESS;
  const UCHAR* from = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
  if (!from) return STATUS_INSUFFICIENT_RESOURCES;
  *Taken = EchoRingPut(Ext, from, Length);
  if (*Taken == 0) return STATUS_DEVICE_BUSY;
  KeInsertQueueDpc(&Ext->MatchDpc, NULL, NULL);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI EchoWrite(PDEVICE_OBJECT Device, PIRP Irp) {
  ECHO_EXTENSION* ext = Device->DeviceExtension;
  NTSTATUS status = EchoEnter(ext, Irp);
  if (!NT_SUCCESS(status)) return status;
  ULONG taken;
  status = EchoPutMdl(ext, Irp->MdlAddress, IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length, &taken);
  InterlockedIncrement((LONG*)&ext->Statistics.WritesCompleted);
  return EchoLeave(ext, Irp, status, taken);
}

static NTSTATUS EchoFillMdl(PIRP Irp, ULONG InputLength, ULONG OutputLength) {
  if (OutputLength == 0) return STATUS_SUCCESS;
  if (InputLength == 0) return STATUS_INVALID_PARAMETER;
  PUCHAR to = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
  if (!to) return STATUS_INSUFFICIENT_RESOURCES;
  const UCHAR* from = Irp->AssociatedIrp.SystemBuffer;
  for (ULONG i = 0; i < OutputLength; ++i) to[i] = from[i % InputLength];
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI EchoDeviceControl(PDEVICE_OBJECT Device, PIRP Irp) {
  ECHO_EXTENSION* ext = Device->DeviceExtension;
  NTSTATUS status = EchoEnter(ext, Irp);
  if (!NT_SUCCESS(status)) return status;

  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
  ULONG in = stack->Parameters.DeviceIoControl.InputBufferLength;
  ULONG out = stack->Parameters.DeviceIoControl.OutputBufferLength;
  PVOID buffer = Irp->AssociatedIrp.SystemBuffer;
  ULONG taken;
  switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_WDM_ECHO_BUFFERED:  // the buffer serves both ways: the echo is there already
      return EchoLeave(ext, Irp, STATUS_SUCCESS, in < out ? in : out);
    case IOCTL_WDM_ECHO_IN_DIRECT:
      status = EchoPutMdl(ext, Irp->MdlAddress, out, &taken);
      return EchoLeave(ext, Irp, status, taken);
    case IOCTL_WDM_ECHO_OUT_DIRECT:
      status = EchoFillMdl(Irp, in, out);
      return EchoLeave(ext, Irp, status, NT_SUCCESS(status) ? out : 0);
    case IOCTL_WDM_ECHO_AT_TICK:
      EchoQueueInsert(&ext->AtTick, Irp);
      EchoSetTimer(ext);
      return STATUS_PENDING;
    case IOCTL_WDM_ECHO_GENERATE:
      if (in < sizeof(ULONG)) return EchoLeave(ext, Irp, STATUS_BUFFER_TOO_SMALL, 0);
      EchoGenerate(ext, *(ULONG*)buffer);
      return EchoLeave(ext, Irp, STATUS_SUCCESS, 0);
    case IOCTL_WDM_ECHO_STATISTICS:
      if (out < sizeof(ext->Statistics)) return EchoLeave(ext, Irp, STATUS_BUFFER_TOO_SMALL, 0);
      ext->Statistics.BytesInRing = ext->RingCount;
      RtlCopyMemory(buffer, &ext->Statistics, sizeof(ext->Statistics));
      return EchoLeave(ext, Irp, STATUS_SUCCESS, sizeof(ext->Statistics));
    case IOCTL_WDM_ECHO_EMPTY:
      EchoRingEmpty(ext);
      return EchoLeave(ext, Irp, STATUS_SUCCESS, 0);
    default:
      return EchoLeave(ext, Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
  }
}
