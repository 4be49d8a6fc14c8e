#pragma once
// Requests that a queue keeps in reserve, so that I/O goes on when there is no memory for new ones
// (WdfIoQueueAssignForwardProgressPolicy; contract, section 13).

#include <deque>
#include <memory>
#include <vector>

#include "wdf/request.h"
#include "wdf/structures.h"

namespace drydock::wdf {

class Queue;

/// Whoever is inside holds it, so that the queue may let go of it meanwhile.
class ForwardProgress : public std::enable_shared_from_this<ForwardProgress> {
 public:
  ForwardProgress(Queue& queue, const WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY& policy);
  ForwardProgress(const ForwardProgress&) = delete;

  /// Makes the reserve; the driver allocates for each (EvtIoAllocateResourcesForReservedRequest). PASSIVE_LEVEL.
  NTSTATUS fill();
  /// `made`: the request made for `irp`, null if there was no memory. Null with STATUS_PENDING: `irp` waits for a
  /// reserved request, and comes to the queue with it; null with a failure: `irp` is to be completed with it.
  Request* request_for(IRP* irp, Request* made, NTSTATUS* status);
  /// The queue goes, and refuses what comes: returns when nobody waits and every reserved request has come back, from
  /// whatever queue it was forwarded to, and is deleted. PASSIVE_LEVEL.
  void run_down();
  /// A reserved request has come to its end: the next IRP that waits gets it.
  void take_back(Request& reserved);

 private:
  bool wants_reserve(IRP* irp);
  bool all_back() const { return free_.size() == all_.size() && waiting_.empty(); }
  IRP* next_waiting();
  static void NTAPI on_irp_cancel(DEVICE_OBJECT*, IRP* irp);

  Queue& queue_;
  const WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY policy_;
  std::vector<Request*> all_;
  std::vector<Request*> free_;
  std::deque<IRP*> waiting_;
  std::vector<const void*> serving_;  ///< the threads that give out what came back
  bool gone_ = false;
  KEVENT back_;
};

}  // namespace drydock::wdf
