#pragma once
// Resets of the adapter that others in its stack ask its bus for: the port puts routines of its own in front of the
// bus's, so that the miniport is stopped before such a reset and restarted after it (SP-377).

#include "port/scsiport/fdo.h"

namespace drydock::port::scsiport {

/// IRP_MN_QUERY_INTERFACE. IRQL: PASSIVE_LEVEL.
NTSTATUS query_interface(Adapter& adapter, IRP* irp);
/// The adapter goes: what was handed out leads to the bus alone from now on. Returns when no reset needs it any more.
/// IRQL: PASSIVE_LEVEL.
void forget_reset_routines(Adapter& adapter);

/// While one lives, nobody else stops or starts the adapter. Not nested. IRQL: PASSIVE_LEVEL.
class ChangeOfAdapter {
 public:
  explicit ChangeOfAdapter(Adapter& adapter);
  ~ChangeOfAdapter();
  ChangeOfAdapter(const ChangeOfAdapter&) = delete;

 private:
  Adapter& adapter_;
};

}  // namespace drydock::port::scsiport
