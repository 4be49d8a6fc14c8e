#pragma once
// Lines that are served at PASSIVE_LEVEL.

#include "ntos/io/interrupt.h"

namespace drydock::ntos::io {

/// From the service routine: the line does not interrupt for this object again until let_line_go(), though it stays
/// asserted. Messages need none of it, and it does nothing for them.
void hold_line(KINTERRUPT* interrupt);
/// Serves the line again; at once, if it is still asserted. <= DISPATCH_LEVEL.
void let_line_go(KINTERRUPT* interrupt);

}  // namespace drydock::ntos::io
