#pragma once
// WDFQUEUE: requests wait, are delivered, held for power, and given back (contract, section 13).
//
// All events of a queue (a request arrived, one was completed, power goes) end in pump(), which looks what is due in a
// fixed order and calls the driver, again and again until nothing is. Nothing here needs a lock of its own: between two
// calls out nobody else runs.

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "wdf/forward_progress.h"
#include "wdf/kernel.h"
#include "wdf/object.h"
#include "wdf/request.h"
#include "wdf/structures.h"

namespace drydock::wdf {

class Device;
class FileObject;

class Queue final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::Queue;
  Queue(Client& client, Device& device, const WDF_IO_QUEUE_CONFIG& config, bool power_managed);
  /// Callbacks' level and lock, from the attributes and the device.
  void set_constraints(bool passive, WDF_SYNCHRONIZATION_SCOPE scope);

  const WDF_IO_QUEUE_CONFIG& config() const { return config_; }
  bool power_managed() const { return power_managed_; }
  /// Whether any callback of the queue takes requests of that kind.
  bool handles(UCHAR major) const;

  // ---- requests come ----
  /// From the dispatch routine. STATUS_PENDING: the IRP is marked so; STATUS_INVALID_DEVICE_STATE: it is completed.
  NTSTATUS take(Request& request);
  /// WdfRequestForwardToIoQueue, WdfDeviceEnqueueRequest: STATUS_WDF_BUSY if nothing is accepted.
  NTSTATUS take_forwarded(Request& request);
  /// WdfRequestRequeue: to the head.
  void take_back(Request& request);
  /// By hand. STATUS_NO_MORE_ENTRIES, STATUS_WDF_PAUSED, STATUS_INVALID_DEVICE_STATE for a parallel queue,
  /// STATUS_NOT_FOUND if `found` has left the queue.
  NTSTATUS retrieve(const FILE_OBJECT* file, Request* found, Request** request);
  /// The next one after `after` that is of `file`, referenced; it stays in the queue.
  NTSTATUS find(const Request* after, const FILE_OBJECT* file, Request** request);

  // ---- requests go ----
  /// Around the completion of a delivered request: it is the queue's no more, but counts until the IRP is gone.
  void completing(Request& request);
  void completed();
  /// It leaves for another queue.
  void give_up(Request& request);
  /// The request is cancelled while it waits or, marked cancelable, while the driver has it.
  void cancel(Request& request);

  // ---- requests in reserve ----
  std::shared_ptr<ForwardProgress> forward_progress() const { return forward_progress_; }
  /// STATUS_INVALID_DEVICE_REQUEST: the queue has a policy, or is about to get one.
  NTSTATUS assign(const WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY& policy);

  // ---- the driver's control ----
  ULONG queue_state(ULONG* waiting, ULONG* delivered) const;
  void start();
  /// STATUS_INVALID_DEVICE_REQUEST if a callback of an earlier call is still due.
  NTSTATUS stop(bool cancel_requests, PFN_WDF_IO_QUEUE_STATE done, WDFCONTEXT context);
  NTSTATUS purge(bool cancel_requests, PFN_WDF_IO_QUEUE_STATE done, WDFCONTEXT context);
  void wait_until_stopped();
  void wait_until_empty();
  NTSTATUS notify_when_ready(PFN_WDF_IO_QUEUE_STATE callback, WDFCONTEXT context);
  void cancel_requests_of(const FILE_OBJECT* file);

