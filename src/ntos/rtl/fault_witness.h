#pragma once
// Told of memory that a driver touched and may not: for those who took it away and can say whose it was.

#include "machine/machine.h"

namespace drydock::ntos::rtl {

/// Runs before handlers are looked for and before the machine stops, at the driver's IRQL. `trap` is null if one of our
/// functions did it on the driver's behalf. May report a finding; neither waits nor calls drivers.
using FaultWitness = void (*)(const machine::TrapFrame* trap, const machine::FaultInfo& info);
void add_fault_witness(FaultWitness witness);

/// Asked after the witnesses, and only about a driver's own instruction: true if the memory is there again, so that the
/// instruction may be run once more. The same limits.
using FaultMender = bool (*)(const machine::FaultInfo& info);
void add_fault_mender(FaultMender mender);

}  // namespace drydock::ntos::rtl
