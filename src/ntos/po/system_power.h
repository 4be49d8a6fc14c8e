#pragma once
// The system goes to sleep and wakes up: query and set IRPs along the device tree.

#include "nt/power.h"
#include "ntos/pnp/manager.h"

namespace drydock::ntos::po {

/// IRP_MN_QUERY_POWER, then IRP_MN_SET_POWER for `target` (PowerSystemSleeping1 .. PowerSystemShutdown) to every
/// started device, children first. If a stack refuses the query nobody sleeps: all that were asked are told that the
/// system stays working, and the change names who refused. On a machine thread at PASSIVE_LEVEL; done by the PnP
/// worker, so that no PnP change comes between (RST-208).
pnp::Change sleep(nt::SYSTEM_POWER_STATE target);
/// IRP_MN_SET_POWER for PowerSystemWorking, parents first.
pnp::Change wake();

}  // namespace drydock::ntos::po
