// Loading and unloading the driver under test.

#include <algorithm>

#include <fmt/format.h>

#include "nt/status.h"
#include "ntos/io/driver.h"
#include "ntos/ke/delay.h"
#include "ntos/ob/names.h"
#include "ntos/pnp/manager.h"
#include "scenario/devices.h"
#include "scenario/stage.h"
#include "scenario/steps.h"

namespace drydock::scenario {

using namespace nt;
namespace pnp = ntos::pnp;

namespace {

void load_service_of(Stage& stage, const DriverFile& file) {
  const std::u16string name = ntos::ob::widen(file.service);
  pnp::Service* service = pnp::manager().store().find_service(name);
  DRIVER_OBJECT* driver = nullptr;
  const NTSTATUS status = service->load(&driver);
  service = pnp::manager().store().find_service(name);
  if (!NT_SUCCESS(status) || driver == nullptr)
    stage.fail("driver-entry-failed",
               fmt::format("{} did not load: DriverEntry ended with {}", file.image->name(), status_text(status)));
  service->driver = driver;
}

}  // namespace

void load_driver(Stage& stage) {
  // What it may import from comes first.
  const auto& drivers = stage.config().drivers;
  for (std::size_t i = 1; i < drivers.size(); ++i) load_service_of(stage, *drivers[i]);
  load_service_of(stage, stage.driver());
  const std::size_t imports = stage.driver().image->imports().size();
  const std::size_t missing = survey_imports(stage.driver(), *stage.config().exports, stage.config().drivers).missing();
  stage.checked(missing == 0
                    ? fmt::format("DriverEntry succeeds, {} bound", counted(imports, "import"))
                    : fmt::format("DriverEntry succeeds, {} of {} missing", missing, counted(imports, "import")));
}

namespace {

constexpr machine::Duration kUnloadTime = std::chrono::seconds(1);

/// The PnP manager unloads a driver with its last device. Somebody on another processor may still hold a reference to it.
void await_unload(Stage& stage) {
  const machine::Time due = stage.machine().now() + kUnloadTime;
  const auto unloading = [&] {
    const DRIVER_OBJECT* driver = stage.driver_object();
    return driver != nullptr && (driver->Flags & DRVO_UNLOAD_INVOKED) != 0;
  };
  while (unloading() && stage.machine().now() < due) ntos::ke::delay(std::chrono::milliseconds(1));
}

/// A driver may have given up a device of its, which the bus then finds anew.
void find_again(Stage& stage) {
  const auto runs = [](const Adapter& each) {
    const pnp::Devnode* node = devnode_of(each);
    return each.devnode == 0 || (node && node->state == pnp::DevnodeState::Started);
  };
  if (std::all_of(stage.adapters().begin(), stage.adapters().end(), runs)) return;
  pnp::manager().wait_until_settled();
  find_adapters(stage);
}

}  // namespace

void remove_and_unload(Stage& stage) {
  stage.close_handles();
  find_again(stage);
  std::string said;
  unsigned removed = 0;
  for (Adapter& adapter : stage.adapters()) {
    if (adapter.devnode == 0) continue;
    const pnp::Change change = pnp::manager().remove(adapter.devnode);
    if (!change.ok())
      stage.fail("remove-refused", fmt::format("the adapter in slot {} cannot be removed: {}, vetoed by {}",
                                               bus::board::to_text(adapter.slot), status_text(change.status),
                                               change.vetoed_by.empty() ? "nobody" : change.vetoed_by));
    adapter.devnode = 0;
    ++removed;
  }
  pnp::manager().wait_until_settled();
  if (removed != 0) said = counted(removed, "adapter") + " removed, ";

  // The PnP manager may have unloaded it with its last device.
  await_unload(stage);
  if (DRIVER_OBJECT* driver = stage.driver_object()) {
    if (driver->DriverUnload == nullptr) {
      stage.checked(said + "no DriverUnload, so the driver stays");
      return;
    }
    const std::size_t findings = stage.machine().findings().size();
    const ntos::io::UnloadResult result = ntos::io::unload_driver(driver);
    if (!NT_SUCCESS(result.status) && stage.machine().findings().size() == findings)
      stage.fail("unload-failed",
                 fmt::format("{} cannot be unloaded: {}", stage.driver().image->name(), status_text(result.status)));
    if (pnp::Service* service = pnp::manager().store().find_service(ntos::ob::widen(stage.driver().service)))
      service->driver = nullptr;
    if (!result.left_behind.empty()) {
      stage.checked(said + fmt::format("{} left behind", counted(result.left_behind.size(), "thing")),
                    result.left_behind);
      return;
    }
  }
  stage.checked(said + "image gone, nothing left behind");
}

}  // namespace drydock::scenario
