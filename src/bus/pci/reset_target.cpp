#include "bus/pci/reset_target.h"

#include "bus/pci/pci_driver.h"
#include "nt/pci.h"
#include "ntos/ke/wait.h"
#include "ntos/pnp/platform_reset.h"

namespace drydock::bus::pci {

using namespace nt;
using ntos::pnp::ResetStepKind;

namespace {

constexpr unsigned kAdvancedCapabilities = 3, kAdvancedControl = 4, kAdvancedStatus = 5;

std::optional<ResetMechanism> mechanism_of(const ConfigAccess& config) {
  if (const unsigned at = find_capability(config, PCI_CAPABILITY_ID_PCI_EXPRESS);
      at && (config.read(at + kExpressDeviceCapabilities, 4) & kExpressCapabilityFunctionLevelReset))
    return ResetMechanism{at, true};
  if (const unsigned at = find_capability(config, PCI_CAPABILITY_ID_ADVANCED_FEATURES);
      at && (config.read(at + kAdvancedCapabilities, 1) & 3) == 3)
    return ResetMechanism{at, false};
  return std::nullopt;
}

bool transactions_pending(const ConfigAccess& config, const ResetMechanism& mechanism) {
  return mechanism.express
             ? (config.read(mechanism.offset + kExpressDeviceStatus, 2) & kExpressStatusTransactionsPending) != 0
             : (config.read(mechanism.offset + kAdvancedStatus, 1) & 1) != 0;
}

void start_reset(const ConfigAccess& config, const ResetMechanism& mechanism) {
  if (!mechanism.express) {
    config.write(mechanism.offset + kAdvancedControl, 1, 1);
    return;
  }
  const unsigned control = mechanism.offset + kExpressDeviceControl;
  config.write(control, 2, config.read(control, 2) | kExpressControlInitiateFunctionLevelReset);
}

}  // namespace

void wait_for(machine::Duration duration) {
  if (duration <= machine::Duration::zero()) return;
  LARGE_INTEGER due{};
  due.QuadPart = -(duration + machine::k100ns - machine::Duration(1)) / machine::k100ns;
  ntos::KeDelayExecutionThread(KernelMode, FALSE, &due);
}

bool poll_until_ready(const ConfigAccess& config, const std::function<bool()>& gone) {
  const machine::Time begun = machine::Machine::current().now();
  for (; !gone(); wait_for(std::chrono::milliseconds(10))) {
    if (config.present()) return true;
    if (machine::Machine::current().now() - begun >= kReadyLimit) return false;
  }
  return false;
}

bool wait_until_ready(const ConfigAccess& config, const std::function<bool()>& gone) {
  wait_for(std::chrono::milliseconds(100));
  return poll_until_ready(config, gone);
}

ResetTarget::ResetTarget(Pdo& pdo) : pdo_(&pdo), config_(pdo.config()), mechanism_(mechanism_of(config_)) {}

bool ResetTarget::gone() const {
  return !pdo_ || pdo_->gone();
}

ULONGLONG ResetTarget::types() const {
  return (mechanism_ ? kFunctionLevelBit : 0) | (pdo_ && pdo_->bus().bridge() ? kSecondaryBusBit : 0);
}

NTSTATUS ResetTarget::function_level() {
  const ResetMechanism mechanism = *mechanism_;
  for (unsigned wait : {100u, 200u, 400u}) {
    if (!transactions_pending(config_, mechanism)) break;
    wait_for(std::chrono::milliseconds(wait));
    if (gone()) return STATUS_NO_SUCH_DEVICE;
  }
  if (transactions_pending(config_, mechanism))
    machine::Machine::current().note("pci: transactions still pending after 700 ms, reset all the same");
  return run_function_level([&] {
    start_reset(config_, mechanism);
    return STATUS_SUCCESS;
  });
}

NTSTATUS ResetTarget::platform_level() {
  return STATUS_NOT_SUPPORTED;
}

NTSTATUS ResetTarget::run_function_level(const std::function<NTSTATUS()>& trigger) {
  SavedConfig saved;
  saved.save(config_);
  machine::Machine::current().record(machine::Event::DeviceReset, pdo_->number(), FunctionLevelDeviceReset);
  NTSTATUS status = trigger();
  if (!gone() && NT_SUCCESS(status) && !wait_until_ready(config_, [this] { return gone(); }))
    status = STATUS_IO_TIMEOUT;
  if (gone()) return STATUS_NO_SUCH_DEVICE;
  if (!NT_SUCCESS(status)) {
    pdo_->set_hung();
    return status;
  }
  saved.restore(config_);
  pdo_->program_again();
  return STATUS_SUCCESS;
}

namespace {

constexpr unsigned kBridgeControl = 0x3E;
constexpr std::uint32_t kSecondaryBusReset = 0x40;

std::vector<DEVICE_OBJECT*> functions_below(const DEVICE_OBJECT* bridge) {
  std::vector<DEVICE_OBJECT*> pdos;
  for (const auto& bus : state().buses)
    if (bus->pdo() == bridge)
      for (const auto& child : bus->children())
        if (child->reported()) pdos.push_back(child->device());
  return pdos;
}

}  // namespace

NTSTATUS ResetTarget::secondary_bus() {
  const Pdo& bridge = *pdo_->bus().bridge();
  DEVICE_OBJECT* above = bridge.device();
  const ConfigAccess control = bridge.config();
  const NTSTATUS status = ntos::pnp::manager().resets().request(
      {.requester = pdo_->device(),
       .what = fmt::format("the secondary bus of {}:{}.{}", control.address().bus, control.address().device,
                           control.address().function),
       .domain = [above] { return functions_below(above); },
       .method =
           [above, control] {
             const std::uint32_t before = control.read(kBridgeControl, 2);
             control.write(kBridgeControl, 2, before | kSecondaryBusReset);
             wait_for(std::chrono::milliseconds(1));
             control.write(kBridgeControl, 2, before & ~kSecondaryBusReset);
             for (DEVICE_OBJECT* each : functions_below(above)) {
               const ConfigAccess config = pdo_of(each)->config();
               wait_until_ready(config, [&control] { return !control.present(); });
             }
             return control.present() ? STATUS_SUCCESS : STATUS_NO_SUCH_DEVICE;
           },
       .find_anew = [](DEVICE_OBJECT* pdo) { pdo_of(pdo)->ask_for_rebirth(); }});
  if (NT_SUCCESS(status)) pdo_->secondary_bus_reset_asked = true;
  return status;
}

}  // namespace drydock::bus::pci
