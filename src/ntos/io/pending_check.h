#pragma once
// What Driver Verifier's I/O verification says of pending IRPs: a dispatch routine that returns STATUS_PENDING must
// have marked its stack location, and the other way round (0xC9/0x23D and 0x23E; both are recorded and the run goes
// on).

#include <cstdint>
#include <map>
#include <vector>

#include "nt/irp.h"

namespace drydock::ntos::io {

using namespace nt;

class PendingCheck {
 public:
  /// A driver's dispatch routine is about to be called with `irp`.
  void called(const IRP* irp);
  /// It has returned `status`; the IRP may be gone. `number` and `location` are those of the call.
  void returned(std::uint32_t number, CHAR location, NTSTATUS status);
  /// The walk up leaves a location.
  void left(const IRP* irp, CHAR location, bool marked);

 private:
  struct Call {
    CHAR location;
    const void* routine;
    bool has_returned = false, was_left = false;
    bool pending = false, marked = false;
  };
  static void judge(std::uint32_t number, const Call& call);
  void drop_done(std::uint32_t number);

  std::map<std::uint32_t, std::vector<Call>> calls_;  ///< by the IRP's number; innermost last
};

/// From now on, for the life of the machine.
void check_pending_irps();

}  // namespace drydock::ntos::io
