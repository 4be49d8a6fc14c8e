// What a queue does next. The order of the steps is the framework's: cancellations, notices, power, delivery.

#include <algorithm>
#include <utility>

#include "wdf/callback.h"
#include "wdf/deferred.h"
#include "wdf/device.h"
#include "wdf/misuse.h"
#include "wdf/queue.h"
#include "wdf/serialization.h"

namespace drydock::wdf {

/// Callbacks that need PASSIVE_LEVEL, or whose lock this thread holds already, are called by someone else later.
bool Queue::may_pump_here() {
  const bool too_high = passive_callbacks && KeGetCurrentIrql() > PASSIVE_LEVEL;
  if (!too_high && !(lock_ && lock_->held_by_me())) return true;
  if (!std::exchange(deferred_, true)) {
    reference();
    if (passive_callbacks)
      at_passive_level(resume_);
    else
      KeInsertQueueDpc(&dpc_, nullptr, nullptr);
  }
  return false;
}

void Queue::pump() {
  if (disposing_ || !may_pump_here()) return;
  reference();
  // Some steps wait until nobody else is in here. Whoever leaves last takes them, on behalf of those who found him.
  if (pumping_ != 0) pump_again_ = true;
  ++pumping_;
  do {
    while (step()) continue;
  } while (pumping_ == 1 && std::exchange(pump_again_, false));
  --pumping_;
  dereference();
}

bool Queue::step() {
  if (call_cancelled() || finish_notices()) return true;
  if (power_referenced_ && total() == 0 && pumping_ == 1) {
    power_referenced_ = false;
    device_.policy.dereference_power();
    return true;
  }
  switch (power_) {
    case Power::On:
      break;
    case Power::Off:
      return false;
    default:
      return power_step();
  }
  if (!dispatches_) return false;
  if (config_.DispatchType == WdfIoQueueDispatchManual) {
    if (!ready_.callback || !std::exchange(became_ready_, false)) return false;
    call(ready_.callback, ready_.context);
    return true;
  }
  return deliver_one();
}

bool Queue::call_cancelled() {
  // While EvtIoStop is being called round, cancellations wait.
  if (power_ == Power::Stopping || power_ == Power::Purging)
    for (const Request* request : delivered_)
      if (request->stop_asked != transition_) return false;
  if (!cancelled_.empty()) {
    Request& request = *cancelled_.front();
    cancelled_.pop_front();
    if (const auto callback = std::exchange(request.on_cancel, nullptr)) {
      Serialized serialized(lock_);
      call_driver(callback, request.handle_as<WDFREQUEST>());
    }
    return true;
  }
  if (!cancelled_on_queue_.empty()) {
    Request& request = *cancelled_on_queue_.front();
    cancelled_on_queue_.pop_front();
    Serialized serialized(lock_);
    call_driver(config_.EvtIoCanceledOnQueue, handle_as<WDFQUEUE>(), request.handle_as<WDFREQUEST>());
    return true;
  }
  return false;
}

void Queue::call(PFN_WDF_IO_QUEUE_STATE callback, WDFCONTEXT context) {
  Serialized serialized(lock_);
  call_driver(callback, handle_as<WDFQUEUE>(), context);
}

/// Callbacks and waits of stop, drain and purge, once no callback of the queue is running.
bool Queue::finish_notices() {
  if (pumping_ != 1) return false;
  if (in_driver() == 0) {
    if (std::exchange(wait_stopped_, false)) KeSetEvent(&stopped_event_, 0, FALSE);
    if (stopped_.callback) {
      const Notice notice = std::exchange(stopped_, {});
      cancels_all_ = false;
      call(notice.callback, notice.context);
      return true;
    }
  }
  if (total() == 0) {
    if (std::exchange(wait_empty_, false)) KeSetEvent(&empty_event_, 0, FALSE);
    if (emptied_.callback) {
      const Notice notice = std::exchange(emptied_, {});
      cancels_all_ = false;
      call(notice.callback, notice.context);
      return true;
    }
  }
  return false;
}

bool Queue::deliver_one() {
  if (waiting_.empty() || in_driver() >= delivered_max_) return false;
  Request& request = *waiting_.front();
  waiting_.pop_front();
  if (!request.disarm_cancel()) {  // the cancel routine has it, and looks for it here
    waiting_.push_front(&request);
    return false;
  }
  delivered_.push_back(&request);
  request.set_place(Request::Place::Delivered, this);
  deliver(request);
  return true;
}

namespace {

/// While it lives this thread delivers a request that needs the device in D0.
class Delivering {
 public:
  Delivering(Device& device, bool power_managed) : threads_(power_managed ? &device.delivering : nullptr) {
    if (threads_) threads_->push_back(&machine::current_thread());
  }
  ~Delivering() {
    if (!threads_) return;
    const auto mine = std::find(threads_->rbegin(), threads_->rend(), &machine::current_thread());
    threads_->erase(std::next(mine).base());
  }
  Delivering(const Delivering&) = delete;

 private:
  std::vector<const machine::Thread*>* threads_;
};

}  // namespace

void Queue::deliver(Request& request) {
  const IO_STACK_LOCATION& stack = *request.stack();
  if (request.zero_length() && !config_.AllowZeroLengthRequests && handles(stack.MajorFunction))
    return request.complete_by_framework(STATUS_SUCCESS, request.irp()->IoStatus.Information);
  if (!handles(stack.MajorFunction)) return request.complete_by_framework(STATUS_INVALID_DEVICE_REQUEST, 0);

  request.presented = true;
  const auto queue = handle_as<WDFQUEUE>();
  const auto handle = request.handle_as<WDFREQUEST>();
  const auto& control = stack.Parameters.DeviceIoControl;
  const Delivering here(device_, power_managed_);
  Serialized serialized(lock_);
  if (stack.MajorFunction == IRP_MJ_READ && config_.EvtIoRead)
    call_driver(config_.EvtIoRead, queue, handle, size_t{stack.Parameters.Read.Length});
  else if (stack.MajorFunction == IRP_MJ_WRITE && config_.EvtIoWrite)
    call_driver(config_.EvtIoWrite, queue, handle, size_t{stack.Parameters.Write.Length});
  else if (stack.MajorFunction == IRP_MJ_DEVICE_CONTROL && config_.EvtIoDeviceControl)
    call_driver(config_.EvtIoDeviceControl, queue, handle, size_t{control.OutputBufferLength},
                         size_t{control.InputBufferLength}, control.IoControlCode);
  else if (stack.MajorFunction == IRP_MJ_INTERNAL_DEVICE_CONTROL && config_.EvtIoInternalDeviceControl)
    call_driver(config_.EvtIoInternalDeviceControl, queue, handle, size_t{control.OutputBufferLength},
                         size_t{control.InputBufferLength}, control.IoControlCode);
  else
    call_driver(config_.EvtIoDefault, queue, handle);
}

}  // namespace drydock::wdf
