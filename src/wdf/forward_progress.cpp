#include "wdf/forward_progress.h"

#include <algorithm>
#include <utility>

#include "machine/thread.h"
#include "wdf/callback.h"
#include "wdf/device.h"
#include "wdf/queue.h"

namespace drydock::wdf {

namespace {

void complete_cancelled(IRP* irp) {
  irp->IoStatus.Status = STATUS_CANCELLED;
  irp->IoStatus.Information = 0;
  IofCompleteRequest(irp, 0);
}

}  // namespace

ForwardProgress::ForwardProgress(Queue& queue, const WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY& policy)
    : queue_(queue), policy_(policy) {
  KeInitializeEvent(&back_, SynchronizationEvent, FALSE);
}

NTSTATUS ForwardProgress::fill() {
  Device& device = *queue_.device();
  for (ULONG i = 0; i < policy_.TotalForwardProgressRequests; ++i) {
    auto made = std::make_unique<Request>(queue_.client(), Request::Place::Completed, nullptr, &device);
    made->reserve = this;
    if (const NTSTATUS status = made->commit(device.config().request_attributes.get(), nullptr); !NT_SUCCESS(status))
      return status;
    Request& request = *made.release();
    all_.push_back(&request);
    free_.push_back(&request);
    if (auto allocate = policy_.EvtIoAllocateResourcesForReservedRequest) {
      const NTSTATUS status =
          call_driver(allocate, queue_.handle_as<WDFQUEUE>(), request.handle_as<WDFREQUEST>());
      if (!NT_SUCCESS(status)) return status;
    }
  }
  return STATUS_SUCCESS;
}

bool ForwardProgress::wants_reserve(IRP* irp) {
  switch (policy_.ForwardProgressReservedPolicy) {
    case WdfIoForwardProgressReservedPolicyUseExamine:
      return call_driver(policy_.ForwardProgressReservePolicySettings.Policy.ExaminePolicy.EvtIoWdmIrpForForwardProgress,
                         queue_.handle_as<WDFQUEUE>(), irp) == WdfIoForwardProgressActionUseReservedRequest;
    case WdfIoForwardProgressReservedPolicyPagingIO:
      return (irp->Flags & IRP_PAGING_IO) != 0;  // IRP_SYNCHRONOUS_PAGING_IO alone is IRP_INPUT_OPERATION
    default:
      return true;
  }
}

Request* ForwardProgress::request_for(IRP* irp, Request* made, NTSTATUS* status) {
  if (made) {
    auto allocate = policy_.EvtIoAllocateRequestResources;
    if (!allocate) return made;
    *status = call_driver(allocate, queue_.handle_as<WDFQUEUE>(), made->handle_as<WDFREQUEST>());
    if (NT_SUCCESS(*status)) return made;
    made->lose_irp();
    made->delete_object();
  }
  if (!wants_reserve(irp)) return nullptr;
  if (gone_) {
    *status = STATUS_INVALID_DEVICE_STATE;
    return nullptr;
  }
  if (free_.empty()) {
    IoMarkIrpPending(irp);
    irp->Tail.Overlay.DriverContext[0] = this;
    waiting_.push_back(irp);
    IoSetCancelRoutine(irp, on_irp_cancel);
    *status = STATUS_PENDING;
    if (!irp->Cancel || IoSetCancelRoutine(irp, nullptr) == nullptr) return nullptr;
    std::erase(waiting_, irp);
    complete_cancelled(irp);
    if (all_back()) KeSetEvent(&back_, 0, FALSE);
    return nullptr;
  }
  Request& reserved = *free_.back();
  free_.pop_back();
  reserved.carry(irp);
  return &reserved;
}

/// Called with the cancel lock held.
void NTAPI ForwardProgress::on_irp_cancel(DEVICE_OBJECT*, IRP* irp) {
  const auto self = static_cast<ForwardProgress*>(irp->Tail.Overlay.DriverContext[0])->shared_from_this();
  std::erase(self->waiting_, irp);
  IoReleaseCancelSpinLock(irp->CancelIrql);
  complete_cancelled(irp);
  if (self->all_back()) KeSetEvent(&self->back_, 0, FALSE);
}

IRP* ForwardProgress::next_waiting() {
  for (IRP* irp : waiting_) {
    if (!IoSetCancelRoutine(irp, nullptr)) continue;  // its cancel routine is about to
    std::erase(waiting_, irp);
    return irp;
  }
  return nullptr;
}

void ForwardProgress::run_down() {
  while (!all_back()) KeWaitForSingleObject(&back_, Executive, KernelMode, FALSE, nullptr);
  gone_ = true;
  free_.clear();
  for (Request* each : std::exchange(all_, {})) each->delete_object();
}

void ForwardProgress::take_back(Request& reserved) {
  const auto self = shared_from_this();
  free_.push_back(&reserved);
  // Further out on this stack it is given out; what another thread does meanwhile nobody knows.
  const void* const me = &machine::current_thread();
  if (std::find(serving_.begin(), serving_.end(), me) != serving_.end()) return;
  serving_.push_back(me);
  while (!free_.empty()) {
    IRP* irp = next_waiting();
    if (!irp) break;
    Request& request = *free_.back();
    free_.pop_back();
    request.carry(irp);
    queue_.take(request);
  }
  std::erase(serving_, me);
  if (all_back()) KeSetEvent(&back_, 0, FALSE);
}

}  // namespace drydock::wdf
