// A queue over power transitions and removal: nothing is delivered, what was delivered is answered for.

#include <algorithm>
#include <utility>

#include "wdf/callback_log.h"
#include "wdf/device.h"
#include "wdf/misuse.h"
#include "wdf/queue.h"
#include "wdf/serialization.h"

namespace drydock::wdf {

/// A request in a power-managed queue holds the policy owner's device in D0, or brings it there (WDF-087).
void Queue::keep_device_up() {
  if (!power_managed_ || power_referenced_ || !device_.is_policy_owner()) return;
  power_referenced_ = true;
  device_.policy.reference_power();
}

void Queue::begin_hold() {
  if (!power_managed_ || power_ != Power::On) return;
  power_ = Power::Starting;
  KeClearEvent(&power_done_);
  pump();
  wait_for(power_done_, Wait::ForPower, "waits for its callbacks to return before the device leaves D0");
}

void Queue::finish_hold() {
  if (!power_managed_ || power_ != Power::Starting) return;
  ++transition_;
  power_ = Power::Stopping;
  KeClearEvent(&power_done_);
  pump();
  wait_for(power_done_, Wait::ForPower, "waits for the driver's answer to EvtIoStop before the device leaves D0");
}

void Queue::begin_open() {
  if (!power_managed_ || power_ != Power::Off) return;
  power_ = Power::Resuming;
  pump();
}

void Queue::finish_open() {
  if (!power_managed_) return;
  pump();
}

void Queue::remove() {
  shutting_down_ = true;
  purge(true, nullptr, nullptr);
  ++transition_;
  power_ = Power::Purging;
  KeClearEvent(&power_done_);
  pump();
  wait_for(power_done_, Wait::ForPower, "waits for requests to be completed before it is purged");
}

void Queue::reset() {
  shutting_down_ = cancels_all_ = false;
  accepts_ = dispatches_ = true;
  if (!power_managed_) power_ = Power::On;
  pump();
}

void Queue::abandon(NTSTATUS status) {
  shutting_down_ = true;
  accepts_ = dispatches_ = false;
  stopped_ = emptied_ = ready_ = {};
  cancelled_.clear();
  cancelled_on_queue_.clear();
  for (Request* request : std::deque<Request*>(waiting_)) {
    if (!request->disarm_cancel()) continue;  // its cancel routine is about to
    erase_waiting(*request);
    request->complete_by_framework(status, 0);
  }
  for (Request* request : std::vector<Request*>(delivered_)) {
    if (std::exchange(request->on_cancel, nullptr)) request->disarm_cancel();
    request->complete_by_framework(status, 0);
  }
  pump();
}

void Queue::start_held() {
  if (power_managed_) power_ = Power::Off;
}

void Queue::start_removed() {
  shutting_down_ = true;
  accepts_ = false;
}

/// Under the callback lock, and not if the driver has completed the request while we waited for that (WDF-300).
template <class Callback, class... More>
void Queue::call_about(const char* name, Request& request, Callback callback, More... more) {
  request.reference();
  {
    Serialized serialized(lock_);
    if (std::find(delivered_.begin(), delivered_.end(), &request) != delivered_.end())
      call_noted(device_, name, callback, handle_as<WDFQUEUE>(), request.handle_as<WDFREQUEST>(), more...);
  }
  request.dereference();
}

bool Queue::power_step() {
  switch (power_) {
    case Power::Starting:
      if (pumping_ == 1) KeSetEvent(&power_done_, 0, FALSE);
      return false;
    case Power::Stopping:
      return notify_stop(WdfRequestStopActionSuspend) || take_stop_answers();
    case Power::Purging:
      return notify_stop(WdfRequestStopActionPurge) || take_stop_answers();
    case Power::Resuming:
      for (Request* request : delivered_) {
        if (!std::exchange(request->kept_over_stop, false)) continue;
        if (!config_.EvtIoResume || request->cancelled) return true;
        call_about("IoResume", *request, config_.EvtIoResume);
        return true;
      }
      power_ = Power::On;
      return false;  // finish_open() delivers, when all queues have come so far (WDF-292)
    default:
      return false;
  }
}

/// Calls EvtIoStop for one request that has not been asked about in this transition.
bool Queue::notify_stop(ULONG action) {
  for (Request* request : delivered_) {
    if (request->stop_asked == transition_) continue;
    request->stop_asked = transition_;
    request->stop_answer = Request::StopAnswer::None;
    if (!config_.EvtIoStop || request->cancelled) return true;
    request->in_evt_io_stop = true;
    if (request->on_cancel) action |= WdfRequestStopRequestCancelable;
    call_about(power_ == Power::Purging ? "IoStop(P)" : "IoStop(S)", *request, config_.EvtIoStop, action);
    return true;
  }
  return false;
}

/// All have been asked: takes the answers; with the last one the queue is off.
bool Queue::take_stop_answers() {
  for (Request* request : delivered_) {
    if (request->stop_answer == Request::StopAnswer::None) continue;
    const bool requeue = request->stop_answer == Request::StopAnswer::Requeue;
    request->stop_answer = Request::StopAnswer::None;
    request->in_evt_io_stop = false;
    if (!requeue) {
      request->kept_over_stop = true;
      continue;
    }
    take_back(*request);
    return true;
  }
  const bool all_answered =
      std::all_of(delivered_.begin(), delivered_.end(), [](const Request* request) { return request->kept_over_stop; });
  if (!all_answered || completing_ != 0 || pumping_ != 1) return false;
  power_ = Power::Off;
  KeSetEvent(&power_done_, 0, FALSE);
  return true;
}

}  // namespace drydock::wdf
