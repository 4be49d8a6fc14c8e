#pragma once
// Adapters that no bus enumerates: looked for inside ScsiPortInitialize, bus by bus.

#include "port/scsiport/fdo.h"

namespace drydock::port::scsiport {

/// Finds, claims, connects and initialises every adapter of the registration's interface type (SP-012, SP-013,
/// SP-035). Success if there is one; else how the last search ended. IRQL: PASSIVE_LEVEL, in DriverEntry.
NTSTATUS initialize_legacy(MiniportDriver& driver, const Registration& registration);

}  // namespace drydock::port::scsiport
