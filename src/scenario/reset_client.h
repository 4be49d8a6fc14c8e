#pragma once
// Somebody in the stack who uses the reset interface, as a filter driver would.

#include "nt/interface.h"
#include "scenario/stage.h"

namespace drydock::scenario {

class ResetClient {
 public:
  /// Asks the top of the stack that stands on this PDO; null: nothing is offered.
  explicit ResetClient(nt::DEVICE_OBJECT* pdo);
  /// The adapter runs.
  explicit ResetClient(const Adapter& adapter);
  ~ResetClient();
  ResetClient(const ResetClient&) = delete;

  bool offers(nt::DEVICE_RESET_TYPE type) const;
  /// The call returns when a function-level reset is done, and when a platform-level one has been accepted.
  nt::NTSTATUS reset(nt::DEVICE_RESET_TYPE type);

 private:
  nt::DEVICE_RESET_INTERFACE_STANDARD interface_{};
};

}  // namespace drydock::scenario
