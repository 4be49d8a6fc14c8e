#include "wdf/device_init.h"

#include <algorithm>

#include <fmt/format.h>

#include "wdf/misuse.h"

namespace drydock::wdf {

WDFDEVICE_INIT* new_init(Client& client) {
  auto& inits = framework().inits;
  inits.push_back(std::make_unique<WDFDEVICE_INIT>(client));
  return inits.back().get();
}

void free_init(WDFDEVICE_INIT* init) {
  std::erase_if(framework().inits, [init](const std::unique_ptr<WDFDEVICE_INIT>& each) { return each.get() == init; });
}

WDFDEVICE_INIT& live_init(WDFDEVICE_INIT* init, const char* function) {
  for (const auto& each : framework().inits)
    if (each.get() == init && !init->created) return *init;
  stop(Violation::NullPointer, "device-init-used-after-create",
       fmt::format("{} is called with a WDFDEVICE_INIT that is {}", function,
                   init ? "used up by WdfDeviceCreate, freed or made up" : "null"),
       0, reinterpret_cast<std::uint64_t>(init));
}

}  // namespace drydock::wdf
