#include "wdf/callback_log.h"

#include <fmt/format.h>

#include "wdf/device.h"

namespace drydock::wdf {

namespace {

bool wanted() {
  return machine::Machine::current().trace().keeps_records();
}

void note(const Device& device, std::string_view verb, std::string_view what) {
  if (wanted()) machine::Machine::current().note(fmt::format("{} {} {}", describe(device), verb, what));
}

}  // namespace

void note_call(const Device& device, std::string_view name) {
  note(device, "calls", name);
}

void note_failure(const Device& device, std::string_view name) {
  note(device, "failed", name);
}

void note_request(const Device& device, std::string_view request) {
  note(device, ">", request);
}

void note_has(const Device& device, std::string_view name) {
  note(device, "has", name);
}

void note_add_failed(const Device& device) {
  note_request(device, "ADD_DEVICE");
  note_failure(device, "DeviceAdd");
}

void note_says_failed(const Device& device) {
  note(device, "says", "failed");
}

void note_driver(std::string_view driver, std::string_view words) {
  if (wanted()) machine::Machine::current().note(fmt::format("WDFDRIVER of {} {}", driver, words));
}

std::string with_state(std::string_view name, WDF_POWER_DEVICE_STATE state) {
  constexpr const char* kStates[] = {"Invalid", "D0", "D1", "D2", "D3", "D3Final", "PrepareForHibernation"};
  if (!wanted()) return std::string(name);
  const auto index = static_cast<unsigned>(state);
  return fmt::format("{}({})", name, index < std::size(kStates) ? kStates[index] : "?");
}

void note_callbacks(const Device& device) {
  if (!wanted()) return;
  const auto& pnp = device.config().pnp;
  const auto& policy = device.config().policy;
  const std::pair<std::string_view, bool> kRegistered[] = {
      {"RemoveAdded", device.config().fdo.EvtDeviceRemoveAddedResources != nullptr},
      {"PrepareHardware", pnp.EvtDevicePrepareHardware != nullptr},
      {"ReleaseHardware", pnp.EvtDeviceReleaseHardware != nullptr},
      {"D0Entry", pnp.EvtDeviceD0Entry != nullptr},
      {"D0Exit", pnp.EvtDeviceD0Exit != nullptr},
      {"PostInt", pnp.EvtDeviceD0EntryPostInterruptsEnabled != nullptr},
      {"PreInt", pnp.EvtDeviceD0ExitPreInterruptsDisabled != nullptr},
      {"SmInit", pnp.EvtDeviceSelfManagedIoInit != nullptr},
      {"SmSuspend", pnp.EvtDeviceSelfManagedIoSuspend != nullptr},
      {"SmRestart", pnp.EvtDeviceSelfManagedIoRestart != nullptr},
      {"SmFlush", pnp.EvtDeviceSelfManagedIoFlush != nullptr},
      {"SmCleanup", pnp.EvtDeviceSelfManagedIoCleanup != nullptr},
      {"SurpriseRemoval", pnp.EvtDeviceSurpriseRemoval != nullptr},
      {"QueryRemove", pnp.EvtDeviceQueryRemove != nullptr},
      {"QueryStop", pnp.EvtDeviceQueryStop != nullptr},
      {"ArmS0", policy.EvtDeviceArmWakeFromS0 != nullptr},
      {"DisarmS0", policy.EvtDeviceDisarmWakeFromS0 != nullptr},
      {"TriggeredS0", policy.EvtDeviceWakeFromS0Triggered != nullptr},
      {"ArmSx", policy.EvtDeviceArmWakeFromSx || policy.EvtDeviceArmWakeFromSxWithReason},
      {"DisarmSx", policy.EvtDeviceDisarmWakeFromSx != nullptr},
      {"TriggeredSx", policy.EvtDeviceWakeFromSxTriggered != nullptr},
      {"Eject", device.config().pdo.EvtDeviceEject != nullptr},
      {"ReportedMissing", device.config().pdo.EvtDeviceReportedMissing != nullptr},
  };
  for (const auto& [name, registered] : kRegistered)
    if (registered) note_has(device, name);
  if (device.is_pdo()) note_has(device, "PDO");
  if (device.config().filter) note_has(device, "filter");
}

}  // namespace drydock::wdf