  // ---- power and removal (queued_io.cpp) ----
  void begin_hold();     ///< delivers no more; returns when no callback is running
  void finish_hold();    ///< EvtIoStop(Suspend); returns when no delivered request is unanswered
  void begin_open();     ///< EvtIoResume of what was kept
  void finish_open();    ///< delivers again
  void remove();         ///< purge, EvtIoStop(Purge); returns as WDF-145 says
  void reset();          ///< WDF-297
  void start_held();     ///< of a queue made while the device's are held
  void start_removed();  ///< of a queue made after their purge
  /// The driver's process is gone: everything is given back with `status`, and nothing accepted.
  void abandon(NTSTATUS status);
  /// A purge is on: what is requeued or marked cancelable is cancelled (WDF-295).
  bool cancels_all() const { return cancels_all_; }
  /// WdfRequestStopAcknowledge.
  void stop_answered() { pump(); }
  bool busy() const { return !waiting_.empty() || !delivered_.empty() || completing_ != 0; }

  CallbackLock* callback_lock() override { return object_lock_; }
  void owner_died() override {
    if (own_lock_) own_lock_->abandon();
  }
  Device* device() override { return &device_; }
  void run_down() override;

 private:
  enum class Power : std::uint8_t { On, Starting, Stopping, Purging, Off, Resuming };

  /// Something new for the queue to do: looks, even within a callback of the queue.
  void pump();
  /// A request has left: whoever is pumping sees it next, so that completing in a callback does not grow the stack.
  void pump_if_idle() {
    if (pumping_ == 0)
      pump();
    else
      pump_again_ = true;
  }
  bool may_pump_here();
  bool step();
  bool call_cancelled();
  bool finish_notices();
  bool power_step();
  template <class Callback, class... More>
  void call_about(const char* name, Request& request, Callback callback, More... more);
  bool notify_stop(ULONG action);
  bool take_stop_answers();
  bool deliver_one();
  void deliver(Request& request);
  void insert(Request& request, bool at_head);
  bool erase_waiting(Request& request);
  void cancel_waiting(Request& request);
  void cancel_all_waiting();
  void cancel_delivered();
  void call(PFN_WDF_IO_QUEUE_STATE callback, WDFCONTEXT context);
  enum class Wait { OfDriver, ForPower };
  void wait_for(KEVENT& event, Wait wait, const char* what);
  void keep_device_up();
  std::size_t in_driver() const { return delivered_.size() + completing_; }
  std::size_t total() const { return waiting_.size() + in_driver(); }

  Device& device_;
  std::shared_ptr<ForwardProgress> forward_progress_;
  bool has_policy_ = false;
  const WDF_IO_QUEUE_CONFIG config_;
  const bool power_managed_;
  ULONG delivered_max_;
  CallbackLock* lock_ = nullptr;         ///< held in callbacks; null: they are not serialised
  CallbackLock* object_lock_ = nullptr;  ///< WdfObjectAcquireLock
  std::unique_ptr<CallbackLock> own_lock_;

  bool accepts_ = true;
  bool dispatches_ = true;
  bool shutting_down_ = false;  ///< by removal: start() opens nothing
  bool cancels_all_ = false;    ///< a purge: what is requeued or marked cancelable is cancelled
  bool disposing_ = false;
  Power power_ = Power::On;
  bool power_referenced_ = false;
  std::uint32_t transition_ = 0;  ///< counts Stopping and Purging

  std::deque<Request*> waiting_;
  std::vector<Request*> delivered_;
  std::deque<Request*> cancelled_;           ///< EvtRequestCancel is due
  std::deque<Request*> cancelled_on_queue_;  ///< EvtIoCanceledOnQueue is due
  std::size_t completing_ = 0;

  struct Notice {
    PFN_WDF_IO_QUEUE_STATE callback = nullptr;
    WDFCONTEXT context = nullptr;
  };
  Notice stopped_, emptied_, ready_;
  bool became_ready_ = false;

  unsigned pumping_ = 0;      ///< calls of pump() that have not returned
  bool pump_again_ = false;  ///< another was asked for while one was in it
  bool deferred_ = false;
  std::function<void()> resume_;  ///< pump() from a DPC or a worker
  KDPC dpc_{};
  KEVENT power_done_, stopped_event_, empty_event_;
  bool wait_stopped_ = false, wait_empty_ = false;
};

}  // namespace drydock::wdf
