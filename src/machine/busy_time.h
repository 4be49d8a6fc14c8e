#pragma once
// What this processor has been charged with: the one measure of how long code took that means the same in live mode,
// where the clock also runs while the host serves others.

#include "machine/time.h"

namespace drydock::machine {

/// Stalls, register accesses, time queries and slices of calls on this processor, since switch-on. Virtual time in any
/// mode. Never goes back.
Duration busy_time();

}  // namespace drydock::machine
