#pragma once
// Synchronising with an interrupt service routine. Interrupt objects themselves are io's (io/interrupt.h).

#include "nt/dispatcher.h"

namespace drydock::ntos {

using namespace nt;

/// Runs `routine` at the interrupt's synchronize IRQL, holding its lock. IRQL: at most that.
BOOLEAN NTAPI KeSynchronizeExecution(KINTERRUPT* interrupt, PKSYNCHRONIZE_ROUTINE routine, PVOID context);
KIRQL NTAPI KeAcquireInterruptSpinLock(KINTERRUPT* interrupt);
VOID NTAPI KeReleaseInterruptSpinLock(KINTERRUPT* interrupt, KIRQL irql);

}  // namespace drydock::ntos
