/// Requests: a cancel-safe queue, and the one that the device works on.
#include "medic.h"

// ---- the queue

static PMEDIC_EXTENSION MedicOf(PIO_CSQ Csq) {
  return CONTAINING_RECORD(Csq, MEDIC_EXTENSION, Queue);
}

static VOID NTAPI MedicCsqInsert(PIO_CSQ Csq, PIRP Irp) {
  InsertTailList(&MedicOf(Csq)->Waiting, &Irp->Tail.Overlay.ListEntry);
}

static VOID NTAPI MedicCsqRemove(PIO_CSQ Csq, PIRP Irp) {
  UNREFERENCED_PARAMETER(Csq);
  RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

/// The next request after Irp, or the first one; with PeekContext, the next of that file object.
static PIRP NTAPI MedicCsqPeekNext(PIO_CSQ Csq, PIRP Irp, PVOID PeekContext) {
  PLIST_ENTRY head = &MedicOf(Csq)->Waiting;
  PLIST_ENTRY entry = Irp ? Irp->Tail.Overlay.ListEntry.Flink : head->Flink;
  for (; entry != head; entry = entry->Flink) {
    PIRP next = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
    if (!PeekContext || IoGetCurrentIrpStackLocation(next)->FileObject == PeekContext) return next;
  }
  return NULL;
}

static VOID NTAPI MedicCsqAcquire(PIO_CSQ Csq, PKIRQL Irql) {
  KeAcquireSpinLock(&MedicOf(Csq)->QueueLock, Irql);
}

static VOID NTAPI MedicCsqRelease(PIO_CSQ Csq, KIRQL Irql) {
  KeReleaseSpinLock(&MedicOf(Csq)->QueueLock, Irql);
}

static VOID NTAPI MedicCsqCancelled(PIO_CSQ Csq, PIRP Irp) {
  MedicComplete(MedicOf(Csq), Irp, STATUS_CANCELLED, 0);
}

NTSTATUS MedicQueueInitialize(PMEDIC_EXTENSION Ext) {
  KeInitializeSpinLock(&Ext->QueueLock);
  InitializeListHead(&Ext->Waiting);
  return IoCsqInitialize(&Ext->Queue, MedicCsqInsert, MedicCsqRemove, MedicCsqPeekNext, MedicCsqAcquire,
                         MedicCsqRelease, MedicCsqCancelled);
}

static VOID MedicPurge(PMEDIC_EXTENSION Ext, PFILE_OBJECT FileObject, NTSTATUS Status) {
  PIRP irp;
  while ((irp = IoCsqRemoveNextIrp(&Ext->Queue, FileObject)) != NULL) MedicComplete(Ext, irp, Status, 0);
}

// ---- what keeps requests from the device

VOID MedicHold(PMEDIC_EXTENSION Ext, ULONG Why) {
  KIRQL irql;
  KeAcquireSpinLock(&Ext->Lock, &irql);
  Ext->Holds |= Why;
  KeReleaseSpinLock(&Ext->Lock, irql);
}

VOID MedicLetGo(PMEDIC_EXTENSION Ext, ULONG Why) {
  KIRQL irql;
  KeAcquireSpinLock(&Ext->Lock, &irql);
  Ext->Holds &= ~Why;
  KeReleaseSpinLock(&Ext->Lock, irql);
  MedicStartNext(Ext);
}

/// Waits for the request on the device, after a hold has been put on the others. It ends: the watchdog sees to that.
/// IRQL: PASSIVE_LEVEL.
VOID MedicWaitIdle(PMEDIC_EXTENSION Ext) {
  KeWaitForSingleObject(&Ext->Idle, Executive, KernelMode, FALSE, NULL);
}

/// From now on every request fails, those that wait and the current one included. The device does not work on it any
/// more: the caller has made sure of that.
VOID MedicRefuse(PMEDIC_EXTENSION Ext, NTSTATUS Why) {
  KIRQL irql;
  KeAcquireSpinLock(&Ext->Lock, &irql);
  Ext->Refusal = Why;
  PIRP current = Ext->Current;
  Ext->Current = NULL;
  KeSetEvent(&Ext->Idle, IO_NO_INCREMENT, FALSE);
  KeReleaseSpinLock(&Ext->Lock, irql);
  if (current) MedicComplete(Ext, current, Why, 0);
  MedicPurge(Ext, NULL, Why);
}

/// Gives the device its next request if it may have one. IRQL: at most DISPATCH_LEVEL.
VOID MedicStartNext(PMEDIC_EXTENSION Ext) {
  KIRQL irql;
  KeAcquireSpinLock(&Ext->Lock, &irql);
  if (Ext->Holds == 0 && !Ext->Current) {
    Ext->Current = IoCsqRemoveNextIrp(&Ext->Queue, NULL);
    if (Ext->Current) {
      KeClearEvent(&Ext->Idle);
      MedicIssue(Ext, Ext->Current);
    }
  }
  KeReleaseSpinLock(&Ext->Lock, irql);
}

/// FALSE if it is gone: somebody else may reset the device between its interrupt and this. No factorial is all ones. The
/// number, which lies where the answer goes, stays until there is one.
static BOOLEAN MedicReadAnswer(PMEDIC_EXTENSION Ext, ULONG* Answer) {
  ULONG answer = MedicReadRegister(Ext, EDU_FACTORIAL);
  if (answer == EDU_ALL_ONES || MedicHasForgotten(Ext)) return FALSE;
  *Answer = answer;
  return TRUE;
}

/// What a finished request brings back; 0 if that is gone. The caller holds Lock.
static ULONG_PTR MedicCollect(PMEDIC_EXTENSION Ext, PIRP Irp) {
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
  ULONG offset = stack->Parameters.Read.ByteOffset.LowPart;
  switch (stack->MajorFunction) {
    case IRP_MJ_READ:
      RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, Ext->CommonBuffer, stack->Parameters.Read.Length);
      return stack->Parameters.Read.Length;
    case IRP_MJ_WRITE:
      RtlCopyMemory(Ext->Image + offset, Irp->AssociatedIrp.SystemBuffer, stack->Parameters.Write.Length);
      return stack->Parameters.Write.Length;
    default:
      return MedicReadAnswer(Ext, Irp->AssociatedIrp.SystemBuffer) ? sizeof(ULONG) : 0;
  }
}

