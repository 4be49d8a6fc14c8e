#pragma once
// PORT_CONFIGURATION_INFORMATION: what HwScsiFindAdapter receives, and what the port takes from it afterwards.

#include "port/scsiport/fdo.h"
#include "port/scsiport/parameters.h"

namespace drydock::port::scsiport {

/// Allocates and fills the structure in driver-visible memory (SP-020 to SP-027). False if pool is refused.
bool build_config(Adapter& adapter, const Parameters& parameters);
/// After FOUND (SP-036 to SP-038).
void adopt_config(Adapter& adapter, const Parameters& parameters);

}  // namespace drydock::port::scsiport
