// Which drivers a devnode gets, loading them, and building its stack.

#include "nt/pnp.h"
#include "ntos/cm/registry.h"
#include "ntos/io/device.h"
#include "ntos/io/driver.h"
#include "ntos/ob/names.h"
#include "ntos/pnp/guid_text.h"
#include "ntos/pnp/manager.h"

namespace drydock::ntos::pnp {

using namespace nt;

void Manager::install(Devnode& node, const DriverPackage& package) {
  node.service = package.service;
  node.class_name = package.class_name;
  node.class_guid = package.class_guid;
  if (!package.description.empty()) node.description = package.description;

  cm::Key& key = cm::registry().create(enum_key_path(node));
  const std::u16string guid = guid_text(node.class_guid);
  const auto driver = key.string(u"Driver");
  if (driver) {
    // Installed before: it keeps its software key.
    node.driver_instance = 0;
    for (char16_t digit : driver->substr(driver->rfind(u'\\') + 1))
      node.driver_instance = node.driver_instance * 10 + static_cast<unsigned>(digit - u'0');
  } else {
    for (node.driver_instance = 0;; ++node.driver_instance) {
      std::u16string path = u"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Class\\" + guid + u"\\" +
                            four_digits(node.driver_instance);
      if (!cm::registry().open(path)) break;
    }
    key.set_string(u"Driver", guid + u"\\" + four_digits(node.driver_instance));
  }
  if (!node.service.empty()) key.set_string(u"Service", node.service);
  key.set_string(u"Class", node.class_name);
  key.set_string(u"ClassGUID", guid);
  key.set_string(u"DeviceDesc", node.description);

  cm::Key& software = cm::registry().device_software_key(guid, node.driver_instance);
  software.set_string(u"DriverDesc", node.description);
  cm::Key& hardware = cm::registry().device_hardware_key(node.instance_path);
  for (const InstalledValue& value : package.values) {
    cm::Key* where = value.where == InstalledValue::Where::Hardware ? &hardware
                     : value.where == InstalledValue::Where::Software
                         ? &software
                         : &cm::registry().service_parameters(node.service);
    if (!value.subkey.empty()) where = &where->create(value.subkey);
    if (value.text)
      where->set_string(value.name, *value.text);
    else
      where->set_dword(value.name, value.dword);
  }
  // What was just installed may change what its bus asks for.
  if (!driver) query_requirements(node);
}

NTSTATUS Manager::load_service(std::u16string_view name, Service** service) {
  *service = store_.find_service(name);
  if (!*service) return STATUS_OBJECT_NAME_NOT_FOUND;
  if ((*service)->driver) return STATUS_SUCCESS;
  DRIVER_OBJECT* driver = nullptr;
  const NTSTATUS status = (*service)->load(&driver);
  // Loading may have added services and moved the table.
  *service = store_.find_service(name);
  (*service)->driver = NT_SUCCESS(status) ? driver : nullptr;
  return status;
}

void Manager::unload_unused_drivers() {
  for (std::size_t i = 0; i < store_.services().size(); ++i) {
    Service& service = store_.services()[i];
    if (!service.driver || service.stays_loaded || service.driver->DeviceObject || !service.driver->DriverUnload)
      continue;
    const std::u16string name = service.name;
    const io::UnloadResult result = io::unload_driver(service.driver);
    if (!NT_SUCCESS(result.status)) continue;
    if (Service* unloaded = store_.find_service(name)) unloaded->driver = nullptr;
  }
}

namespace {

/// Until a driver clears the flag its device cannot be opened nor attached to.
void check_initialized(const DRIVER_OBJECT* driver) {
  for (const DEVICE_OBJECT* device = driver->DeviceObject; device; device = device->NextDevice) {
    if (!(device->Flags & DO_DEVICE_INITIALIZING)) continue;
    machine::Machine::current().report({.rule = "PNP-055",
                                        .summary = fmt::format("AddDevice of {} left DO_DEVICE_INITIALIZING set in {}",
                                                               io::driver_name(driver), io::device_name(device)),
                                        .severity = machine::Severity::Recorded});
  }
}

}  // namespace

std::optional<DevnodeEvent> Manager::find_drivers_of(Devnode& node) {
  auto no_driver = [&node](Problem problem, NTSTATUS status) {
    set_problem(node, problem, status);
    return DevnodeEvent::NoDriver;
  };

  const DriverPackage* package = store_.match(node.hardware_ids, node.compatible_ids);
  if (!package) {
    if (node.capabilities.raw_device_ok) return DevnodeEvent::StackBuilt;  // its bus driver serves it
    return no_driver(Problem::FailedInstall, STATUS_NO_SUCH_DEVICE);
  }
  install(node, *package);

  // In the order of AddDevice: on either side of the function driver the device's own filters come before its class's.
  std::vector<std::u16string> order = package->lower_filters;
  const ClassFilters* filters = store_.filters_of(package->class_guid);
  if (filters) order.insert(order.end(), filters->lower.begin(), filters->lower.end());
  const std::size_t function_driver = order.size();
  if (!package->service.empty()) order.push_back(package->service);
  order.insert(order.end(), package->upper_filters.begin(), package->upper_filters.end());
  if (filters) order.insert(order.end(), filters->upper.begin(), filters->upper.end());

  for (const std::u16string& name : order) {
    Service* service = nullptr;
    const NTSTATUS status = load_service(name, &service);
    if (!service) return no_driver(Problem::DriverFailedLoad, status);
    if (!NT_SUCCESS(status)) {
      const NTSTATUS why = status;
      unload_unused_drivers();
      return no_driver(Problem::FailedDriverEntry, why);
    }
  }
  node.bus_filters = 0;
  for (const DEVICE_OBJECT* above = node.pdo->AttachedDevice; above; above = above->AttachedDevice) ++node.bus_filters;
  for (std::size_t i = 0; i < order.size(); ++i) {
    Service* service = store_.find_service(order[i]);
    const NTSTATUS status = io::add_device(service->driver, node.pdo);
    if (NT_SUCCESS(status)) {
      check_initialized(service->driver);
      continue;
    }
    set_problem(node, Problem::FailedAdd, status);
    machine::Machine::current().note(fmt::format(
        "{} of {} failed AddDevice", i == function_driver ? "function driver" : "filter", ob::narrow(order[i])));
    return DevnodeEvent::AddDeviceFailed;
  }
  return DevnodeEvent::StackBuilt;
}

}  // namespace drydock::ntos::pnp