/// The device has signalled these bits, or the watchdog has found them set. IRQL: DISPATCH_LEVEL.
VOID MedicEndCurrent(PMEDIC_EXTENSION Ext, ULONG InterruptBits) {
  PIRP done = NULL;
  ULONG_PTR information = 0;
  KeAcquireSpinLockAtDpcLevel(&Ext->Lock);
  if (Ext->OnDevice && (InterruptBits & MedicInterruptOf(Ext->Current))) {
    MedicWatchdogStop(Ext);
    information = MedicCollect(Ext, Ext->Current);
    if (information == 0) {
      MedicBeginRecovery(Ext);  // which begins with the request again
    } else {
      done = Ext->Current;
      Ext->OnDevice = FALSE;
      Ext->Current = NULL;
      Ext->ResetsInVain = 0;
      Ext->Statistics.Completed += 1;
      KeSetEvent(&Ext->Idle, IO_NO_INCREMENT, FALSE);
    }
  }
  KeReleaseSpinLockFromDpcLevel(&Ext->Lock);
  if (!done) return;
  // The device first: whoever sent this request may send another one from its completion.
  MedicStartNext(Ext);
  MedicComplete(Ext, done, STATUS_SUCCESS, information);
}

// ---- dispatch

/// Ends a request that holds the remove lock.
NTSTATUS MedicComplete(PMEDIC_EXTENSION Ext, PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
  Irp->IoStatus.Status = Status;
  Irp->IoStatus.Information = Information;
  IoCompleteRequest(Irp, NT_SUCCESS(Status) ? IO_DISK_INCREMENT : IO_NO_INCREMENT);
  IoReleaseRemoveLock(&Ext->RemoveLock, Irp);
  return Status;
}

/// Takes the remove lock for a request; one that comes too late is completed here.
static NTSTATUS MedicEnter(PMEDIC_EXTENSION Ext, PIRP Irp) {
  NTSTATUS status = IoAcquireRemoveLock(&Ext->RemoveLock, Irp);
  if (!NT_SUCCESS(status)) {
    Irp->IoStatus.Status = status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
  }
  return status;
}

