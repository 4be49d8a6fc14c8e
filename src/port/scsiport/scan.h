#pragma once
// Who is there: INQUIRY to every address of every bus (SP-047 to SP-051).

#include "nt/pnp.h"
#include "port/scsiport/fdo.h"

namespace drydock::port::scsiport {

/// Asks everyone, makes PDOs for those who are new and marks the silent as missing. Returns whether anything changed.
/// IRQL: PASSIVE_LEVEL.
bool scan_buses(Adapter& adapter);
/// The units that are there, their PDOs referenced, for bus relations. Null if pool is exhausted.
DEVICE_RELATIONS* report_units(Adapter& adapter);

}  // namespace drydock::port::scsiport
