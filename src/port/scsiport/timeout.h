#pragma once
// The port's one-second timer (contract, section 8): clocks of requests, the clock of NextRequest, busy requests.

#include "port/scsiport/completion.h"

namespace drydock::port::scsiport {

/// TimeOutValue in ticks, SP-226 included.
std::int32_t ticks_of(ULONG timeout_s);

// The caller holds the port lock.
/// `request` is about to be passed to HwScsiStartIo (SP-222 to SP-224).
void start_clocks(Adapter& adapter, LogicalUnit& unit, const Request& request);
/// The oldest owned request of `unit` has come back: the next one's clock starts (SP-223).
void restart_unit_clock(LogicalUnit& unit);
/// Makes sure the tick comes.
void need_tick(Adapter& adapter);
/// `request` was given back busy and is sent again on the next tick (SP-089).
void retry_on_tick(Adapter& adapter, Request& request);

VOID NTAPI ScsiPortTickDpc(KDPC* Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2);

}  // namespace drydock::port::scsiport
