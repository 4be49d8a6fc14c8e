#include "bus/acpi/firmware_reset.h"

#include <algorithm>

#include "bus/pci/pci_driver.h"
#include "machine/guest_call.h"
#include "models/pci/fabric.h"
#include "ntos/pnp/platform_reset.h"

namespace drydock::bus::acpi {

using namespace nt;
using models::pci::Hold;

namespace {

State& acpi() {
  return *find_state();
}

models::pci::Location location_of(Slot slot) {
  return {static_cast<std::uint8_t>(slot.bus), static_cast<std::uint8_t>(slot.device),
          static_cast<std::uint8_t>(slot.function)};
}

void note(std::string text) {
  machine::Machine::current().note("acpi  " + std::move(text));
}

/// Runs a method to its end (RST-165). One that takes longer than the limit is given up when that is over.
NTSTATUS run(Method& method, const std::string& name) {
  note(name);
  if (method.takes > pci::kReadyLimit) {
    pci::wait_for(pci::kReadyLimit);
    return STATUS_IO_TIMEOUT;
  }
  pci::wait_for(method.takes);
  if (method.fails == 0) return STATUS_SUCCESS;
  --method.fails;
  note(name + " failed");
  return STATUS_UNSUCCESSFUL;
}

void for_all(const PlatformMethod& method, const std::function<void(models::pci::Location)>& action) {
  for (Slot slot : method.domain) action(location_of(slot));
}

pci::ConfigAccess config_of(Slot slot) {
  return {*acpi().fabric,
          {static_cast<std::uint8_t>(slot.bus), static_cast<std::uint8_t>(slot.device),
           static_cast<std::uint8_t>(slot.function)}};
}

/// The line is asserted while the method runs.
NTSTATUS run_reset_line(const PlatformMethod& method) {
  PowerResource& resource = *acpi().firmware.resource(method.resources.front());
  for_all(method, [](models::pci::Location at) { acpi().fabric->hold(at, Hold::ResetLine); });
  const NTSTATUS status = run(*resource.rst, resource.name + "._RST");
  for_all(method, [](models::pci::Location at) { acpi().fabric->release(at, Hold::ResetLine); });
  return status;
}

/// D3hot, main power off and on (RST-171). What has no driver any more is put into D3hot here.
NTSTATUS run_power_cycle(const PlatformMethod& method) {
  for (Slot slot : method.domain)
    if (const pci::ConfigAccess config = config_of(slot); config.present()) pci::set_power(config, false);
  Firmware& firmware = acpi().firmware;
  for (const std::string& name : method.resources)
    if (const NTSTATUS status = run(firmware.resource(name)->off, name + "._OFF"); !NT_SUCCESS(status)) return status;
  for_all(method, [](models::pci::Location at) { acpi().fabric->hold(at, Hold::Power); });
  NTSTATUS status = STATUS_SUCCESS;
  for (const std::string& name : method.resources)
    if (status = run(firmware.resource(name)->on, name + "._ON"); !NT_SUCCESS(status)) return status;  // it stays dark
  for_all(method, [](models::pci::Location at) { acpi().fabric->release(at, Hold::Power); });
  return status;
}

NTSTATUS reset_domain(Slot asked) {
  const std::optional<PlatformMethod> method = acpi().firmware.platform_method(asked);
  if (!method) return STATUS_NOT_SUPPORTED;
  machine::Machine::current().record(machine::Event::DeviceReset, 0, PlatformLevelDeviceReset);
  const NTSTATUS status = method->power_cycle ? run_power_cycle(*method) : run_reset_line(*method);
  if (!NT_SUCCESS(status)) return status;
  // Both are conventional resets to a function (RST-188): 100 ms, then each as long as it answers with retry status.
  pci::wait_for(std::chrono::milliseconds(100));
  for (Slot slot : method->domain) {
    if (!acpi().fabric->model(location_of(slot))) continue;
    if (!pci::poll_until_ready(config_of(slot), [] { return false; }))
      note(fmt::format("{} does not answer after the reset of its rail", to_text(slot)));
  }
  return STATUS_SUCCESS;
}

/// Members in the order in which their bus lists them.
std::vector<DEVICE_OBJECT*> members_of(const PlatformMethod& method) {
  std::vector<DEVICE_OBJECT*> pdos;
  for (Slot slot : method.domain)
    for (const auto& filter : acpi().filters)
      if (filter->pdo && filter->slot == slot && pci::pdo_of(filter->pdo)->reported()) pdos.push_back(filter->pdo);
  return pdos;
}

std::vector<DEVICE_OBJECT*> domain_of(Slot asked) {
  const std::optional<PlatformMethod> method = acpi().firmware.platform_method(asked);
  return method ? members_of(*method) : std::vector<DEVICE_OBJECT*>();
}

/// Each bus in the domain has to be able to imitate an unplug (RST-044, RST-045).
bool can_be_found_anew(const std::vector<DEVICE_OBJECT*>& members) {
  return std::all_of(members.begin(), members.end(), [](const DEVICE_OBJECT* pdo) {
    return filter_on(pdo)->reenumerate.SurpriseRemoveAndReenumerateSelf != nullptr;
  });
}

}  // namespace

ULONGLONG FirmwareReset::types() const {
  const DeviceObject* object = acpi().firmware.object(slot_);
  ULONGLONG types = ResetTarget::types();
  if (object && object->rst) types |= pci::kFunctionLevelBit;
  const std::optional<PlatformMethod> method = acpi().firmware.platform_method(slot_);
  if (method && can_be_found_anew(members_of(*method))) types |= pci::kPlatformLevelBit;
  return types;
}

NTSTATUS FirmwareReset::function_level() {
  const auto found = acpi().firmware.devices.find(slot_);
  if (found == acpi().firmware.devices.end() || !found->second.rst) return ResetTarget::function_level();
  return run_function_level([&] {
    const NTSTATUS status = run(*found->second.rst, to_text(slot_) + "._RST");
    if (NT_SUCCESS(status) && !gone()) acpi().fabric->reset(location_of(slot_), machine::ResetKind::FunctionLevel);
    return status;
  });
}

NTSTATUS FirmwareReset::platform_level() {
  const std::optional<PlatformMethod> method = acpi().firmware.platform_method(slot_);
  std::string what = method->resources.size() > 1 ? "power resources" : "power resource";
  for (const std::string& name : method->resources) what += " " + name;
  pdo()->secondary_bus_reset_asked = false;
  return ntos::pnp::manager().resets().request({.requester = pdo()->device(),
                                                .what = std::move(what),
                                                .domain = [slot = slot_] { return domain_of(slot); },
                                                .method = [slot = slot_] { return reset_domain(slot); },
                                                .find_anew =
                                                    [](DEVICE_OBJECT* pdo) {
                                                      const auto& self = filter_on(pdo)->reenumerate;
                                                      machine::call_driver(self.SurpriseRemoveAndReenumerateSelf,
                                                                           self.Context);
                                                    }});
}

}  // namespace drydock::bus::acpi
