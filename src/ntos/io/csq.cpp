#include "ntos/io/csq.h"

#include "machine/machine.h"
#include "nt/status.h"
#include "ntos/io/driver.h"
#include "ntos/io/irp.h"

namespace drydock::ntos::io {

namespace {

/// DriverContext[3] leads from an IRP to its queue, or to the context, whose Type tells.
PVOID& link_of(IRP* irp) {
  return irp->Tail.Overlay.DriverContext[3];
}

IO_CSQ* queue_of(PVOID link) {
  auto* context = static_cast<IO_CSQ_IRP_CONTEXT*>(link);
  return context->Type == IO_TYPE_CSQ_IRP_CONTEXT ? context->Csq : static_cast<IO_CSQ*>(link);
}

void forget(IRP* irp) {
  auto* context = static_cast<IO_CSQ_IRP_CONTEXT*>(link_of(irp));
  if (context->Type == IO_TYPE_CSQ_IRP_CONTEXT) context->Irp = nullptr;
  link_of(irp) = nullptr;
}

/// Called with the cancel spin lock held.
void NTAPI cancel_queued(DEVICE_OBJECT*, IRP* irp) {
  IoReleaseCancelSpinLock(irp->CancelIrql);
  IO_CSQ* queue = queue_of(link_of(irp));
  queue->ReservePointer = nullptr;
  KIRQL irql;
  machine::call_driver(queue->CsqAcquireLock, queue, &irql);
  machine::call_driver(queue->CsqRemoveIrp, queue, irp);
  forget(irp);
  machine::call_driver(queue->CsqReleaseLock, queue, irql);
  machine::call_driver(queue->CsqCompleteCanceledIrp, queue, irp);
}

}  // namespace

NTSTATUS NTAPI IoCsqInitialize(IO_CSQ* Csq, PIO_CSQ_INSERT_IRP CsqInsertIrp, PIO_CSQ_REMOVE_IRP CsqRemoveIrp,
                               PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp, PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock,
                               PIO_CSQ_RELEASE_LOCK CsqReleaseLock,
                               PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp) {
  *Csq = {IO_TYPE_CSQ,    CsqInsertIrp,   CsqRemoveIrp,           CsqPeekNextIrp,
          CsqAcquireLock, CsqReleaseLock, CsqCompleteCanceledIrp, nullptr};
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoCsqInitializeEx(IO_CSQ* Csq, PIO_CSQ_INSERT_IRP_EX CsqInsertIrp, PIO_CSQ_REMOVE_IRP CsqRemoveIrp,
                                 PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp, PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock,
                                 PIO_CSQ_RELEASE_LOCK CsqReleaseLock,
                                 PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp) {
  *Csq = {IO_TYPE_CSQ_EX,         reinterpret_cast<PIO_CSQ_INSERT_IRP>(reinterpret_cast<void*>(CsqInsertIrp)),
          CsqRemoveIrp,           CsqPeekNextIrp,
          CsqAcquireLock,         CsqReleaseLock,
          CsqCompleteCanceledIrp, nullptr};
  return STATUS_SUCCESS;
}

void NTAPI IoCsqInsertIrp(IO_CSQ* Csq, IRP* Irp, IO_CSQ_IRP_CONTEXT* Context) {
  IoCsqInsertIrpEx(Csq, Irp, Context, nullptr);
}

NTSTATUS NTAPI IoCsqInsertIrpEx(IO_CSQ* Csq, IRP* Irp, IO_CSQ_IRP_CONTEXT* Context, PVOID InsertContext) {
  if (Context != nullptr) {
    *Context = {IO_TYPE_CSQ_IRP_CONTEXT, Irp, Csq};
    link_of(Irp) = Context;
  } else {
    link_of(Irp) = Csq;
  }
  Csq->ReservePointer = nullptr;
  KIRQL irql;
  machine::call_driver(Csq->CsqAcquireLock, Csq, &irql);
  if (Csq->Type == IO_TYPE_CSQ_EX) {
    auto insert = reinterpret_cast<PIO_CSQ_INSERT_IRP_EX>(reinterpret_cast<void*>(Csq->CsqInsertIrp));
    NTSTATUS status = machine::call_driver(insert, Csq, Irp, InsertContext);
    if (status < 0) {
      forget(Irp);
      machine::call_driver(Csq->CsqReleaseLock, Csq, irql);
      return status;
    }
  } else {
    machine::call_driver(Csq->CsqInsertIrp, Csq, Irp);
  }
  IoMarkIrpPending(Irp);
  Irp->CancelRoutine = cancel_queued;
  bool cancelled = Irp->Cancel != FALSE;
  if (cancelled && IoSetCancelRoutine(Irp, nullptr) != nullptr) {  // else cancel_queued is on its way already
    machine::call_driver(Csq->CsqRemoveIrp, Csq, Irp);
    forget(Irp);
    machine::call_driver(Csq->CsqReleaseLock, Csq, irql);
    machine::call_driver(Csq->CsqCompleteCanceledIrp, Csq, Irp);
    return STATUS_SUCCESS;
  }
  machine::call_driver(Csq->CsqReleaseLock, Csq, irql);
  return STATUS_SUCCESS;
}

IRP* NTAPI IoCsqRemoveNextIrp(IO_CSQ* Csq, PVOID PeekContext) {
  Csq->ReservePointer = nullptr;
  KIRQL irql;
  machine::call_driver(Csq->CsqAcquireLock, Csq, &irql);
  IRP* irp = nullptr;
  for (;;) {
    irp = machine::call_driver(Csq->CsqPeekNextIrp, Csq, irp, PeekContext);
    if (irp == nullptr) break;
    if (IoSetCancelRoutine(irp, nullptr) == nullptr) continue;  // being cancelled: look behind it
    machine::call_driver(Csq->CsqRemoveIrp, Csq, irp);
    forget(irp);
    break;
  }
  machine::call_driver(Csq->CsqReleaseLock, Csq, irql);
  return irp;
}

IRP* NTAPI IoCsqRemoveIrp(IO_CSQ* Csq, IO_CSQ_IRP_CONTEXT* Context) {
  Csq->ReservePointer = nullptr;
  KIRQL irql;
  machine::call_driver(Csq->CsqAcquireLock, Csq, &irql);
  IRP* irp = Context->Irp;
  if (irp != nullptr) {
    if (IoSetCancelRoutine(irp, nullptr) == nullptr) {
      irp = nullptr;
    } else {
      machine::call_driver(Csq->CsqRemoveIrp, Csq, irp);
      forget(irp);
    }
  }
  machine::call_driver(Csq->CsqReleaseLock, Csq, irql);
  return irp;
}

}  // namespace drydock::ntos::io
