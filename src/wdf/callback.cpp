#include "wdf/callback.h"

#include <fmt/format.h>

#include "image/loader.h"
#include "wdf/misuse.h"

namespace drydock::wdf {

CallbackState callback_state() {
  const KIRQL irql = KeGetCurrentIrql();
  return {irql, irql < DISPATCH_LEVEL && KeAreApcsDisabled()};
}

void check_callback(const void* function, CallbackState before) {
  const CallbackState after = callback_state();
  const auto address = reinterpret_cast<std::uint64_t>(function);
  if (after.irql != before.irql)
    stop(Violation::VerifierIrqlMismatch, "callback-left-at-other-irql",
         fmt::format("{} was called at IRQL {} and returned at {}", image::Images::current().symbol_at(address),
                     before.irql, after.irql),
         before.irql, after.irql);
  if (after.in_critical_region != before.in_critical_region)
    stop(Violation::VerifierCriticalRegionMismatch, "critical-region-left-entered",
         fmt::format("{} returned {} a critical region", image::Images::current().symbol_at(address),
                     after.in_critical_region ? "inside" : "outside of"),
         address);
}

}  // namespace drydock::wdf
