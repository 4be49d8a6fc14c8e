#include "wdf/io_target.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "wdf/callback.h"
#include "wdf/deferred.h"
#include "wdf/device.h"
#include "wdf/driver_memory.h"
#include "wdf/misuse.h"
#include "wdf/queue.h"
#include "wdf/queued_io.h"

namespace drydock::wdf {

namespace {

/// What the completion routine is told besides the status block.
void set_lengths(WDF_REQUEST_COMPLETION_PARAMS& result, ULONG_PTR bytes) {
  if (result.Type == WdfRequestTypeRead) result.Parameters.Read.Length = bytes;
  if (result.Type == WdfRequestTypeWrite) result.Parameters.Write.Length = bytes;
  if (result.Type == WdfRequestTypeDeviceControl || result.Type == WdfRequestTypeDeviceControlInternal)
    result.Parameters.Ioctl.Output.Length = bytes;
}

}  // namespace

IoTarget::IoTarget(Client& its_client, Device& owner, bool is_local)
    : Object(kType, its_client), local_(is_local), owner_(owner) {
  KeInitializeEvent(&idle_, NotificationEvent, TRUE);
  driver_may_delete = !is_local;
  if (!is_local) return;
  target_ = owner.lower;
  pdo_ = owner.pdo;
  state_ = WdfIoTargetStarted;
}

IoTarget::~IoTarget() = default;

// ---- Sending ----

/// Which states take a request, and whether it waits for a start.
NTSTATUS IoTarget::accept(ULONG flags, bool* pend) const {
  *pend = false;
  const bool gone = state_ == WdfIoTargetDeleted || state_ == WdfIoTargetClosed ||
                    state_ == WdfIoTargetClosedForQueryRemove || !target_;
  if (flags & WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE) return gone ? STATUS_INVALID_DEVICE_STATE : STATUS_SUCCESS;
  if (state_ == WdfIoTargetStopped) {
    *pend = true;
    return STATUS_SUCCESS;
  }
  return state_ == WdfIoTargetStarted ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_STATE;
}

bool IoTarget::send(Request& request, const WDF_REQUEST_SEND_OPTIONS* options) {
  const ULONG flags = options ? options->Flags : 0;
  Sending& sending = request.sending();
  if (sending.state == Sending::State::Sent) stop_already_sent(request);
  const auto refuse = [&request](NTSTATUS status) {
    request.set_status(status);
    return false;
  };
  if (!request.irp()) return refuse(STATUS_INVALID_DEVICE_REQUEST);
  if (flags & WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET) return send_and_forget(request);
  const bool synchronous = flags & WDF_REQUEST_SEND_OPTION_SYNCHRONOUS;
  const bool from_queue = request.place() == Request::Place::Delivered;
  if (!synchronous && from_queue && !sending.routine) return refuse(STATUS_INVALID_DEVICE_REQUEST);
  if (sending.state != Sending::State::Formatted) return refuse(STATUS_INVALID_DEVICE_REQUEST);
  bool pend = false;
  if (const NTSTATUS status = accept(flags, &pend); !NT_SUCCESS(status)) return refuse(status);
  if (target_->StackSize > request.irp()->CurrentLocation - 1) return refuse(STATUS_REQUEST_NOT_ACCEPTED);

  KEVENT done_event;
  if (synchronous) KeInitializeEvent(&done_event, NotificationEvent, FALSE);
  sending.done = synchronous ? &done_event : nullptr;
  sending.target = this;
  sending.state = Sending::State::Sent;
  sending.timed_out = false;
  request.reference();
  reference();
  sent_.push_back(&request);
  if ((flags & WDF_REQUEST_SEND_OPTION_TIMEOUT) && options->Timeout != 0) set_timer(request, options->Timeout);
  if (pend)
    pended_.push_back(&request);
  else
    dispatch(request);
  if (synchronous) KeWaitForSingleObject(&done_event, Executive, KernelMode, FALSE, nullptr);
  return true;
}

void IoTarget::stop_already_sent(Request& request) {
  wdf::stop(Violation::RequestFatalError, "already-sent",
            fmt::format("{} is sent to {} while it is with an I/O target", request.describe(), name()),
            WDF_REQUEST_FATAL_ERROR_REQUEST_ALREADY_SENT, reinterpret_cast<std::uint64_t>(request.handle()));
}

/// The IRP goes down as it came; the request is done with.
bool IoTarget::send_and_forget(Request& request) {
  if (request.place() != Request::Place::Delivered && request.place() != Request::Place::InCallerContext) {
    request.set_status(STATUS_INVALID_DEVICE_STATE);
    return false;
  }
  if (request.sending().state == Sending::State::Formatted && request.sending().has_buffers()) {
    request.set_status(STATUS_INVALID_DEVICE_REQUEST);
    return false;
  }
  request.let_go([this](IRP* irp) {
    IoSkipCurrentIrpStackLocation(irp);
    IofCallDriver(target_, irp);
  });
  return true;
}

void IoTarget::set_timer(Request& request, LONGLONG due) {
  request.reference();
  auto* made = new SendTimer{request, {}, {}};
  KeInitializeTimerEx(&made->timer, NotificationTimer);
  KeInitializeDpc(&made->dpc, timed_out, made);
  LARGE_INTEGER when{};
  when.QuadPart = due;
  request.sending().timer = made;
  KeSetTimer(&made->timer, when, &made->dpc);
}

void NTAPI IoTarget::timed_out(KDPC*, PVOID context, PVOID, PVOID) {
  const std::unique_ptr<SendTimer> self(static_cast<SendTimer*>(context));
  Request& request = self->request;
  if (request.with_target() && request.sending().timer == self.get()) {
    request.sending().timed_out = true;
    cancel(request);
  }
  request.dereference();
}

void IoTarget::dispatch(Request& request) {
  IRP* irp = request.irp();
  IO_STACK_LOCATION* next = IoGetNextIrpStackLocation(irp);
  if (file_ && !next->FileObject) next->FileObject = file_;
  IoSetCompletionRoutine(irp, irp_done, &request, true, true, true);
  IofCallDriver(target_, irp);
}

NTSTATUS NTAPI IoTarget::irp_done(DEVICE_OBJECT*, IRP*, PVOID context) {
  auto& request = *static_cast<Request*>(context);
  request.sending().target->done(request);
  return STATUS_MORE_PROCESSING_REQUIRED;  // it is the driver's again
}

void IoTarget::done(Request& request) {
  Sending& sending = request.sending();
  if (SendTimer* timer = std::exchange(sending.timer, nullptr); timer && KeCancelTimer(&timer->timer)) {
    delete timer;  // otherwise its DPC does
    request.dereference();
  }
  IRP* irp = request.irp();
  if (sending.timed_out && irp->IoStatus.Status == STATUS_CANCELLED) irp->IoStatus.Status = STATUS_IO_TIMEOUT;
  sending.result.IoStatus = irp->IoStatus;
  if (sending.copy_back_to && NT_SUCCESS(irp->IoStatus.Status))
    std::memcpy(sending.copy_back_to, sending.buffer_to_free,
                std::min<size_t>(sending.copy_back_bytes, irp->IoStatus.Information));
  set_lengths(sending.result, irp->IoStatus.Information);
  forget_formatting(request);
  sending.state = Sending::State::Done;
  std::erase(sent_, &request);
  if (sent_.size() == pended_.size()) KeSetEvent(&idle_, 0, FALSE);
  const auto routine = std::exchange(sending.routine, nullptr);
  const WDFCONTEXT its_context = std::exchange(sending.context, nullptr);
  if (sending.done) {
    KeSetEvent(std::exchange(sending.done, nullptr), 0, FALSE);
  } else if (routine && client().host) {
    call_in_host(request, routine, its_context);
  } else if (routine) {
    call_driver(routine, request.handle_as<WDFREQUEST>(), handle_as<WDFIOTARGET>(), &sending.result,
                         its_context);
  }
  request.dereference();
  dereference();
}

/// A user-mode driver is told at PASSIVE_LEVEL (WDF-420), with the result where it can read it.
void IoTarget::call_in_host(Request& request, PFN_WDF_REQUEST_COMPLETION_ROUTINE routine, WDFCONTEXT context) {
  reference();
  request.reference();
  const auto tell = [this, &request, routine, context] {
    PVOID result = allocate_for_driver(client(), NonPagedPool, sizeof(WDF_REQUEST_COMPLETION_PARAMS), 0);
    if (result) {
      std::memcpy(result, &request.sending().result, sizeof(WDF_REQUEST_COMPLETION_PARAMS));
      call_driver(routine, request.handle_as<WDFREQUEST>(), handle_as<WDFIOTARGET>(),
                           static_cast<PWDF_REQUEST_COMPLETION_PARAMS>(result), context);
      free_for_driver(client(), result);
    }
    request.dereference();
    dereference();
  };
  if (KeGetCurrentIrql() == PASSIVE_LEVEL)
    tell();
  else
    at_passive_level(tell);
}

bool IoTarget::cancel(Request& request) {
  if (request.sending().state != Sending::State::Sent) return false;
  IoTarget& target = *request.sending().target;
  const auto pended = std::find(target.pended_.begin(), target.pended_.end(), &request);
  if (pended == target.pended_.end()) return IoCancelIrp(request.irp());
  target.pended_.erase(pended);
  request.irp()->IoStatus.Status = STATUS_CANCELLED;
  request.irp()->IoStatus.Information = 0;
  target.done(request);
  return true;
}

// ---- State ----

void IoTarget::cancel_sent() {
  for (Request* request : std::vector<Request*>(sent_)) {
    if (std::find(sent_.begin(), sent_.end(), request) == sent_.end()) continue;
    request->reference();
    cancel(*request);
    request->dereference();
  }
}

/// Requests that wait for a start are not waited for.
void IoTarget::wait_until_idle() {
  if (sent_.size() == pended_.size()) return;
  KeClearEvent(&idle_);
  KeWaitForSingleObject(&idle_, Executive, KernelMode, FALSE, nullptr);
}

NTSTATUS IoTarget::start() {
  if (state_ == WdfIoTargetClosed || state_ == WdfIoTargetDeleted || state_ == WdfIoTargetClosedForQueryRemove)
    return STATUS_INVALID_DEVICE_STATE;
  state_ = WdfIoTargetStarted;
  std::deque<Request*> waiting = std::move(pended_);
  pended_.clear();
  for (Request* request : waiting) dispatch(*request);
  return STATUS_SUCCESS;
}

void IoTarget::stop(WDF_IO_TARGET_SENT_IO_ACTION action) {
  if (state_ == WdfIoTargetStarted || state_ == WdfIoTargetPurged) state_ = WdfIoTargetStopped;
  if (action == WdfIoTargetLeaveSentIoPending) return;
  if (action == WdfIoTargetCancelSentIo)
    for (Request* request : std::vector<Request*>(sent_))
      if (std::find(pended_.begin(), pended_.end(), request) == pended_.end() &&
          std::find(sent_.begin(), sent_.end(), request) != sent_.end()) {
        request->reference();
        cancel(*request);
        request->dereference();
      }
  wait_until_idle();
}

void IoTarget::purge(WDF_IO_TARGET_PURGE_IO_ACTION action) {
  if (state_ == WdfIoTargetStarted || state_ == WdfIoTargetStopped) state_ = WdfIoTargetPurged;
  cancel_sent();
  if (action == WdfIoTargetPurgeIoAndWait) wait_until_idle();
}

void IoTarget::close(WDF_IO_TARGET_STATE into) {
  if (state_ == WdfIoTargetClosed || state_ == WdfIoTargetDeleted) {
    state_ = into;
    return;
  }
  state_ = into;
  cancel_sent();
  wait_until_idle();
  if (notification_ && into != WdfIoTargetClosedForQueryRemove)
    ntos::pnp::IoUnregisterPlugPlayNotificationEx(std::exchange(notification_, nullptr));
  if (local_) return;
  if (handle_) {
    ZwClose(std::exchange(handle_, nullptr));
    if (file_) ObfDereferenceObject(file_);
  }
  file_ = nullptr;
  target_ = pdo_ = nullptr;
}

void IoTarget::run_down() {
  close(WdfIoTargetDeleted);
}

}  // namespace drydock::wdf
