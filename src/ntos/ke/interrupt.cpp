#include "ntos/ke/interrupt.h"

#include "machine/machine.h"
#include "machine/processor.h"
#include "nt/bugcheck.h"
#include "ntos/io/interrupt.h"

namespace drydock::ntos {

BOOLEAN NTAPI KeSynchronizeExecution(KINTERRUPT* interrupt, PKSYNCHRONIZE_ROUTINE routine, PVOID context) {
  return machine::synchronize_execution(io::handler_of(interrupt), routine, context);
}

KIRQL NTAPI KeAcquireInterruptSpinLock(KINTERRUPT* interrupt) {
  if (interrupt->SynchronizeIrql < DISPATCH_LEVEL)
    machine::Machine::current().bug_check(PASSIVE_INTERRUPT_ERROR, 1, reinterpret_cast<std::uint64_t>(interrupt), 0, 0,
                                          "the spin lock of a passive-level interrupt is asked for");
  KIRQL old = machine::raise_irql(interrupt->SynchronizeIrql);
  machine::acquire_spin_lock(interrupt->ActualLock);
  return old;
}

VOID NTAPI KeReleaseInterruptSpinLock(KINTERRUPT* interrupt, KIRQL irql) {
  machine::release_spin_lock(interrupt->ActualLock);
  machine::lower_irql(irql);
}

}  // namespace drydock::ntos
