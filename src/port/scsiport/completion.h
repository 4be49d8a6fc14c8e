#pragma once
// What becomes of requests that came back, and of everything else a miniport notified.

#include "port/scsiport/start_io.h"

namespace drydock::port::scsiport {

/// Acts on all that was notified so far, in the order of SP-103. Caller holds the port lock.
struct Afterwards {
  Ended ended;
  std::vector<LogEntry> log;
  std::vector<WmiNews> wmi;
  std::uint32_t buses_changed = 0;
};
void act_on_notifications(Adapter& adapter, Afterwards& afterwards);
/// The part that needs the port lock released.
void finish(Adapter& adapter, Afterwards& afterwards);

/// SP-124.
NTSTATUS status_of(UCHAR srb_status);
/// Whether such an end freezes the unit's queue (SP-194, SP-215, SP-235 to SP-238).
bool freezes(const Request& request, UCHAR srb_status);

/// Tells silence_adapter() that the miniport owns nothing any more. Caller holds the port lock.
void note_idle(Adapter& adapter);

}  // namespace drydock::port::scsiport
