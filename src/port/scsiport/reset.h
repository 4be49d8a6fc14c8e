#pragma once
// Bus reset and the rest after it (contract, section 7). The states and what follows are in reset_table.h.

#include "port/scsiport/completion.h"

namespace drydock::port::scsiport {

/// Looks the event up, counts the visit and moves the adapter on. Null if the state drops the event.
/// Caller holds the port lock.
const ResetRow* reset_step(Adapter& adapter, ResetEvent event);

enum class ResetCause : std::uint8_t {
  Overdue,   ///< SP-154
  NotReady,  ///< SP-155
  Ioctl,     ///< SP-156
  Stop,      ///< SP-266
};
const char* cause_name(ResetCause cause);

/// Calls HwScsiResetBus for each bus of `paths`, ascending, then lets them rest. Caller holds the port lock.
/// False if a call returned FALSE, or if the adapter cannot be reset.
bool reset_buses(Adapter& adapter, std::uint32_t paths, ResetCause cause, const Request* overdue,
                 Afterwards& afterwards);

/// The miniport notified a reset nobody asked the port for (SP-205 to SP-208). Caller holds the port lock.
void reset_detected(Adapter& adapter);
/// A RESET_BUS request came back (SP-214). Caller holds the port lock.
void reset_request_completed(Adapter& adapter, UCHAR path);

VOID NTAPI ScsiPortHoldOffDpc(KDPC* Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2);

}  // namespace drydock::port::scsiport
