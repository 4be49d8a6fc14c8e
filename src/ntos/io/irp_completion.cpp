// The way up. Stage one walks the completion routines in the completer's context; stage two belongs to the thread that
// issued the request.

#include "ntos/io/irp_completion.h"

#include <cstring>

#include <fmt/format.h>

#include "machine/gs.h"
#include "machine/machine.h"
#include "nt/bugcheck.h"
#include "ntos/io/device.h"
#include "ntos/io/driver.h"
#include "ntos/io/irp.h"
#include "ntos/io/irp_ledger.h"
#include "ntos/io/mdl.h"
#include "ntos/io/pending_check.h"
#include "ntos/io/state.h"
#include "ntos/ke/apc.h"
#include "ntos/ke/current.h"
#include "ntos/ke/event.h"
#include "ntos/mm/mdl.h"
#include "ntos/ob/object.h"
#include "ntos/ob/storage.h"

namespace drydock::ntos::io {

namespace {

[[noreturn, gnu::cold, gnu::noinline]] void NTAPI stop_completed_twice(IRP* irp) {
  machine::Machine::current().bug_check(
      MULTIPLE_IRP_COMPLETE_REQUESTS, reinterpret_cast<std::uint64_t>(irp), 0, 0, 0,
      irp->Type == IO_TYPE_IRP
          ? fmt::format("irp#{} is completed although its completion has reached the top already", number_of(irp))
          : fmt::format("irp#{} is completed although it has been freed", number_of(irp)));
}

[[noreturn, gnu::cold, gnu::noinline]] void NTAPI stop_still_cancelable(IRP* irp) {
  machine::Machine::current().bug_check(
      CANCEL_STATE_IN_COMPLETED_IRP, reinterpret_cast<std::uint64_t>(irp),
      reinterpret_cast<std::uint64_t>(irp->CancelRoutine), 0, 0,
      fmt::format("irp#{} is completed with a cancel routine still set", number_of(irp)));
}

[[gnu::always_inline]] inline void clear_location(IO_STACK_LOCATION* location) {
  location->MinorFunction = 0;
  location->Flags = 0;
  location->Control &= SL_ERROR_RETURNED;
  location->Parameters.Others = {};
  location->FileObject = nullptr;
}

[[gnu::always_inline]] inline bool wants_call(UCHAR control, NTSTATUS status, BOOLEAN cancelled) {
  if (status >= 0 && (control & SL_INVOKE_ON_SUCCESS) != 0) return true;
  if (status < 0 && (control & SL_INVOKE_ON_ERROR) != 0) return true;
  return cancelled != FALSE && (control & SL_INVOKE_ON_CANCEL) != 0;
}

void NTAPI finish_apc(KAPC* apc, PKNORMAL_ROUTINE*, PVOID*, PVOID* argument1, PVOID*) {
  finish_in_thread(NT_CONTAINING_RECORD(apc, IRP, Tail.Apc), static_cast<FILE_OBJECT*>(*argument1));
}

/// The issuing thread ended before the APC could run.
void NTAPI finish_rundown(KAPC* apc) {
  finish_in_thread(NT_CONTAINING_RECORD(apc, IRP, Tail.Apc), static_cast<FILE_OBJECT*>(apc->SystemArgument1));
}

void NTAPI user_apc_done(KAPC* apc, PKNORMAL_ROUTINE*, PVOID*, PVOID*, PVOID*) {
  IoFreeIrp(NT_CONTAINING_RECORD(apc, IRP, Tail.Apc));
}

void NTAPI user_apc_rundown(KAPC* apc) {
  IoFreeIrp(NT_CONTAINING_RECORD(apc, IRP, Tail.Apc));
}

bool is_synchronous(const IRP* irp, const FILE_OBJECT* file) {
  return (irp->Flags & IRP_SYNCHRONOUS_API) != 0 || (file != nullptr && (file->Flags & FO_SYNCHRONOUS_IO) != 0);
}

/// Everything behind the last completion routine.
[[gnu::cold, gnu::noinline]] void NTAPI complete_at_top(IRP* irp, CHAR boost) {
  if ((irp->Flags & IRP_ASSOCIATED_IRP) != 0) {
    IRP* master = irp->AssociatedIrp.MasterIrp;
    LONG left = master->AssociatedIrp.IrpCount - 1;
    master->AssociatedIrp.IrpCount = left;
    free_mdls(irp, false);
    IoFreeIrp(irp);
    if (left == 0) IofCompleteRequest(master, boost);
    return;
  }
  if (irp->Tail.Overlay.AuxiliaryBuffer != nullptr) {
    kernel_free(irp->Tail.Overlay.AuxiliaryBuffer);
    irp->Tail.Overlay.AuxiliaryBuffer = nullptr;
  }
  if ((irp->Flags & IRP_CLOSE_OPERATION) != 0) {
    *irp->UserIosb = irp->IoStatus;
    KeSetEvent(irp->UserEvent, boost, FALSE);
    return;
  }
  free_mdls(irp, true);
  if ((irp->Flags & IRP_DEFER_IO_COMPLETION) != 0 && irp->PendingReturned == FALSE)
    return;  // the sender goes on itself

  auto* thread = irp->Tail.Overlay.Thread;
  bool here = thread == nullptr || (machine::current_irql() == PASSIVE_LEVEL && thread == machine::gs::thread_object());
  FILE_OBJECT* file = irp->Tail.Overlay.OriginalFileObject;
  if (here) {
    finish_in_thread(irp, file);
    return;
  }
  KeInitializeApc(&irp->Tail.Apc, thread, OriginalApcEnvironment, finish_apc, finish_rundown, nullptr, KernelMode,
                  nullptr);
  KeInsertQueueApc(&irp->Tail.Apc, file, nullptr, boost);
}

}  // namespace

void NTAPI IofCompleteRequest(IRP* Irp, CHAR PriorityBoost) {
  if (Irp->Type != IO_TYPE_IRP || Irp->CurrentLocation > Irp->StackCount + 1) [[unlikely]]
    stop_completed_twice(Irp);
  if (Irp->CancelRoutine != nullptr) [[unlikely]]
    stop_still_cancelable(Irp);
  machine::Machine::current().record(machine::Event::IrpCompleted, number_of(Irp),
                                     static_cast<std::uint32_t>(Irp->IoStatus.Status), Irp->IoStatus.Information);

  IO_STACK_LOCATION* location = Irp->Tail.Overlay.CurrentStackLocation;
  while (Irp->CurrentLocation <= Irp->StackCount) {
    ++Irp->CurrentLocation;
    ++Irp->Tail.Overlay.CurrentStackLocation;
    bool top = Irp->CurrentLocation > Irp->StackCount;
    UCHAR control = location->Control;
    Irp->PendingReturned = control & SL_PENDING_RETURNED;
    if (PendingCheck* check = state().irps.pending) [[unlikely]]
      check->left(Irp, static_cast<CHAR>(Irp->CurrentLocation - 1), Irp->PendingReturned != FALSE);
    if (top) {
      if (IrpPrefix* prefix = prefix_of(Irp); prefix != nullptr && prefix->stage == IrpStage::Sent) {
        prefix->stage = IrpStage::Completed;
        ++state().irps.completed;
      }
    }
    if (wants_call(control, Irp->IoStatus.Status, Irp->Cancel)) {
      DEVICE_OBJECT* device = top ? nullptr : Irp->Tail.Overlay.CurrentStackLocation->DeviceObject;
      PIO_COMPLETION_ROUTINE routine = location->CompletionRoutine;
      PVOID context = location->Context;
      clear_location(location);
      if (machine::call_driver(routine, device, Irp, context) == STATUS_MORE_PROCESSING_REQUIRED) return;
    } else {
      if (Irp->PendingReturned != FALSE && !top) IoMarkIrpPending(Irp);
      clear_location(location);
    }
    ++location;
  }
  complete_at_top(Irp, PriorityBoost);
}

void free_mdls(IRP* irp, bool unlock) {
  if (unlock)
    for (MDL* mdl = irp->MdlAddress; mdl != nullptr; mdl = mdl->Next)
      if ((mdl->MdlFlags & MDL_PAGES_LOCKED) != 0) MmUnlockPages(mdl);
  while (MDL* mdl = irp->MdlAddress) {
    irp->MdlAddress = mdl->Next;
    IoFreeMdl(mdl);
  }
}

void finish_in_thread(IRP* irp, FILE_OBJECT* file) {
  NTSTATUS status = irp->IoStatus.Status;
  bool is_error = NT_ERROR(status);

  if ((irp->Flags & IRP_BUFFERED_IO) != 0) {
    bool copies = (irp->Flags & IRP_INPUT_OPERATION) != 0 && !is_error && status != STATUS_VERIFY_REQUIRED;
    if (copies && irp->IoStatus.Information != 0)
      std::memcpy(irp->UserBuffer, irp->AssociatedIrp.SystemBuffer, irp->IoStatus.Information);
    if ((irp->Flags & IRP_DEALLOCATE_BUFFER) != 0) kernel_free(irp->AssociatedIrp.SystemBuffer);
    irp->Flags &= ~(IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER);
  }
  free_mdls(irp, true);
  RemoveEntryList(&irp->ThreadListEntry);
  InitializeListHead(&irp->ThreadListEntry);

  bool pending = irp->PendingReturned != FALSE;
  bool tell = !is_error || (pending && !is_synchronous(irp, file));
  KEVENT* event = irp->UserEvent;
  bool event_is_object = event != nullptr && file != nullptr && (irp->Flags & IRP_SYNCHRONOUS_API) == 0;
  bool has_user_apc = false;

  if (tell) {
    if (irp->UserIosb != nullptr) *irp->UserIosb = irp->IoStatus;
    if (event != nullptr) KeSetEvent(event, 0, FALSE);
    if (file != nullptr && (event == nullptr || (file->Flags & FO_SYNCHRONOUS_IO) != 0)) {
      file->FinalStatus = status;
      KeSetEvent(&file->Event, 0, FALSE);
    }
    has_user_apc = file != nullptr && irp->Overlay.AsynchronousParameters.UserApcRoutine != nullptr &&
                   (irp->Flags & IRP_CREATE_OPERATION) == 0;
  } else if (pending && is_synchronous(irp, file)) {
    if (irp->UserIosb != nullptr) *irp->UserIosb = irp->IoStatus;
    if (event != nullptr) KeSetEvent(event, 0, FALSE);
    if (file != nullptr) {
      file->FinalStatus = status;
      KeSetEvent(&file->Event, 0, FALSE);
    }
  }
  if (event_is_object) ob::dereference(event);
  if (file != nullptr && (irp->Flags & IRP_CREATE_OPERATION) == 0) ob::dereference(file);
  if (has_user_apc) {
    auto* thread = ke::current_thread_object();
    auto routine =
        reinterpret_cast<PKNORMAL_ROUTINE>(reinterpret_cast<void*>(irp->Overlay.AsynchronousParameters.UserApcRoutine));
    PVOID context = irp->Overlay.AsynchronousParameters.UserApcContext;
    IO_STATUS_BLOCK* iosb = irp->UserIosb;
    KeInitializeApc(&irp->Tail.Apc, thread, OriginalApcEnvironment, user_apc_done, user_apc_rundown, routine,
                    irp->RequestorMode, context);
    KeInsertQueueApc(&irp->Tail.Apc, iosb, nullptr, 2);
    return;
  }
  IoFreeIrp(irp);
}

}  // namespace drydock::ntos::io
