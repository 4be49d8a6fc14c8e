#pragma once
// The resets of a probe: each kind that a device offers, and whether it can be used as before afterwards.

#include "scenario/probe.h"
#include "scenario/probe_device.h"

namespace drydock::scenario {

/// Tries them all, one after the other. The device is started and works. On a machine thread.
void try_resets(ProbedDevice& to, bus::pci::Pdo& pdo, const ProbedRegisters& registers, const DeviceUse& use);

}  // namespace drydock::scenario
