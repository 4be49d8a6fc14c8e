#pragma once
// IRQL as drivers change it.

#include "machine/gs.h"
#include "machine/guest_call.h"
#include "nt/irql.h"

namespace drydock::ntos {

using namespace nt;

// IRQL: any. Raising to a lower level stops with IRQL_NOT_GREATER_OR_EQUAL, lowering to a higher with
// IRQL_NOT_LESS_OR_EQUAL, as Windows does without the verifier.
KIRQL NTAPI KeGetCurrentIrql();
KIRQL NTAPI KfRaiseIrql(KIRQL irql);
KIRQL NTAPI KeRaiseIrqlToDpcLevel();
KIRQL NTAPI KeRaiseIrqlToSynchLevel();
VOID NTAPI KeLowerIrql(KIRQL irql);

namespace ke {

/// What lowering IRQL lets in, and the stop for raising by it. Out of the hot paths.
[[gnu::noinline, gnu::cold]] void NTAPI lower_irql_with_work(KIRQL irql);
[[gnu::noinline, gnu::cold]] KIRQL NTAPI raise_irql_is_wrong(KIRQL irql);

[[gnu::always_inline]] inline KIRQL raise_irql(KIRQL irql) {
  KIRQL old = machine::gs::irql();
  if (__builtin_expect(irql < old, 0)) return raise_irql_is_wrong(irql);
  machine::gs::set_irql(irql);
  return old;
}

[[gnu::always_inline]] inline void lower_irql(KIRQL irql) {
  if (__builtin_expect(irql > machine::gs::irql() || machine::gs::attention() != 0, 0))
    return lower_irql_with_work(irql);
  machine::gs::set_irql(irql);
}

/// A driver called `slot` outside its limits: the stop of the verifier rule that names the call, else DRIVER_VIOLATION.
void irql_violation(const machine::ExportSlot& slot, KIRQL irql);

}  // namespace ke

}  // namespace drydock::ntos
