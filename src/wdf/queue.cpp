#include "wdf/queue.h"

#include <algorithm>

#include <fmt/format.h>

#include "wdf/deferred.h"
#include "wdf/device.h"
#include "wdf/file_object.h"
#include "wdf/misuse.h"
#include "wdf/queued_io.h"
#include "wdf/serialization.h"
#include "wdf/um/reflector.h"

namespace drydock::wdf {

namespace {

constexpr LONGLONG kSecond_100ns = 10'000'000;

void NTAPI pump_from_dpc(KDPC*, PVOID context, PVOID, PVOID) {
  (*static_cast<std::function<void()>*>(context))();
}

ULONG delivered_max_of(const WDF_IO_QUEUE_CONFIG& config) {
  if (config.DispatchType == WdfIoQueueDispatchSequential) return 1;
  return config.DispatchType == WdfIoQueueDispatchParallel ? config.Settings.Parallel.NumberOfPresentedRequests : 0;
}

}  // namespace

Queue::Queue(Client& client, Device& device, const WDF_IO_QUEUE_CONFIG& config, bool power_managed)
    : Object(kType, client),
      device_(device),
      config_(config),
      power_managed_(power_managed),
      delivered_max_(delivered_max_of(config)) {
  for (KEVENT* event : {&power_done_, &stopped_event_, &empty_event_})
    KeInitializeEvent(event, NotificationEvent, FALSE);
  resume_ = [this] {
    deferred_ = false;
    pump();
    dereference();
  };
  KeInitializeDpc(&dpc_, pump_from_dpc, &resume_);
}

void Queue::set_constraints(bool passive, WDF_SYNCHRONIZATION_SCOPE its_scope) {
  if (client().host) passive = true;  // WDF-420
  passive_callbacks = passive;
  scope = its_scope;
  if (scope == WdfSynchronizationScopeDevice) {
    object_lock_ = device_.callback_lock();
  } else {
    own_lock_ = std::make_unique<CallbackLock>(passive);
    object_lock_ = own_lock_.get();
  }
  if (scope != WdfSynchronizationScopeNone) lock_ = object_lock_;
}

bool Queue::handles(UCHAR major) const {
  if (config_.DispatchType == WdfIoQueueDispatchManual || config_.EvtIoDefault) return true;
  switch (major) {
    case IRP_MJ_READ:
      return config_.EvtIoRead != nullptr;
    case IRP_MJ_WRITE:
      return config_.EvtIoWrite != nullptr;
    case IRP_MJ_DEVICE_CONTROL:
      return config_.EvtIoDeviceControl != nullptr;
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
      return config_.EvtIoInternalDeviceControl != nullptr;
  }
  return false;
}

// ---- Requests come ----

void Queue::insert(Request& request, bool at_head) {
  const bool was_empty = waiting_.empty();
  request.set_place(Request::Place::Waiting, this);
  if (at_head)
    waiting_.push_front(&request);
  else
    waiting_.push_back(&request);
  if (was_empty) became_ready_ = true;
  keep_device_up();
  // Cancelled before the queue could be told: as if it had been told at once.
  if (!request.arm_cancel()) {
    erase_waiting(request);
    cancel_waiting(request);
  }
}

NTSTATUS Queue::take(Request& request) {
  if (!accepts_) {
    request.complete_by_framework(STATUS_INVALID_DEVICE_STATE, 0);
    return STATUS_INVALID_DEVICE_STATE;
  }
  IoMarkIrpPending(request.irp());
  insert(request, false);
  pump();
  return STATUS_PENDING;
}

NTSTATUS Queue::take_forwarded(Request& request) {
  if (!accepts_) return STATUS_WDF_BUSY;
  Queue* from = request.queue();
  if (from)
    from->give_up(request);
  else
    IoMarkIrpPending(request.irp());
  insert(request, false);
  pump();
  if (from) from->pump_if_idle();
  return STATUS_SUCCESS;
}

void Queue::take_back(Request& request) {
  give_up(request);
  if (cancels_all_) {
    request.set_place(Request::Place::Waiting, this);
    cancel_waiting(request);
  } else {
    insert(request, true);
  }
  pump();
}

NTSTATUS Queue::retrieve(const FILE_OBJECT* file, Request* found, Request** request) {
  if (config_.DispatchType == WdfIoQueueDispatchParallel) return STATUS_INVALID_DEVICE_STATE;
  if (power_ == Power::Off || !dispatches_) return STATUS_WDF_PAUSED;
  if (found && std::find(waiting_.begin(), waiting_.end(), found) == waiting_.end()) return STATUS_NOT_FOUND;
  for (;;) {
    const auto next = std::find_if(waiting_.begin(), waiting_.end(), [&](const Request* each) {
      return (!found || each == found) && (!file || each->stack()->FileObject == file);
    });
    if (next == waiting_.end()) return STATUS_NO_MORE_ENTRIES;
    Request& chosen = **next;
    waiting_.erase(next);
    if (!chosen.disarm_cancel()) {
      waiting_.push_front(&chosen);  // where the cancel routine looks for it
      return STATUS_NO_MORE_ENTRIES;
    }
    delivered_.push_back(&chosen);
    chosen.set_place(Request::Place::Delivered, this);
    if (chosen.zero_length() && !config_.AllowZeroLengthRequests) {
      chosen.complete_by_framework(STATUS_SUCCESS, 0);
      if (found) return STATUS_NOT_FOUND;
      continue;
    }
    chosen.presented = true;
    *request = &chosen;
    return STATUS_SUCCESS;
  }
}

NTSTATUS Queue::find(const Request* after, const FILE_OBJECT* file, Request** request) {
  auto from = waiting_.begin();
  if (after) {
    from = std::find(waiting_.begin(), waiting_.end(), after);
    if (from == waiting_.end()) return STATUS_NOT_FOUND;
    ++from;
  }
  const auto next = std::find_if(from, waiting_.end(),
                                 [&](const Request* each) { return !file || each->stack()->FileObject == file; });
  if (next == waiting_.end()) return STATUS_NO_MORE_ENTRIES;
  (*next)->reference();
  *request = *next;
  return STATUS_SUCCESS;
}

// ---- Requests go ----

void Queue::completing(Request& request) {
  std::erase(delivered_, &request);
  std::erase(cancelled_, &request);
  std::erase(cancelled_on_queue_, &request);
  ++completing_;
}

void Queue::completed() {
  --completing_;
  pump_if_idle();
}

void Queue::give_up(Request& request) {
  std::erase(delivered_, &request);
  std::erase(cancelled_, &request);
  request.stop_answer = Request::StopAnswer::None;
  request.kept_over_stop = request.in_evt_io_stop = false;
}

bool Queue::erase_waiting(Request& request) {
  const auto found = std::find(waiting_.begin(), waiting_.end(), &request);
  if (found == waiting_.end()) return false;
  waiting_.erase(found);
  return true;
}

/// It is in no list now.
void Queue::cancel_waiting(Request& request) {
  request.cancelled = true;
  if (config_.EvtIoCanceledOnQueue && request.presented) {  // WDF-302
    delivered_.push_back(&request);
    request.set_place(Request::Place::Delivered, this);
    cancelled_on_queue_.push_back(&request);
    return;
  }
  request.complete_by_framework(STATUS_CANCELLED, 0);
}

void Queue::cancel(Request& request) {
  if (client().host) um::expect_progress(client());
  if (erase_waiting(request)) {
    cancel_waiting(request);
  } else {
    request.cancelled = true;
    cancelled_.push_back(&request);
  }
  pump_if_idle();
}

void Queue::cancel_all_waiting() {
  // Out of the queue first, all of them: completing one may have others delivered.
  std::vector<Request*> taken;
  for (Request* request : std::deque<Request*>(waiting_)) {
    if (!request->disarm_cancel()) continue;  // its cancel routine is about to
    erase_waiting(*request);
    taken.push_back(request);
  }
  for (Request* request : taken) cancel_waiting(*request);
}

void Queue::cancel_delivered() {
  for (Request* request : std::vector<Request*>(delivered_))
    if (request->on_cancel && request->disarm_cancel()) {
      request->cancelled = true;
      cancelled_.push_back(request);
    }
}

void Queue::cancel_requests_of(const FILE_OBJECT* file) {
  for (Request* request : std::deque<Request*>(waiting_)) {
    if (request->stack()->FileObject != file || !request->disarm_cancel()) continue;
    erase_waiting(*request);
    cancel_waiting(*request);
  }
  pump();
}

// ---- The driver's control ----

ULONG Queue::queue_state(ULONG* waiting, ULONG* delivered) const {
  if (waiting) *waiting = static_cast<ULONG>(waiting_.size());
  if (delivered) *delivered = static_cast<ULONG>(in_driver());
  ULONG state = 0;
  if (accepts_) state |= WdfIoQueueAcceptRequests;
  if (dispatches_) state |= WdfIoQueueDispatchRequests;
  if (waiting_.empty()) state |= WdfIoQueueNoRequests;
  if (in_driver() == 0) state |= WdfIoQueueDriverNoRequests;
  if (power_ != Power::On) state |= WdfIoQueuePnpHeld;
  return state;
}

void Queue::start() {
  if (shutting_down_) return;
  accepts_ = dispatches_ = true;
  cancels_all_ = false;
  if (!waiting_.empty()) became_ready_ = true;
  pump();
}

NTSTATUS Queue::stop(bool cancel_requests, PFN_WDF_IO_QUEUE_STATE done, WDFCONTEXT context) {
  if (done) {
    if (stopped_.callback) return STATUS_INVALID_DEVICE_REQUEST;
    stopped_ = {done, context};
  }
  if (!shutting_down_) accepts_ = true;
  dispatches_ = false;
  if (cancel_requests) {
    cancels_all_ = true;
    cancel_all_waiting();
    cancel_delivered();
  }
  pump();
  return STATUS_SUCCESS;
}

NTSTATUS Queue::purge(bool cancel_requests, PFN_WDF_IO_QUEUE_STATE done, WDFCONTEXT context) {
  if (done) {
    if (emptied_.callback) return STATUS_INVALID_DEVICE_REQUEST;
    emptied_ = {done, context};
  }
  accepts_ = false;
  if (cancel_requests) {
    if (client().built_for(11)) cancels_all_ = true;  // WDF-295
    cancel_all_waiting();
    cancel_delivered();
  }
  pump();
  return STATUS_SUCCESS;
}

NTSTATUS Queue::notify_when_ready(PFN_WDF_IO_QUEUE_STATE callback, WDFCONTEXT context) {
  if (config_.DispatchType != WdfIoQueueDispatchManual) return STATUS_INVALID_DEVICE_REQUEST;
  if (!callback) {
    if (dispatches_) return STATUS_INVALID_DEVICE_REQUEST;  // only of a stopped queue
    ready_ = {};
    return STATUS_SUCCESS;
  }
  if (ready_.callback) return STATUS_INVALID_DEVICE_REQUEST;
  ready_ = {callback, context};
  if (!waiting_.empty()) became_ready_ = true;
  pump();
  return STATUS_SUCCESS;
}

void Queue::wait_until_stopped() {
  KeClearEvent(&stopped_event_);
  wait_stopped_ = true;
  pump();
  wait_for(stopped_event_, Wait::OfDriver,
           "waits for the driver to give back what was delivered (WdfIoQueueStopSynchronously)");
}

void Queue::wait_until_empty() {
  KeClearEvent(&empty_event_);
  wait_empty_ = true;
  pump();
  wait_for(empty_event_, Wait::OfDriver, "waits until it is empty");
}

/// WDF-303, WDF-453, WDF-455: who waits too long is named; the wait goes on.
void Queue::wait_for(KEVENT& event, Wait wait, const char* what) {
  LARGE_INTEGER timeout{};
  timeout.QuadPart = -kSecond_100ns;
  if (KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &timeout) == STATUS_SUCCESS) return;
  const auto name_all = [&] {
    std::string names;
    for (const Request* request : delivered_) names += (names.empty() ? "" : ", ") + request->describe();
    return names.empty() ? std::string("a callback that has not returned") : names;
  };
  if (wait == Wait::ForPower)
    warn("WDF-455", "request-blocks-power-down", fmt::format("{} {} for 1 s now: {}", name(), what, name_all()));
  timeout.QuadPart = -59 * kSecond_100ns;
  if (KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &timeout) == STATUS_SUCCESS) return;
  record("WDF-453", "request-never-completed",
         fmt::format("{} of {} {} for 60 s: {}", name(), wdf::describe(device_), what, name_all()));
  KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr);
}

NTSTATUS Queue::assign(const WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY& policy) {
  if (std::exchange(has_policy_, true)) return STATUS_INVALID_DEVICE_REQUEST;
  reference();  // the driver, asked to equip the reserve, may delete the queue
  const auto made = std::make_shared<ForwardProgress>(*this, policy);
  NTSTATUS status = made->fill();
  if (NT_SUCCESS(status) && state() != ObjectState::Created) status = STATUS_DELETE_PENDING;
  if (NT_SUCCESS(status)) {
    forward_progress_ = made;
  } else {
    made->run_down();
    has_policy_ = false;
  }
  dereference();
  return status;
}

void Queue::run_down() {
  purge(true, nullptr, nullptr);
  wait_until_empty();
  if (const auto reserve = std::exchange(forward_progress_, nullptr)) reserve->run_down();
  disposing_ = true;
  QueuedIo::of(device_).forget(*this);
}

}  // namespace drydock::wdf
