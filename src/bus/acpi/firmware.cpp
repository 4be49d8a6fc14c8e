#include "bus/acpi/firmware.h"

#include <algorithm>
#include <set>

namespace drydock::bus::acpi {

PowerResource* Firmware::resource(std::string_view name) {
  for (PowerResource& each : resources)
    if (each.name == name) return &each;
  return nullptr;
}

const PowerResource* Firmware::resource(std::string_view name) const {
  return const_cast<Firmware*>(this)->resource(name);
}

const DeviceObject* Firmware::object(Slot slot) const {
  const auto found = devices.find(slot);
  return found == devices.end() ? nullptr : &found->second;
}

namespace {

/// A device described as one that people can plug or see is not reset with its rail (RST-061).
bool is_built_in(const DeviceObject& object) {
  return object.upc.value_or(0xFF) == 0xFF && !object.user_visible.value_or(false);
}

bool shares(const DeviceObject& object, const std::set<std::string>& resources) {
  return std::any_of(object.pr3.begin(), object.pr3.end(),
                     [&resources](const std::string& each) { return resources.contains(each); });
}

}  // namespace

std::optional<PlatformMethod> Firmware::platform_method(Slot slot) const {
  const DeviceObject* asked = object(slot);
  if (!asked || !is_built_in(*asked)) return std::nullopt;
  PlatformMethod method;
  std::set<std::string> rails;
  if (!asked->prr.empty()) {
    const PowerResource* line = resource(asked->prr);
    if (!line || !line->rst) return std::nullopt;
    method.resources = {asked->prr};
    for (const auto& [other, object] : devices)
      if (object.prr == asked->prr) method.domain.push_back(other);
  } else {
    if (asked->pr3.empty() || !acknowledges_pr3) return std::nullopt;
    method.power_cycle = true;
    // One resource in common is enough, and the next device may bring in another one (RST-113).
    rails.insert(asked->pr3.begin(), asked->pr3.end());
    for (std::size_t before = 0; before != rails.size();) {
      before = rails.size();
      for (const auto& [other, object] : devices)
        if (shares(object, rails)) rails.insert(object.pr3.begin(), object.pr3.end());
    }
    method.resources.assign(rails.begin(), rails.end());
    for (const auto& [other, object] : devices)
      if (shares(object, rails)) method.domain.push_back(other);
  }
  return method;
}

}  // namespace drydock::bus::acpi
