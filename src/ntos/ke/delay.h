#pragma once
// Delays of code of ours that runs as a thread of the machine: KeDelayExecutionThread without its units.

#include "machine/machine.h"

namespace drydock::ntos::ke {

/// Kernel-mode and not alertable: returns at `due` and no sooner, whatever APCs the thread takes meanwhile.
/// IRQL: at most APC_LEVEL.
void delay_until(machine::Time due);
inline void delay(machine::Duration duration) {
  delay_until(machine::Machine::current().now() + duration);
}

}  // namespace drydock::ntos::ke
