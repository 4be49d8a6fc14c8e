/// A cancel-safe queue: IO_CSQ with a list and a spin lock.
#include "wdm_echo.h"

static ECHO_QUEUE* EchoQueueOf(PIO_CSQ Csq) {
  return CONTAINING_RECORD(Csq, ECHO_QUEUE, Csq);
}

static VOID NTAPI EchoCsqInsert(PIO_CSQ Csq, PIRP Irp) {
  InsertTailList(&EchoQueueOf(Csq)->Irps, &Irp->Tail.Overlay.ListEntry);
}

static VOID NTAPI EchoCsqRemove(PIO_CSQ Csq, PIRP Irp) {
  UNREFERENCED_PARAMETER(Csq);
  RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

/// The next request after Irp, or the first one; with PeekContext, the next of that file object.
static PIRP NTAPI EchoCsqPeekNext(PIO_CSQ Csq, PIRP Irp, PVOID PeekContext) {
  PLIST_ENTRY head = &EchoQueueOf(Csq)->Irps;
  PLIST_ENTRY entry = Irp ? Irp->Tail.Overlay.ListEntry.Flink : head->Flink;
  for (; entry != head; entry = entry->Flink) {
    PIRP next = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
    if (!PeekContext || IoGetCurrentIrpStackLocation(next)->FileObject == PeekContext) return next;
  }
  return NULL;
}

static VOID NTAPI EchoCsqAcquire(PIO_CSQ Csq, PKIRQL Irql) {
  KeAcquireSpinLock(&EchoQueueOf(Csq)->Lock, Irql);
}

static VOID NTAPI EchoCsqRelease(PIO_CSQ Csq, KIRQL Irql) {
  KeReleaseSpinLock(&EchoQueueOf(Csq)->Lock, Irql);
}

static VOID NTAPI EchoCsqCompleteCanceled(PIO_CSQ Csq, PIRP Irp) {
  ECHO_EXTENSION* ext = EchoQueueOf(Csq)->Extension;
  InterlockedIncrement((LONG*)&ext->Statistics.Cancelled);
  EchoComplete(ext, Irp, STATUS_CANCELLED, 0);
}

NTSTATUS EchoQueueInitialize(ECHO_QUEUE* Queue, ECHO_EXTENSION* Ext) {
  InitializeListHead(&Queue->Irps);
  KeInitializeSpinLock(&Queue->Lock);
  Queue->Extension = Ext;
  return IoCsqInitialize(&Queue->Csq, EchoCsqInsert, EchoCsqRemove, EchoCsqPeekNext, EchoCsqAcquire, EchoCsqRelease,
                         EchoCsqCompleteCanceled);
}

/// Marks Irp pending and queues it; it may be cancelled and gone before this returns.
VOID EchoQueueInsert(ECHO_QUEUE* Queue, PIRP Irp) {
  IoCsqInsertIrp(&Queue->Csq, Irp, NULL);
}

PIRP EchoQueueRemove(ECHO_QUEUE* Queue, PFILE_OBJECT FileObject) {
  return IoCsqRemoveNextIrp(&Queue->Csq, FileObject);
}

/// Ends what waits: all of it, or what one file object has.
VOID EchoQueuePurge(ECHO_QUEUE* Queue, PFILE_OBJECT FileObject) {
  PIRP irp;
  while ((irp = EchoQueueRemove(Queue, FileObject)) != NULL) EchoCsqCompleteCanceled(&Queue->Csq, irp);
}