static NTSTATUS MedicQueueRequest(PMEDIC_EXTENSION Ext, PIRP Irp) {
  NTSTATUS refusal = Ext->Refusal;
  if (!NT_SUCCESS(refusal)) return MedicComplete(Ext, Irp, refusal, 0);
  IoCsqInsertIrp(&Ext->Queue, Irp, NULL);  // marks it pending
  // From here on it may be gone. If a refusal has come meanwhile, its purge may have missed us.
  refusal = Ext->Refusal;
  if (!NT_SUCCESS(refusal))
    MedicPurge(Ext, NULL, refusal);
  else
    MedicStartNext(Ext);
  return STATUS_PENDING;
}

NTSTATUS NTAPI MedicCreate(PDEVICE_OBJECT Device, PIRP Irp) {
  PMEDIC_EXTENSION ext = Device->DeviceExtension;
  NTSTATUS status = MedicEnter(ext, Irp);
  if (!NT_SUCCESS(status)) return status;
  status = ext->OpensRefused ? STATUS_DELETE_PENDING : ext->Refusal;
  return MedicComplete(ext, Irp, status, 0);
}

/// Handles are closed even after the device has gone: no remove lock is needed to do nothing.
NTSTATUS NTAPI MedicClose(PDEVICE_OBJECT Device, PIRP Irp) {
  UNREFERENCED_PARAMETER(Device);
  Irp->IoStatus.Status = STATUS_SUCCESS;
  Irp->IoStatus.Information = 0;
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
  return STATUS_SUCCESS;
}

/// The last handle is closed: nobody is left to wait for these.
NTSTATUS NTAPI MedicCleanup(PDEVICE_OBJECT Device, PIRP Irp) {
  PMEDIC_EXTENSION ext = Device->DeviceExtension;
  MedicPurge(ext, IoGetCurrentIrpStackLocation(Irp)->FileObject, STATUS_CANCELLED);
  return MedicClose(Device, Irp);
}

NTSTATUS NTAPI MedicReadWrite(PDEVICE_OBJECT Device, PIRP Irp) {
  PMEDIC_EXTENSION ext = Device->DeviceExtension;
  NTSTATUS status = MedicEnter(ext, Irp);
  if (!NT_SUCCESS(status)) return status;
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);  // a write's parameters lie as a read's
  ULONGLONG offset = (ULONGLONG)stack->Parameters.Read.ByteOffset.QuadPart;
  ULONG length = stack->Parameters.Read.Length;
  if (length == 0) return MedicComplete(ext, Irp, STATUS_SUCCESS, 0);
  if (offset >= EDU_BUFFER_BYTES || length > EDU_BUFFER_BYTES - offset)
    return MedicComplete(ext, Irp, STATUS_INVALID_PARAMETER, 0);
  return MedicQueueRequest(ext, Irp);
}

NTSTATUS NTAPI MedicDeviceControl(PDEVICE_OBJECT Device, PIRP Irp) {
  PMEDIC_EXTENSION ext = Device->DeviceExtension;
  NTSTATUS status = MedicEnter(ext, Irp);
  if (!NT_SUCCESS(status)) return status;
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
  ULONG in = stack->Parameters.DeviceIoControl.InputBufferLength;
  ULONG out = stack->Parameters.DeviceIoControl.OutputBufferLength;
  switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_EDU_FACTORIAL:
      if (in < sizeof(ULONG) || out < sizeof(ULONG)) return MedicComplete(ext, Irp, STATUS_BUFFER_TOO_SMALL, 0);
      return MedicQueueRequest(ext, Irp);
    case IOCTL_EDU_STATISTICS:
      if (out < sizeof(EDU_STATISTICS)) return MedicComplete(ext, Irp, STATUS_BUFFER_TOO_SMALL, 0);
      RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, &ext->Statistics, sizeof(EDU_STATISTICS));
      return MedicComplete(ext, Irp, STATUS_SUCCESS, sizeof(EDU_STATISTICS));
    default:
      return MedicComplete(ext, Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
  }
}
