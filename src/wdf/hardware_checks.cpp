#include "wdf/hardware_checks.h"

#include <fmt/format.h>

#include "wdf/device.h"
#include "wdf/misuse.h"
#include "wdf/queue.h"

namespace drydock::wdf {

void check_status(const Device& device, NTSTATUS status, const char* callback) {
  if (status != STATUS_NOT_SUPPORTED || !device.client().built_for(11)) return;
  record("WDF-456", "not-supported-returned",
         fmt::format("{} of {} returned STATUS_NOT_SUPPORTED, which it may not", callback, describe(device)));
}

std::vector<std::string> own_interrupts(const Client& client) {
  std::vector<std::string> lines;
  if (client.host) return lines;  // a user-mode driver connects none by itself
  const auto first = reinterpret_cast<std::uint64_t>(client.driver_object->DriverStart);
  for (const KINTERRUPT* each : ntos::io::connected_interrupts(first, first + client.driver_object->DriverSize - 1))
    lines.push_back(fmt::format("vector {:#x}", each->Vector));
  return lines;
}

void check_interrupts_at_unload(const Client& client) {
  const std::vector<std::string> left = own_interrupts(client);
  if (!left.empty())
    halt("WDF-450", "interrupt-left-connected",
         fmt::format("{} unloads with an interrupt connected that it connected by itself: {}", client.name,
                     left.front()));
}

void check_not_released(Queue& queue, const char* function) {
  Device& device = *queue.device();
  if (!queue.power_managed() || !device.watch.released()) return;
  record("WDF-452", "managed-queue-used-after-release",
         fmt::format("{} of {}, which is power-managed, though EvtDeviceReleaseHardware of {} was called and nothing has "
                     "brought the device back to D0",
                     function, queue.name(), describe(device)));
}

}  // namespace drydock::wdf
