// GUID_DEVICE_RESET_INTERFACE_STANDARD: what the routines check before a ResetTarget acts (docs/contracts/reset.md).

#include <cstring>

#include "bus/pci/pci_driver.h"
#include "bus/pci/reset_target.h"
#include "machine/processor.h"
#include "ntos/io/driver.h"
#include "ntos/pnp/platform_reset.h"

namespace drydock::bus::pci {

using namespace nt;
using ntos::pnp::ResetStepKind;

namespace {

void violation(const char* rule, std::string summary) {
  machine::Machine::current().report(
      {.rule = rule, .summary = std::move(summary), .severity = machine::Severity::Recorded});
}

std::shared_ptr<ResetTarget> find_target(PVOID context) {
  const auto& targets = state().reset_targets;
  const auto found = targets.find(context);
  return found == targets.end() ? nullptr : found->second;
}

ntos::pnp::PlatformResets& resets() {
  return ntos::pnp::manager().resets();
}

bool above_passive(const char* rule, const char* call) {
  const KIRQL irql = machine::current_irql();
  if (irql == PASSIVE_LEVEL) return false;
  violation(rule, fmt::format("{} was called at IRQL {}", call, irql));
  return true;
}

/// What both types refuse, in the order of RST-097; on success the target.
NTSTATUS check_request(PVOID context, ULONG flags, std::shared_ptr<ResetTarget>& target) {
  if (above_passive("RST-083", "DeviceReset")) return STATUS_UNSUCCESSFUL;
  target = find_target(context);
  if (!target) {
    violation("RST-064", "DeviceReset was called with a context that no present device gave out");
    return STATUS_NO_SUCH_DEVICE;
  }
  if (target->references <= 0) violation("RST-014", "DeviceReset was called after the interface had been dereferenced");
  if (flags != 0) {
    violation("RST-067", fmt::format("DeviceReset was called with Flags {:X}; none are defined", flags));
    return STATUS_INVALID_PARAMETER;
  }
  return STATUS_SUCCESS;
}

/// Calls the driver's routine, which must come back at the IRQL it was called at (RST-086).
void tell(const FUNCTION_LEVEL_DEVICE_RESET_PARAMETERS& wanted, NTSTATUS status) {
  if (!wanted.DeviceResetCompletion) return;
  machine::call_driver(wanted.DeviceResetCompletion, status, wanted.CompletionContext);
  if (const KIRQL irql = machine::current_irql(); irql != PASSIVE_LEVEL) {
    violation("RST-086", fmt::format("a DeviceResetCompletion routine returned at IRQL {}", irql));
    machine::lower_irql(PASSIVE_LEVEL);
  }
}

NTSTATUS function_level(ResetTarget& target, PVOID parameters) {
  FUNCTION_LEVEL_DEVICE_RESET_PARAMETERS wanted{};
  if (parameters) {
    const auto* given = static_cast<const FUNCTION_LEVEL_DEVICE_RESET_PARAMETERS*>(parameters);
    if (given->Size < sizeof(wanted) || !given->DeviceResetCompletion) return STATUS_INVALID_PARAMETER;
    wanted = *given;
  }
  Pdo& pdo = *target.pdo();
  if (resets().pending(pdo.device())) return STATUS_DEVICE_BUSY;
  if (pdo.reset_running) return STATUS_DEVICE_BUSY;
  if (!pdo.started()) return STATUS_DEVICE_NOT_READY;
  if (pdo.stop_pending()) return STATUS_DEVICE_NOT_READY;
  if (pdo.power_state() != PowerDeviceD0) return STATUS_INVALID_DEVICE_STATE;

  ntos::pnp::Manager& manager = ntos::pnp::manager();
  pdo.reset_running = true;
  resets().record(ResetStepKind::FunctionBegun, 0, manager.find_pdo(pdo.device()));
  const NTSTATUS status = target.function_level();
  const Pdo* still = target.pdo();  // it may have been pulled meanwhile
  resets().record(ResetStepKind::FunctionEnded, 0, still ? manager.find_pdo(still->device()) : nullptr, status);
  if (still) target.pdo()->reset_running = false;
  tell(wanted, status);
  return status;
}

/// A request that has passed the checks of its parameters; `bit` is one of the target's types.
NTSTATUS carry_out(ResetTarget& target, ULONGLONG bit, PVOID parameters) {
  if (!target.pdo() || target.pdo()->gone()) return STATUS_NO_SUCH_DEVICE;
  if (!(target.types() & bit)) return STATUS_NOT_SUPPORTED;
  switch (bit) {
    case kFunctionLevelBit:
      return function_level(target, parameters);
    case kPlatformLevelBit:
      return target.platform_level();
    default:
      return target.secondary_bus();
  }
}

NTSTATUS NTAPI device_reset(PVOID context, DEVICE_RESET_TYPE type, ULONG flags, PVOID parameters) {
  std::shared_ptr<ResetTarget> target;
  if (const NTSTATUS refused = check_request(context, flags, target); !NT_SUCCESS(refused)) return refused;
  if (type != FunctionLevelDeviceReset && type != PlatformLevelDeviceReset) return STATUS_INVALID_PARAMETER;
  return carry_out(*target, 1ull << type, parameters);
}

// ---- The newer members (section 11) ----

NTSTATUS NTAPI query_bus_specific(PVOID context, ULONG* count, DEVICE_BUS_SPECIFIC_RESET_INFO* info) {
  if (above_passive("RST-212", "QueryBusSpecificResetInfo")) return STATUS_UNSUCCESSFUL;
  const std::shared_ptr<ResetTarget> target = find_target(context);
  if (!target) return STATUS_NO_SUCH_DEVICE;
  if (!count) return STATUS_INVALID_PARAMETER;
  *count = 1;
  if (!info) return STATUS_SUCCESS;
  *info = {GUID_BUS_TYPE_PCI, {}};
  info->ResetTypeSupported.AsULONGLONG = target->types();
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI bus_specific_reset(PVOID context, const GUID* bus_type, DEVICE_BUS_SPECIFIC_RESET_TYPE type,
                                  BUS_SPECIFIC_RESET_FLAGS* flags, PVOID parameters) {
  std::shared_ptr<ResetTarget> target;
  if (const NTSTATUS refused = check_request(context, 0, target); !NT_SUCCESS(refused)) return refused;
  if (flags && flags->u.Reserved) return STATUS_INVALID_PARAMETER;
  if (flags && flags->u.KeepStackReset) return STATUS_NOT_SUPPORTED;
  const ULONGLONG bits = type.AsULONGLONG;
  if (!bus_type || bits == 0 || (bits & (bits - 1)) || type.Pci.Reserved) return STATUS_INVALID_PARAMETER;
  if (!(*bus_type == GUID_BUS_TYPE_PCI)) return STATUS_NOT_SUPPORTED;
  return carry_out(*target, bits, parameters);
}

NTSTATUS NTAPI get_reset_status(PVOID context, BOOLEAN* is_resetting, DEVICE_BUS_SPECIFIC_RESET_TYPE* type,
                                DEVICE_RESET_STATUS_FLAGS* flags) {
  if (above_passive("RST-212", "GetDeviceResetStatus")) return STATUS_UNSUCCESSFUL;
  if (!is_resetting || !type || !flags) return STATUS_INVALID_PARAMETER;
  const std::shared_ptr<ResetTarget> target = find_target(context);
  if (!target) return STATUS_NO_SUCH_DEVICE;
  type->AsULONGLONG = target->pdo()->reset_running                 ? kFunctionLevelBit
                      : !resets().pending(target->pdo()->device()) ? 0
                      : target->pdo()->secondary_bus_reset_asked   ? kSecondaryBusBit
                                                                   : kPlatformLevelBit;
  *is_resetting = type->AsULONGLONG != 0;
  flags->AsUlonglong = 0;
  return STATUS_SUCCESS;
}

VOID NTAPI reference(PVOID context) {
  if (const auto target = find_target(context)) ++target->references;
}
VOID NTAPI dereference(PVOID context) {
  if (const auto target = find_target(context)) --target->references;
}

/// What every answer has in common, made once a machine.
const DEVICE_RESET_INTERFACE_STANDARD& routines() {
  using ntos::io::guest_callable;
  DEVICE_RESET_INTERFACE_STANDARD& all = state().reset_routines;
  if (all.Version) return all;
  all.Version = DEVICE_RESET_INTERFACE_VERSION;
  all.InterfaceReference = guest_callable(reference, "pci.sys!ResetInterfaceReference");
  all.InterfaceDereference = guest_callable(dereference, "pci.sys!ResetInterfaceDereference");
  all.DeviceReset = guest_callable(device_reset, "pci.sys!DeviceReset");
  all.QueryBusSpecificResetInfo = guest_callable(query_bus_specific, "pci.sys!QueryBusSpecificResetInfo");
  all.DeviceBusSpecificReset = guest_callable(bus_specific_reset, "pci.sys!DeviceBusSpecificReset");
  all.GetDeviceResetStatus = guest_callable(get_reset_status, "pci.sys!GetDeviceResetStatus");
  return all;
}

}  // namespace

PVOID publish(std::shared_ptr<ResetTarget> target) {
  const auto context = reinterpret_cast<PVOID>(++state().reset_targets_published << 4 | kResetContextTag);
  state().reset_targets[context] = std::move(target);
  return context;
}

void forget_reset_targets(Pdo& pdo) {
  std::erase_if(state().reset_targets, [&pdo](const auto& each) {
    ResetTarget& target = *each.second;
    if (target.pdo_ != &pdo) return false;
    if (target.references != 0)
      machine::Machine::current().note(fmt::format(
          "pci: a device goes whose reset interface was handed out and not given back {} times", target.references));
    target.pdo_ = nullptr;
    return true;
  });
}

NTSTATUS answer_reset_query(PVOID context, IRP* irp) {
  const auto& asked = IoGetCurrentIrpStackLocation(irp)->Parameters.QueryInterface;
  const std::shared_ptr<ResetTarget> target = find_target(context);
  target->pdo()->meet_new_stack();
  const ULONGLONG types = target->types();
  // A mask of nothing would hide from clients that they must take another path (RST-026).
  if (!(types & (kFunctionLevelBit | kPlatformLevelBit)) || asked.Version == 0) return irp->IoStatus.Status;
  if (asked.Size < kDeviceResetInterfaceSizeOriginal) return STATUS_INVALID_BUFFER_SIZE;

  DEVICE_RESET_INTERFACE_STANDARD interface = routines();
  interface.Size = asked.Size < sizeof(interface) ? kDeviceResetInterfaceSizeOriginal : USHORT{sizeof(interface)};
  interface.Context = context;
  interface.SupportedResetTypes = static_cast<ULONG>(types & (kFunctionLevelBit | kPlatformLevelBit));
  std::memcpy(static_cast<void*>(asked.Interface), &interface, interface.Size);
  ++target->references;
  irp->IoStatus.Information = 0;
  return STATUS_SUCCESS;
}

}  // namespace drydock::bus::pci
