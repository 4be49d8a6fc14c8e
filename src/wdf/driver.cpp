#include "wdf/driver.h"

#include <cstring>

#include <fmt/format.h>

#include "image/loader.h"
#include "wdf/driver_memory.h"
#include "wdf/hardware_checks.h"
#include "wdf/misuse.h"
#include "wdf/um/host_process.h"

namespace drydock::wdf {

Driver* driver_of(const DRIVER_OBJECT* driver_object) {
  for (const auto& client : framework().clients)
    if (client->driver_object == driver_object) return client->driver;
  return nullptr;
}

PWSTR Driver::registry_path_in_pool() {
  if (registry_path_) return registry_path_;
  const std::u16string& path = client().registry_path;
  registry_path_ =
      static_cast<PWSTR>(allocate_for_driver(client(), NonPagedPool, (path.size() + 1) * sizeof(WCHAR), client().tag));
  if (registry_path_) std::memcpy(registry_path_, path.c_str(), (path.size() + 1) * sizeof(WCHAR));
  return registry_path_;
}

void Driver::run_down() {
  if (registry_path_) free_for_driver(client(), registry_path_);
  registry_path_ = nullptr;
}

void end_driver(Client& client) {
  if (!client.driver) return;
  Driver* driver = client.driver;
  check_interrupts_at_unload(client);
  driver->delete_object();
  client.driver = nullptr;
  client.globals->Driver = nullptr;

  if (client.host && client.host->ended()) return;  // what it held went with its process
  // WDF-443: what outlived the driver is held by a reference of its own.
  std::vector<std::string> left;
  for (const Object* object : framework().handles.of(client))
    left.push_back(fmt::format("{} with {} references, created at {}", object->name(), object->references(),
                               image::Images::current().symbol_at(object->creator())));
  if (left.empty()) return;
  std::string summary =
      fmt::format("{} unloads and leaves {} framework objects behind: {}", client.name, left.size(), left.front());
  record("WDF-443", "object-leaked-at-unload", std::move(summary), std::move(left));
}

}  // namespace drydock::wdf
