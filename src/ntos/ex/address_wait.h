#pragma once
// Waiting for a word of the driver's memory to change, for locks that are one word and have no dispatcher object.

#include "nt/dispatcher.h"

namespace drydock::ntos::ex {

/// Blocks once until wake(address); callers test their condition in a loop. `what` is for reports.
/// IRQL: at most APC_LEVEL.
void wait_on(const void* address, const char* what);
void wake(const void* address);

}  // namespace drydock::ntos::ex
