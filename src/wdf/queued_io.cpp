#include "wdf/queued_io.h"
#include "wdf/um/host_process.h"

#include <algorithm>

#include "wdf/callback.h"
#include "wdf/device.h"
#include "wdf/file_object.h"
#include "wdf/io_target.h"
#include "wdf/misuse.h"

namespace drydock::wdf {

std::unique_ptr<IoPackage> make_io_package(Device& device) {
  return std::make_unique<QueuedIo>(device);
}

QueuedIo::QueuedIo(Device& device) : IoPackage(device) {
  open_ = device.is_control();
}

QueuedIo& QueuedIo::of(Device& device) {
  return static_cast<QueuedIo&>(*device.io);
}

// ---- Queues ----

void QueuedIo::add(Queue& queue) {
  queues_.push_back(&queue);
  if (removed_) queue.start_removed();
  if (!open_) queue.start_held();
}

void QueuedIo::forget(Queue& queue) {
  std::erase(queues_, &queue);
  for (Queue*& route : routes_)
    if (route == &queue) route = nullptr;
  if (default_queue_ == &queue) default_queue_ = nullptr;
  if (create_queue_ == &queue) create_queue_ = nullptr;
}

NTSTATUS QueuedIo::set_default(Queue& queue) {
  if (default_queue_) return STATUS_UNSUCCESSFUL;
  default_queue_ = &queue;
  queue.driver_may_delete = false;
  return STATUS_SUCCESS;
}

NTSTATUS QueuedIo::route(UCHAR major, Queue& queue) {
  if (routes_[major]) return STATUS_WDF_BUSY;
  routes_[major] = &queue;
  queue.driver_may_delete = false;
  return STATUS_SUCCESS;
}

Queue* QueuedIo::queue_for(UCHAR major) const {
  return routes_[major] ? routes_[major] : default_queue_;
}

NTSTATUS QueuedIo::enqueue(Request& request) {
  Queue* queue = queue_for(request.major());
  return queue ? queue->take_forwarded(request) : STATUS_INVALID_DEVICE_REQUEST;
}

/// `step` of each queue of one kind; the driver may delete queues meanwhile.
void QueuedIo::each(bool power_managed, void (Queue::*step)()) {
  std::vector<Queue*> chosen;
  for (Queue* queue : queues_)
    if (queue->power_managed() == power_managed) chosen.push_back(queue);
  for (Queue* queue : chosen) queue->reference();
  for (Queue* queue : chosen) {
    if (queue->state() == ObjectState::Created) (queue->*step)();
    queue->dereference();
  }
}

void QueuedIo::hold() {
  open_ = false;
  each(true, &Queue::begin_hold);  // WDF-287: all stop delivering first
  each(true, &Queue::finish_hold);
}

void QueuedIo::open() {
  open_ = true;
  removed_ = false;
  each(true, &Queue::begin_open);
  each(true, &Queue::finish_open);
}

void QueuedIo::purge_power_managed() {
  open_ = false;
  removed_ = true;
  each(true, &Queue::remove);
}

void QueuedIo::purge_others() {
  removed_ = true;
  each(false, &Queue::remove);
}

void QueuedIo::reset() {
  removed_ = false;
  open_ = true;  // WDF-285: a queue made from now on does not wait for the device to come up
  each(true, &Queue::reset);
  each(false, &Queue::reset);
}

bool QueuedIo::keeps_device_busy() const {
  return std::any_of(queues_.begin(), queues_.end(),
                     [](const Queue* queue) { return queue->power_managed() && queue->busy(); });
}

IoTarget* QueuedIo::local_target() {
  if (!local_target_ && device().lower) {
    auto made = std::make_unique<IoTarget>(device().client(), device(), true);
    if (NT_SUCCESS(made->commit(nullptr, &device()))) local_target_ = made.release();
  }
  return local_target_;
}

// ---- Dispatch ----

NTSTATUS QueuedIo::dispatch(IRP* irp) {
  const UCHAR function = IoGetCurrentIrpStackLocation(irp)->MajorFunction;
  // WDF-424: the driver that would answer is gone. Files still close.
  if (const um::HostProcess* host = device().client().host;
      host && host->ended() && function != IRP_MJ_CLEANUP && function != IRP_MJ_CLOSE)
    return complete(irp, STATUS_DRIVER_PROCESS_TERMINATED);
  switch (function) {
    case IRP_MJ_CREATE:
      return create(irp);
    case IRP_MJ_CLEANUP:
      return cleanup(irp);
    case IRP_MJ_CLOSE:
      return close(irp);
    case IRP_MJ_READ:
    case IRP_MJ_WRITE:
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
      return dispatch_io(irp);
    default:
      return device().config().filter ? pass_down(irp) : complete(irp, STATUS_INVALID_DEVICE_REQUEST);
  }
}

NTSTATUS QueuedIo::pass_down(IRP* irp) {
  IoSkipCurrentIrpStackLocation(irp);
  return IofCallDriver(device().lower, irp);
}

NTSTATUS QueuedIo::complete(IRP* irp, NTSTATUS status) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = 0;
  IofCompleteRequest(irp, 0);
  return status;
}

Request* QueuedIo::make_request(IRP* irp, Request::Place place, NTSTATUS* status) {
  auto request = std::make_unique<Request>(device().client(), place, irp, &device());
  *status = request->commit(device().config().request_attributes.get(), nullptr);
  return NT_SUCCESS(*status) ? request.release() : nullptr;
}

NTSTATUS QueuedIo::dispatch_io(IRP* irp) {
  const UCHAR major = IoGetCurrentIrpStackLocation(irp)->MajorFunction;
  const auto in_caller_context = device().config().in_caller_context;
  Queue* queue = queue_for(major);
  // A filter passes on what its driver did not ask for.
  if (device().config().filter && !in_caller_context && (!queue || (queue == default_queue_ && !queue->handles(major))))
    return pass_down(irp);
  if (!queue && !in_caller_context) return complete(irp, STATUS_INVALID_DEVICE_REQUEST);

  NTSTATUS status;
  Request* request = make_request(irp, Request::Place::InCallerContext, &status);
  if (!queue || !queue->forward_progress()) return request ? present(*request, queue) : complete(irp, status);
  queue->reference();  // the driver is asked, and may delete it
  request = queue->forward_progress()->request_for(irp, request, &status);
  if (request)
    status = present(*request, queue);
  else if (status != STATUS_PENDING)
    complete(irp, status);
  queue->dereference();
  return status;
}

NTSTATUS QueuedIo::present(Request& request, Queue* queue) {
  const auto in_caller_context = device().config().in_caller_context;
  if (!in_caller_context) return queue->take(request);
  // Whatever the driver does with it, the caller hears later.
  IoMarkIrpPending(request.irp());
  request.presented = true;
  call_driver(in_caller_context, device().handle_as<WDFDEVICE>(), request.handle_as<WDFREQUEST>());
  return STATUS_PENDING;
}

}  // namespace drydock::wdf
