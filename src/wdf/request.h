#pragma once
// WDFREQUEST: an I/O request in the framework's, a queue's or a driver's hands, or one a driver made to send.

#include <functional>
#include <memory>

#include "wdf/io_target_send.h"
#include "wdf/kernel.h"
#include "wdf/memory.h"
#include "wdf/object.h"
#include "wdf/structures.h"

namespace drydock::wdf {

class Device;
class FileObject;
class ForwardProgress;
class Queue;

class Request final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::Request;

  /// Who has it. Only what a driver has can be completed, moved or marked.
  enum class Place : std::uint8_t {
    InCallerContext,  ///< given to EvtIoInCallerContext, not yet in a queue
    Waiting,          ///< in a queue
    Delivered,        ///< the driver's, out of a queue
    DriverMade,       ///< of WdfRequestCreate: it is sent, not completed
    FromIrp,          ///< of WdfRequestCreateFromIrp: can be completed
    Completed,
  };

  Request(Client& client, Place place, IRP* irp, Device* device);
  ~Request() override;

  // ---- what it is ----
  IRP* irp() const { return irp_; }
  Place place() const { return place_; }
  Queue* queue() const { return queue_; }
  UCHAR major() const { return stack()->MajorFunction; }
  /// Its parameters as the framework's driver got them.
  IO_STACK_LOCATION* stack() const { return IoGetCurrentIrpStackLocation(irp_); }
  Device* device() override { return device_; }
  void set_device(Device* device) { device_ = device; }
  FileObject* file() const;
  /// A read or write of no bytes.
  bool zero_length() const;
  /// "WDFREQUEST#4 (irp#9, IRP_MJ_READ)"
  std::string describe() const;

  // ---- its way through queues (queue.cpp) ----
  void set_place(Place place, Queue* queue) {
    place_ = place;
    queue_ = queue;
  }
  bool presented = false;                      ///< a driver has had it in its hands (WDF-302)
  bool cancelled = false;                      ///< EvtRequestCancel or EvtIoCanceledOnQueue has it, or will
  PFN_WDF_REQUEST_CANCEL on_cancel = nullptr;  ///< marked cancelable; cleared when called

  /// The driver's answer to EvtIoStop.
  enum class StopAnswer : std::uint8_t { None, Keep, Requeue };
  StopAnswer stop_answer = StopAnswer::None;
  std::uint32_t stop_asked = 0;  ///< the queue's transition in which EvtIoStop was due for it
  bool in_evt_io_stop = false;   ///< EvtIoStop was called and has not been answered
  bool kept_over_stop = false;   ///< EvtIoResume is due

  // ---- cancellation of its IRP ----
  /// From now on a cancelled IRP comes to `queue_`. False if it is cancelled already: nothing was armed.
  bool arm_cancel();
  /// False if the cancel routine has it already.
  bool disarm_cancel();
  bool irp_cancelled() const { return irp_->Cancel != 0; }

  // ---- its end ----
  /// WdfRequestComplete...: checks, cleanup callbacks, and the IRP goes back to its sender.
  void complete(NTSTATUS status, ULONG_PTR information, CHAR boost);
  /// The framework itself completes it: no check.
  void complete_by_framework(NTSTATUS status, ULONG_PTR information);

  /// Sent and forgotten: `send` gives the IRP to somebody else, and the request ends.
  void let_go(const std::function<void(IRP*)>& send);
  void set_status(NTSTATUS status) {
    if (irp_) irp_->IoStatus.Status = status;
    status_ = status;
  }
  NTSTATUS status() const { return irp_ ? irp_->IoStatus.Status : status_; }

  // ---- its buffers ----
  NTSTATUS input(PVOID* buffer, size_t* bytes, MDL** mdl = nullptr);
  NTSTATUS output(PVOID* buffer, size_t* bytes, MDL** mdl = nullptr);
  /// The memory object of a buffer, made when first asked for; it lives as long as the request.
  NTSTATUS input_memory(Memory** memory);
  NTSTATUS output_memory(Memory** memory);
  /// Of a user-mode driver: the copies it works on (they live as long as the request).
  bool buffers_are_copies() const;
  /// An MDL of a buffered request's buffer, made when first asked for.
  NTSTATUS mdl_for(PVOID buffer, size_t bytes, MDL** made, MDL** mdl);
  MDL *input_mdl = nullptr, *output_mdl = nullptr;

  // ---- sending (io_target_send.h) ----
  /// Most requests are never sent on: made when first needed.
  Sending& sending() {
    if (!sending_) sending_ = std::make_unique<Sending>();
    return *sending_;
  }
  bool was_sent() const { return sending_ != nullptr; }
  bool with_target() const { return sending_ && sending_->state == Sending::State::Sent; }
  bool irp_is_ours = false;  ///< allocated with the request

  // ---- in reserve (forward_progress.h) ----
  /// What keeps it for another IRP when this one has been completed; null: the request ends with its IRP.
  ForwardProgress* reserve = nullptr;
  /// A reserved one begins anew, for `irp`.
  void carry(IRP* irp);
  /// It will not be for its IRP after all.
  void lose_irp();

  /// WdfRequestReuse: ready to be formatted again, perhaps with another IRP.
  NTSTATUS reuse(const WDF_REQUEST_REUSE_PARAMS& params);

 private:
  NTSTATUS kernel_input(PVOID* buffer, size_t* bytes, MDL** mdl);
  NTSTATUS kernel_output(PVOID* buffer, size_t* bytes, MDL** mdl);
  NTSTATUS copy_for_driver(PVOID& copy, const void* from, PVOID* buffer, size_t bytes, MDL** mdl);
  void copy_back(NTSTATUS status, ULONG_PTR information);
  NTSTATUS memory_for(bool output, Memory** memory);
  /// What is deleted by a worker, after the completion, when that comes at DISPATCH_LEVEL (WDF-358).
  bool has_passive_children() const;
  void check_completion(NTSTATUS status, ULONG_PTR information);
  void give_irp_back(NTSTATUS status, ULONG_PTR information, CHAR boost);
  /// The request's own end, when its IRP has gone.
  void end();
  /// It is not on its way to a target any more, and can be formatted anew.
  void forget_sending();
  static void NTAPI on_irp_cancel(DEVICE_OBJECT* device_object, IRP* irp);

  std::unique_ptr<Sending> sending_;
  IRP* irp_;
  NTSTATUS status_ = STATUS_SUCCESS;
  Place place_;
  Device* device_;
  Queue* queue_ = nullptr;
  Memory* input_memory_ = nullptr;
  Memory* output_memory_ = nullptr;
  PVOID input_copy_ = nullptr, output_copy_ = nullptr;  ///< in the driver's process
};

/// The request behind a handle, which the driver must have in its hands: else the mistake is named.
Request& owned_request(WDFREQUEST handle, const char* function);

}  // namespace drydock::wdf
