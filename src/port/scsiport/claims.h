#pragma once
// Hardware that nobody assigned to an adapter: what its miniport settled on is claimed with the PnP manager.

#include "port/scsiport/fdo.h"

namespace drydock::port::scsiport {

/// False if another driver has any of the range (SP-293). IRQL: PASSIVE_LEVEL.
bool range_is_free(const Adapter& adapter, bool memory, std::uint64_t start, ULONG length);

/// After HwScsiFindAdapter has found a legacy adapter: its ranges, its interrupt and the AT disk ranges it took over
/// become the adapter's (SP-013, SP-027). STATUS_CONFLICTING_ADDRESSES if another driver has any of them.
NTSTATUS claim_hardware(Adapter& adapter);
void release_claims(Adapter& adapter);

/// SP-027: whether the ranges of the AT disk controllers have an owner, into `config`.
void offer_atdisk(const Adapter& adapter, PORT_CONFIGURATION_INFORMATION& config);

/// Tells the PnP manager of an adapter that was found without its help, and sits down on the PDO it makes.
NTSTATUS report_adapter(Adapter& adapter);

}  // namespace drydock::port::scsiport
