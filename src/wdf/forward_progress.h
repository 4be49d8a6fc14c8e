#pragma once
// Requests that a queue keeps in reserve, so that I/O goes on when there is no memory for new ones
// (WdfIoQueueAssignForwardProgressPolicy).

#include <deque>
#include <vector>

#include "wdf/request.h"
#include "wdf/structures.h"

namespace drydock::wdf {

class Queue;

class ForwardProgress {
 public:
  ForwardProgress(Queue& queue, const WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY& policy);
  /// Nothing is on its way any more; the driver hears of the end of each.
  ~ForwardProgress();
  ForwardProgress(const ForwardProgress&) = delete;

  /// Makes the reserve; the driver allocates for each (EvtIoAllocateResourcesForReservedRequest). PASSIVE_LEVEL.
  NTSTATUS fill();
  /// `made`: the request made for `irp`, null if there was no memory. Null with STATUS_PENDING: `irp` waits for a
  /// reserved request, and comes to the queue with it; null with a failure: `irp` is to be completed with it.
  Request* request_for(IRP* irp, Request* made, NTSTATUS* status);
  /// The queue goes: returns when every reserved request is back, from whatever queue it was forwarded to.
  void wait_until_back();
  /// A reserved request has come to its end: the next IRP that waits gets it.
  void take_back(Request& reserved);

 private:
  bool wants_reserve(IRP* irp);
  IRP* next_waiting();
  static void NTAPI on_irp_cancel(DEVICE_OBJECT*, IRP* irp);

  Queue& queue_;
  const WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY policy_;
  std::vector<Request*> all_;
  std::vector<Request*> free_;
  std::deque<IRP*> waiting_;
  bool serving_ = false;  ///< further out on this stack
  KEVENT back_;
};

}  // namespace drydock::wdf
