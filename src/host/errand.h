#pragma once
// What a worker cannot do in its sandbox, its supervisor does: an order with two descriptors, and a sentence back.

#include "host/descriptor.h"
#include "host/result.h"

namespace drydock::host {

/// Made before the worker is forked; each of the two uses its copy.
class Errand {
 public:
  static Result<Errand> create();

  /// Whether this process made it, and can do the thing itself.
  bool at_home() const;
  /// The worker's: hands these over and waits. Fails with the supervisor's sentence, or if none came for a minute.
  Status send(const Descriptor& first, const Descriptor& second);
  /// The supervisor's: the two descriptors of an order that waits; none if none does. done() must follow then.
  std::vector<Descriptor> take() { return receive_descriptors(sockets_.ours.get()); }
  void done(const Status& how);

 private:
  SocketPair sockets_;  // ours: the supervisor's end
  int home_ = 0;
};

}  // namespace drydock::host
