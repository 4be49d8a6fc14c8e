#pragma once
// What the checks know that no port driver could: what devices do on their own (machine::DeviceWitness), and whose
// memory it was that a miniport touched and may not.

#include "machine/machine.h"
#include "port/scsiport/request.h"
#include "port/scsiport/retired_runs.h"

namespace drydock::port::scsiport {

/// Of one adapter.
struct Watch {
  bool device_seen = false;     ///< its device has been heard of: it is one that we model
  bool tells_commands = false;  ///< the model says when commands end
  bool line_up = false;         ///< the device's own interrupt line
  unsigned line_rises = 0;
  unsigned claims_with_line_up = 0;
  bool stopped = false;            ///< ScsiStopAdapter has returned, and nothing has started it since
  bool activity_reported = false;  ///< SP-373, since then
  unsigned reset_bus = 0;
  machine::EventId reset_deadline = 0;  ///< SP-354: pending while a reset nobody asked for is not reported
  RetiredRuns retired;
};

/// Once in a machine; later calls do nothing. Called by ScsiPortInitialize.
void begin_witnessing(Port& port);

// The adapter's side. The caller holds the port lock or the interrupt lock.
void witness_hand_over(Adapter& adapter, Slot& slot);
void witness_give_back(Adapter& adapter, Slot& slot);
/// HwScsiInterrupt has returned; `line_was_up` when it was called or rose meanwhile (SP-371, SP-372).
void witness_interrupt(Adapter& adapter, bool claimed, bool line_was_up);
/// SP-354: the miniport notified it, or the port has reset the bus since.
void witness_reset_known(Adapter& adapter);
/// The adapter is about to stop with every request back: what has not been reported now never will be (SP-354).
void witness_stopping(Adapter& adapter);
/// ScsiStopAdapter has returned (SP-373), or the adapter is to run again.
void witness_stopped(Adapter& adapter, bool stopped);

}  // namespace drydock::port::scsiport
