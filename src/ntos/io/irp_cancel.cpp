// Cancellation, and what an IRP says about who sent it.

#include <fmt/format.h>

#include "machine/machine.h"
#include "nt/bugcheck.h"
#include "ntos/io/irp.h"
#include "ntos/io/irp_ledger.h"
#include "ntos/io/state.h"
#include "ntos/ke/wait.h"
#include "ntos/ob/object.h"
#include "ntos/ps/process.h"
#include "ntos/ps/thread_object.h"

namespace drydock::ntos::io {

void NTAPI IoAcquireCancelSpinLock(KIRQL* Irql) {
  *Irql = machine::raise_irql(DISPATCH_LEVEL);
  machine::acquire_spin_lock(&state().cancel_lock);
}

void NTAPI IoReleaseCancelSpinLock(KIRQL Irql) {
  machine::release_spin_lock(&state().cancel_lock);
  machine::lower_irql(Irql);
}

PDRIVER_CANCEL NTAPI IoSetCancelRoutine(IRP* Irp, PDRIVER_CANCEL CancelRoutine) {
  PDRIVER_CANCEL before = Irp->CancelRoutine;
  Irp->CancelRoutine = CancelRoutine;
  return before;
}

BOOLEAN NTAPI IoCancelIrp(IRP* Irp) {
  KIRQL irql;
  IoAcquireCancelSpinLock(&irql);
  Irp->Cancel = TRUE;
  PDRIVER_CANCEL routine = Irp->CancelRoutine;
  Irp->CancelRoutine = nullptr;
  if (routine == nullptr) {
    IoReleaseCancelSpinLock(irql);
    return FALSE;
  }
  if (Irp->CurrentLocation > Irp->StackCount + 1)
    machine::Machine::current().bug_check(CANCEL_STATE_IN_COMPLETED_IRP, reinterpret_cast<std::uint64_t>(Irp),
                                          reinterpret_cast<std::uint64_t>(routine), 0, 0,
                                          fmt::format("irp#{} is cancelled after its completion", number_of(Irp)));
  Irp->CancelIrql = irql;
  DEVICE_OBJECT* device =
      Irp->CurrentLocation > Irp->StackCount ? nullptr : IoGetCurrentIrpStackLocation(Irp)->DeviceObject;
  std::uint32_t number = number_of(Irp);
  machine::call_driver(routine, device, Irp);  // releases the cancel spin lock; the IRP may be gone afterwards
  if (machine::current_irql() > irql && state().cancel_lock != 0)
    machine::Machine::current().bug_check(
        DRIVER_RETURNED_HOLDING_CANCEL_LOCK, reinterpret_cast<std::uint64_t>(Irp),
        reinterpret_cast<std::uint64_t>(routine), 0, 0,
        fmt::format("the cancel routine of irp#{} returned without IoReleaseCancelSpinLock", number));
  return TRUE;
}

namespace {

/// How long Windows waits for the requests of a thread that ends.
constexpr int kPatience_100ms = 5 * 60 * 10;

void cancel_all(LIST_ENTRY* head) {
  for (LIST_ENTRY* entry = head->Flink; entry != head;) {
    IRP* irp = NT_CONTAINING_RECORD(entry, IRP, ThreadListEntry);
    entry = entry->Flink;
    if (irp->Cancel != FALSE) continue;
    IoCancelIrp(irp);
    entry = head->Flink;  // the routine may have completed any of them
  }
}

/// Nobody waits for it any more: its end reports to nobody.
void disassociate(IRP* irp) {
  RemoveEntryList(&irp->ThreadListEntry);
  InitializeListHead(&irp->ThreadListEntry);
  if (irp->UserEvent != nullptr && irp->Tail.Overlay.OriginalFileObject != nullptr &&
      (irp->Flags & IRP_SYNCHRONOUS_API) == 0)
    ob::dereference(irp->UserEvent);
  irp->UserEvent = nullptr;
  irp->UserIosb = nullptr;
  irp->Flags &= ~IRP_INPUT_OPERATION;
  irp->Overlay.AsynchronousParameters.UserApcRoutine = nullptr;
  irp->Tail.Overlay.Thread = nullptr;
}

}  // namespace

void cancel_thread_irps(ETHREAD* thread) {
  LIST_ENTRY* head = &thread->IrpList;
  if (IsListEmpty(head)) return;
  cancel_all(head);
  for (int waited = 0; !IsListEmpty(head) && waited < kPatience_100ms; ++waited) {
    LARGE_INTEGER tenth;
    tenth.QuadPart = -1'000'000;
    KeDelayExecutionThread(KernelMode, FALSE, &tenth);
  }
  if (IsListEmpty(head)) return;

  machine::Finding finding;
  finding.rule = "DRIVER_VERIFIER_DETECTED_VIOLATION";
  finding.severity = machine::Severity::Recorded;
  IRP* first = NT_CONTAINING_RECORD(head->Flink, IRP, ThreadListEntry);
  finding.bug_check = machine::BugCheck{DRIVER_VERIFIER_DETECTED_VIOLATION,
                                        {0x135, reinterpret_cast<std::uint64_t>(first), kPatience_100ms * 100, 0}};
  finding.summary = fmt::format(
      "irp#{} was cancelled because its thread ended, and is not completed five minutes later", number_of(first));
  while (!IsListEmpty(head)) {
    IRP* irp = NT_CONTAINING_RECORD(head->Flink, IRP, ThreadListEntry);
    for (std::string& line : describe(irp)) finding.details.push_back(std::move(line));
    disassociate(irp);
  }
  machine::Machine::current().report(std::move(finding));
}

void NTAPI IoQueueThreadIrp(IRP* Irp) {
  InsertTailList(&Irp->Tail.Overlay.Thread->IrpList, &Irp->ThreadListEntry);
  if (IrpPrefix* prefix = prefix_of(Irp)) prefix->flags |= IrpPrefix::kThreaded;
}

BOOLEAN NTAPI IoIsOperationSynchronous(IRP* Irp) {
  const FILE_OBJECT* file = IoGetCurrentIrpStackLocation(Irp)->FileObject;
  bool synchronous = (Irp->Flags & (IRP_SYNCHRONOUS_API | IRP_SYNCHRONOUS_PAGING_IO)) != 0 ||
                     (file != nullptr && (file->Flags & FO_SYNCHRONOUS_IO) != 0);
  bool paging_asynchronous = (Irp->Flags & IRP_PAGING_IO) != 0 && (Irp->Flags & IRP_SYNCHRONOUS_PAGING_IO) == 0;
  return synchronous && !paging_asynchronous ? TRUE : FALSE;
}

EPROCESS* NTAPI IoGetRequestorProcess(IRP* Irp) {
  return Irp->Tail.Overlay.Thread == nullptr ? nullptr : ps::process_of(Irp->Tail.Overlay.Thread);
}

ULONG NTAPI IoGetRequestorProcessId(IRP* Irp) {
  return Irp->Tail.Overlay.Thread == nullptr ? 0 : ps::process_id_of(Irp->Tail.Overlay.Thread);
}

NTSTATUS NTAPI IoGetRequestorSessionId(IRP* Irp, ULONG* SessionId) {
  *SessionId = Irp->Tail.Overlay.Thread == nullptr ? ~0u : 0;
  return Irp->Tail.Overlay.Thread == nullptr ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
}

LONG NTAPI IoGetIoPriorityHint(IRP*) {
  return 2; /* IoPriorityNormal */
}

BOOLEAN NTAPI IoIs32bitProcess(IRP*) {
  return FALSE;
}

}  // namespace drydock::ntos::io
