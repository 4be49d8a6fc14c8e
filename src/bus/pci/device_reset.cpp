#include "bus/pci/device_reset.h"

#include <cstring>
#include <optional>

#include "bus/pci/pci_driver.h"
#include "machine/processor.h"
#include "nt/pci.h"
#include "ntos/io/driver.h"
#include "ntos/ke/wait.h"

namespace drydock::bus::pci {

using namespace nt;

namespace {

constexpr unsigned kAdvancedCapabilities = 3, kAdvancedControl = 4, kAdvancedStatus = 5;

void violation(const char* rule, std::string summary) {
  machine::Machine::current().report(
      {.rule = rule, .summary = std::move(summary), .severity = machine::Severity::Recorded});
}

void wait_ms(unsigned milliseconds) {
  LARGE_INTEGER due{};
  due.QuadPart = -10'000ll * milliseconds;
  ntos::KeDelayExecutionThread(KernelMode, FALSE, &due);
}

/// The capability through which this function is reset.
struct Mechanism {
  unsigned offset = 0;
  bool express = false;
};

std::optional<Mechanism> mechanism_of(const ConfigAccess& config) {
  if (const unsigned at = find_capability(config, PCI_CAPABILITY_ID_PCI_EXPRESS);
      at && (config.read(at + kExpressDeviceCapabilities, 4) & kExpressCapabilityFunctionLevelReset))
    return Mechanism{at, true};
  if (const unsigned at = find_capability(config, PCI_CAPABILITY_ID_ADVANCED_FEATURES);
      at && (config.read(at + kAdvancedCapabilities, 1) & 3) == 3)
    return Mechanism{at, false};
  return std::nullopt;
}

bool transactions_pending(const ConfigAccess& config, const Mechanism& mechanism) {
  return mechanism.express
             ? (config.read(mechanism.offset + kExpressDeviceStatus, 2) & kExpressStatusTransactionsPending) != 0
             : (config.read(mechanism.offset + kAdvancedStatus, 1) & 1) != 0;
}

void start_reset(const ConfigAccess& config, const Mechanism& mechanism) {
  if (!mechanism.express) {
    config.write(mechanism.offset + kAdvancedControl, 1, 1);
    return;
  }
  const unsigned control = mechanism.offset + kExpressDeviceControl;
  config.write(control, 2, config.read(control, 2) | kExpressControlInitiateFunctionLevelReset);
}

/// Retry status reads as vendor 0001, absence as FFFF.
bool answers(const ConfigAccess& config) {
  const std::uint32_t vendor = config.read(0, 2);
  return vendor != 0xFFFF && vendor != 0x0001;
}

/// The reset itself. The function may be pulled and its PDO deleted while we wait, so it is looked up after each wait.
NTSTATUS reset_function(PVOID context) {
  auto find = [context] { return find_reset_context(context); };
  Pdo* pdo = find();
  const Mechanism mechanism = *mechanism_of(pdo->config());
  for (unsigned wait : {100u, 200u, 400u}) {
    if (!transactions_pending(pdo->config(), mechanism)) break;
    wait_ms(wait);
    if (!(pdo = find()) || pdo->gone()) return STATUS_NO_SUCH_DEVICE;
  }
  if (transactions_pending(pdo->config(), mechanism))
    machine::Machine::current().note("pci: transactions still pending after 700 ms, reset all the same");

  SavedConfig saved;
  saved.save(pdo->config());
  machine::Machine::current().record(machine::Event::DeviceReset, pdo->number(), FunctionLevelDeviceReset);
  start_reset(pdo->config(), mechanism);
  wait_ms(100);
  for (unsigned waited = 0;; waited += 10) {
    if (!(pdo = find()) || pdo->gone()) return STATUS_NO_SUCH_DEVICE;
    if (answers(pdo->config())) break;
    if (waited >= kReadyLimitMs) {
      pdo->set_hung();
      return STATUS_IO_TIMEOUT;
    }
    wait_ms(10);
  }
  saved.restore(pdo->config());
  pdo->program_again();
  return STATUS_SUCCESS;
}

/// Refusals that both types share, in the order of RST-097.
NTSTATUS check_request(PVOID context, LONG type, ULONG flags) {
  if (machine::current_irql() != PASSIVE_LEVEL) {
    violation("RST-083", fmt::format("DeviceReset was called at IRQL {}", machine::current_irql()));
    return STATUS_UNSUCCESSFUL;
  }
  Pdo* pdo = find_reset_context(context);
  if (!pdo) {
    violation("RST-064", "DeviceReset was called with a context that no present device gave out");
    return STATUS_NO_SUCH_DEVICE;
  }
  if (pdo->reset_references <= 0)
    violation("RST-014", "DeviceReset was called after the interface had been dereferenced");
  if (flags != 0) {
    violation("RST-067", fmt::format("DeviceReset was called with Flags {:X}; none are defined", flags));
    return STATUS_INVALID_PARAMETER;
  }
  if (type != FunctionLevelDeviceReset && type != PlatformLevelDeviceReset) return STATUS_INVALID_PARAMETER;
  if (pdo->gone()) return STATUS_NO_SUCH_DEVICE;
  if (type != FunctionLevelDeviceReset || !has_function_level_reset(pdo->config())) return STATUS_NOT_SUPPORTED;
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI device_reset(PVOID context, DEVICE_RESET_TYPE type, ULONG flags, PVOID parameters) {
  if (const NTSTATUS refused = check_request(context, type, flags); !NT_SUCCESS(refused)) return refused;
  FUNCTION_LEVEL_DEVICE_RESET_PARAMETERS wanted{};
  if (parameters) {
    const auto* given = static_cast<const FUNCTION_LEVEL_DEVICE_RESET_PARAMETERS*>(parameters);
    if (given->Size < sizeof(wanted) || !given->DeviceResetCompletion) return STATUS_INVALID_PARAMETER;
    wanted = *given;
  }
  Pdo* pdo = find_reset_context(context);
  if (pdo->resetting) return STATUS_DEVICE_BUSY;
  if (!pdo->started()) return STATUS_DEVICE_NOT_READY;
  if (pdo->power_state() != PowerDeviceD0) return STATUS_INVALID_DEVICE_STATE;

  pdo->resetting = true;
  const NTSTATUS status = reset_function(context);
  if ((pdo = find_reset_context(context)) != nullptr) pdo->resetting = false;
  if (wanted.DeviceResetCompletion) {
    machine::call_driver(wanted.DeviceResetCompletion, status, wanted.CompletionContext);
    if (const KIRQL irql = machine::current_irql(); irql != PASSIVE_LEVEL) {
      violation("RST-086", fmt::format("a DeviceResetCompletion routine returned at IRQL {}", irql));
      machine::lower_irql(PASSIVE_LEVEL);
    }
  }
  return status;
}

NTSTATUS NTAPI query_bus_specific(PVOID context, ULONG* count, DEVICE_BUS_SPECIFIC_RESET_INFO* info) {
  Pdo* pdo = find_reset_context(context);
  if (!pdo) return STATUS_NO_SUCH_DEVICE;
  if (!count) return STATUS_INVALID_PARAMETER;
  *count = 1;
  if (!info) return STATUS_SUCCESS;
  *info = {GUID_BUS_TYPE_PCI, {}};
  info->ResetTypeSupported.Pci.FunctionLevelDeviceReset = has_function_level_reset(pdo->config());
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI bus_specific_reset(PVOID context, const GUID* bus_type, DEVICE_BUS_SPECIFIC_RESET_TYPE type,
                                  BUS_SPECIFIC_RESET_FLAGS* flags, PVOID parameters) {
  if (flags && flags->u.Reserved) return STATUS_INVALID_PARAMETER;
  if (flags && flags->u.KeepStackReset) return STATUS_NOT_SUPPORTED;
  const ULONGLONG bits = type.AsULONGLONG;
  if (bits == 0 || (bits & (bits - 1)) || type.Pci.Reserved) return STATUS_INVALID_PARAMETER;
  if (!(*bus_type == GUID_BUS_TYPE_PCI) || bits > 2) return STATUS_NOT_SUPPORTED;
  return device_reset(context, bits == 1 ? FunctionLevelDeviceReset : PlatformLevelDeviceReset, 0, parameters);
}

NTSTATUS NTAPI get_reset_status(PVOID context, BOOLEAN* is_resetting, DEVICE_BUS_SPECIFIC_RESET_TYPE* type,
                                DEVICE_RESET_STATUS_FLAGS* flags) {
  if (!is_resetting || !type || !flags) return STATUS_INVALID_PARAMETER;
  const Pdo* pdo = find_reset_context(context);
  if (!pdo) return STATUS_NO_SUCH_DEVICE;
  *is_resetting = pdo->resetting;
  type->AsULONGLONG = pdo->resetting ? 1 : 0;
  flags->AsUlonglong = 0;
  return STATUS_SUCCESS;
}

VOID NTAPI reference(PVOID context) {
  if (Pdo* pdo = find_reset_context(context)) ++pdo->reset_references;
}
VOID NTAPI dereference(PVOID context) {
  if (Pdo* pdo = find_reset_context(context)) --pdo->reset_references;
}

}  // namespace

bool has_function_level_reset(const ConfigAccess& config) {
  return mechanism_of(config).has_value();
}

NTSTATUS query_reset_interface(Pdo& pdo, IRP* irp) {
  using ntos::io::guest_callable;
  const auto& asked = IoGetCurrentIrpStackLocation(irp)->Parameters.QueryInterface;
  if (!has_function_level_reset(pdo.config()) || asked.Version == 0) return irp->IoStatus.Status;
  if (asked.Size < kDeviceResetInterfaceSizeOriginal) return STATUS_INVALID_BUFFER_SIZE;

  DEVICE_RESET_INTERFACE_STANDARD interface {};
  interface.Size = asked.Size < sizeof(interface) ? kDeviceResetInterfaceSizeOriginal : USHORT{sizeof(interface)};
  interface.Version = DEVICE_RESET_INTERFACE_VERSION;
  interface.Context = pdo.reset_context();
  interface.InterfaceReference = guest_callable(reference, "pci.sys!ResetInterfaceReference");
  interface.InterfaceDereference = guest_callable(dereference, "pci.sys!ResetInterfaceDereference");
  interface.DeviceReset = guest_callable(device_reset, "pci.sys!DeviceReset");
  interface.SupportedResetTypes = 1u << FunctionLevelDeviceReset;
  interface.QueryBusSpecificResetInfo = guest_callable(query_bus_specific, "pci.sys!QueryBusSpecificResetInfo");
  interface.DeviceBusSpecificReset = guest_callable(bus_specific_reset, "pci.sys!DeviceBusSpecificReset");
  interface.GetDeviceResetStatus = guest_callable(get_reset_status, "pci.sys!GetDeviceResetStatus");
  std::memcpy(static_cast<void*>(asked.Interface), &interface, interface.Size);
  ++pdo.reset_references;
  irp->IoStatus.Information = 0;
  return STATUS_SUCCESS;
}

}  // namespace drydock::bus::pci
