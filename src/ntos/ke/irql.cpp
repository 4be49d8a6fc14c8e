#include "ntos/ke/irql.h"

#include <string_view>

#include <fmt/format.h>

#include "machine/machine.h"
#include "machine/processor.h"
#include "nt/bugcheck.h"

namespace drydock::ntos {

KIRQL NTAPI KeGetCurrentIrql() {
  return machine::gs::irql();
}
KIRQL NTAPI KfRaiseIrql(KIRQL irql) {
  return ke::raise_irql(irql);
}
KIRQL NTAPI KeRaiseIrqlToDpcLevel() {
  return ke::raise_irql(DISPATCH_LEVEL);
}
KIRQL NTAPI KeRaiseIrqlToSynchLevel() {
  return ke::raise_irql(SYNCH_LEVEL);
}
VOID NTAPI KeLowerIrql(KIRQL irql) {
  ke::lower_irql(irql);
}

namespace ke {

void NTAPI lower_irql_with_work(KIRQL irql) {
  machine::lower_irql(irql);
}
KIRQL NTAPI raise_irql_is_wrong(KIRQL irql) {
  return machine::raise_irql(irql);
}

namespace {

struct NamedRule {
  std::string_view function;
  std::uint32_t code;
  std::uint64_t reason;
};

// Calls whose IRQL Windows or its verifier checks by itself.
constexpr NamedRule kRules[] = {
    {"ExAllocatePool", BAD_POOL_CALLER, 8},
    {"ExAllocatePoolWithTag", BAD_POOL_CALLER, 8},
    {"ExAllocatePoolWithTagPriority", BAD_POOL_CALLER, 8},
    {"ExAllocatePoolWithQuotaTag", BAD_POOL_CALLER, 8},
    {"ExAllocatePool2", BAD_POOL_CALLER, 8},
    {"ExFreePool", BAD_POOL_CALLER, 9},
    {"ExFreePoolWithTag", BAD_POOL_CALLER, 9},
    {"KeSetEvent", DRIVER_VERIFIER_DETECTED_VIOLATION, 0x80},
    {"ExAcquireFastMutex", DRIVER_VERIFIER_DETECTED_VIOLATION, 0x33},
    {"ExTryToAcquireFastMutex", DRIVER_VERIFIER_DETECTED_VIOLATION, 0x33},
    {"ExReleaseFastMutex", DRIVER_VERIFIER_DETECTED_VIOLATION, 0x34},
    {"ExAcquireFastMutexUnsafe", DRIVER_VERIFIER_DETECTED_VIOLATION, 0x39},
    {"ExReleaseFastMutexUnsafe", DRIVER_VERIFIER_DETECTED_VIOLATION, 0x3A},
    {"KeAcquireSpinLockAtDpcLevel", DRIVER_VERIFIER_DETECTED_VIOLATION, 0x40},
    {"KeReleaseSpinLockFromDpcLevel", DRIVER_VERIFIER_DETECTED_VIOLATION, 0x41},
    {"KeAcquireSpinLockRaiseToDpc", DRIVER_VERIFIER_DETECTED_VIOLATION, 0x42},
    {"KeReleaseSpinLock", DRIVER_VERIFIER_DETECTED_VIOLATION, 0x32},
    {"KeEnterCriticalRegion", DRIVER_VERIFIER_DETECTED_VIOLATION, 0x11A},
    {"KeLeaveCriticalRegion", DRIVER_VERIFIER_DETECTED_VIOLATION, 0x11B},
    {"MmProbeAndLockPages", DRIVER_VERIFIER_DETECTED_VIOLATION, 0x70},
    {"MmMapLockedPages", DRIVER_VERIFIER_DETECTED_VIOLATION, 0x74},
    {"MmMapLockedPagesSpecifyCache", DRIVER_VERIFIER_DETECTED_VIOLATION, 0x74},
    {"MmMapIoSpace", DRIVER_VERIFIER_DETECTED_VIOLATION, 0x73},
    {"MmUnmapIoSpace", DRIVER_VERIFIER_DETECTED_VIOLATION, 0x7E},
    {"MmUnlockPages", DRIVER_VERIFIER_DETECTED_VIOLATION, 0x78},
    {"MmUnmapLockedPages", DRIVER_VERIFIER_DETECTED_VIOLATION, 0x77},
};

}  // namespace

void irql_violation(const machine::ExportSlot& slot, KIRQL irql) {
  bool exact = slot.irql_min == slot.irql_max;
  bool too_high = irql > slot.irql_max;
  std::string summary =
      too_high ? fmt::format("{} is called at IRQL {}, and may be called at {} at most", slot.name, irql, slot.irql_max)
               : fmt::format("{} is called at IRQL {}, and needs {} at least", slot.name, irql, slot.irql_min);
  auto& machine = machine::Machine::current();
  if (std::string_view(slot.module) == "Wdf01000.sys") {  // the framework only looks under its verifier, and goes on
    machine.report(machine::finding("WDF-438", "wrong-irql: " + summary, machine::Severity::Recorded));
    return;
  }
  for (const NamedRule& rule : kRules)
    if (rule.function == slot.name) machine.bug_check(rule.code, rule.reason, irql, 0, 0, std::move(summary));
  if (std::string_view(slot.name).starts_with("Zw"))
    machine.bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, 0xE6, 0, irql, 0, std::move(summary));
  machine.bug_check(DRIVER_VIOLATION, exact ? 1 : 2, irql, too_high ? slot.irql_max : slot.irql_min, 0,
                    std::move(summary));
}

}  // namespace ke

}  // namespace drydock::ntos
