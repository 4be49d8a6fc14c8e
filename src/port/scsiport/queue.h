#pragma once
// The queue of a logical unit (SP-053, SP-054): ascending sort key from the last one issued, then from the lowest
// again; equal keys first in, first out.

#include "port/scsiport/request.h"

namespace drydock::port::scsiport {

class RequestQueue {
 public:
  bool empty() const { return this_sweep_.empty() && next_sweep_.empty(); }
  unsigned size() const { return this_sweep_.size() + next_sweep_.size(); }

  void insert(Request* request);
  /// The one that is due next; null if empty. Does not take it out.
  Request* head() const;
  /// Takes the head out for issuing: its key is where the sweep stands now.
  void take(Request* request);
  /// Takes it out without issuing it.
  void withdraw(Request* request);
  /// Takes everything out, in the order it would have been issued in.
  RequestList take_all();

 private:
  RequestList this_sweep_;  ///< keys from sweep_key_ upwards
  RequestList next_sweep_;  ///< keys below
  ULONG sweep_key_ = 0;
  bool in_this_sweep(const Request* request) const { return request->sort_key >= sweep_key_; }
};

}  // namespace drydock::port::scsiport
