#pragma once
// Interrupts whose service takes longer than their service routine.

#include <cstdint>

namespace drydock::machine {

/// Takes a handler out of its vector, without waiting for it to return: the routine itself may ask for it. It comes back
/// by connect_interrupt, which delivers an interrupt at once whose line is still asserted. Any IRQL.
void hold_interrupt(std::uint32_t id);

}  // namespace drydock::machine
