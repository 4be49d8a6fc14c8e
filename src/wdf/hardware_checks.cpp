#include "wdf/hardware_checks.h"

#include <fmt/format.h>

#include "image/loader.h"
#include "wdf/device.h"
#include "wdf/misuse.h"

namespace drydock::wdf {

void check_status(const Device& device, NTSTATUS status, const char* callback) {
  if (status != STATUS_NOT_SUPPORTED) return;
  record("WDF-456", "not-supported-returned",
         fmt::format("{} of {} returned STATUS_NOT_SUPPORTED, which it may not", callback, describe(device)));
}

void check_mappings_after_release(Device& device) {
  for (const auto& [object, other] : framework().devices)  // any one ends the question: no order matters
    if (other != &device && &other->client() == &device.client() && other->pnp.holds_hardware()) return;
  std::vector<std::string> lines;
  const DRIVER_OBJECT* driver = device.client().driver_object;
  const auto first = reinterpret_cast<std::uint64_t>(driver->DriverStart);
  for (const ntos::mm::Leak& leak : ntos::mm::leaks_of(first, first + driver->DriverSize - 1))
    if (leak.what == "device memory mapping")
      lines.push_back(
          fmt::format("{} bytes, mapped at {}", leak.bytes, image::Images::current().symbol_at(leak.caller)));
  if (lines.empty()) return;
  record("WDF-444", "resources-still-mapped-after-release",
         fmt::format("device memory of {} is still mapped when EvtDeviceReleaseHardware has returned: {}",
                     describe(device), lines.front()),
         lines);
}

}  // namespace drydock::wdf
