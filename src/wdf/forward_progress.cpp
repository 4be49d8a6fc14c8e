#include "wdf/forward_progress.h"

#include <algorithm>

#include "wdf/callback.h"
#include "wdf/device.h"
#include "wdf/queue.h"
#include "wdf/queued_io.h"

namespace drydock::wdf {

ForwardProgress::ForwardProgress(Queue& queue, const WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY& policy)
    : queue_(queue), policy_(policy) {
  KeInitializeEvent(&back_, SynchronizationEvent, FALSE);
}

ForwardProgress::~ForwardProgress() {
  for (Request* each : all_) each->delete_object();
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
    if (auto allocate = policy_.EvtIoAllocateResourcesForReservedRequest) {
      const NTSTATUS status =
          call_driver(allocate, queue_.handle_as<WDFQUEUE>(), request.handle_as<WDFREQUEST>());
      if (!NT_SUCCESS(status)) return status;
    }
    free_.push_back(&request);
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
  if (free_.empty()) {
    IoMarkIrpPending(irp);
    irp->Tail.Overlay.DriverContext[0] = this;
    waiting_.push_back(irp);
    IoSetCancelRoutine(irp, on_irp_cancel);
    *status = STATUS_PENDING;
    if (!irp->Cancel || IoSetCancelRoutine(irp, nullptr) == nullptr) return nullptr;
    waiting_.pop_back();
    irp->IoStatus.Status = STATUS_CANCELLED;
    irp->IoStatus.Information = 0;
    IofCompleteRequest(irp, 0);
    return nullptr;
  }
  Request& reserved = *free_.back();
  free_.pop_back();
  reserved.carry(irp);
  return &reserved;
}

/// Called with the cancel lock held.
void NTAPI ForwardProgress::on_irp_cancel(DEVICE_OBJECT*, IRP* irp) {
  auto* self = static_cast<ForwardProgress*>(irp->Tail.Overlay.DriverContext[0]);
  IoReleaseCancelSpinLock(irp->CancelIrql);
  std::erase(self->waiting_, irp);
  irp->IoStatus.Status = STATUS_CANCELLED;
  irp->IoStatus.Information = 0;
  IofCompleteRequest(irp, 0);
}

IRP* ForwardProgress::next_waiting() {
  for (IRP* irp : waiting_) {
    if (!IoSetCancelRoutine(irp, nullptr)) continue;  // its cancel routine is about to
    std::erase(waiting_, irp);
    return irp;
  }
  return nullptr;
}

void ForwardProgress::wait_until_back() {
  while (free_.size() < all_.size()) KeWaitForSingleObject(&back_, Executive, KernelMode, FALSE, nullptr);
}

void ForwardProgress::take_back(Request& reserved) {
  free_.push_back(&reserved);
  KeSetEvent(&back_, 0, FALSE);
  if (serving_) return;
  serving_ = true;
  while (!free_.empty()) {
    IRP* irp = next_waiting();
    if (!irp) break;
    Request& request = *free_.back();
    free_.pop_back();
    request.carry(irp);
    QueuedIo::of(*queue_.device()).present(request, &queue_);
  }
  serving_ = false;
}

}  // namespace drydock::wdf
