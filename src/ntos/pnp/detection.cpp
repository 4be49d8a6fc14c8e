#include "ntos/pnp/detection.h"

#include <algorithm>

#include <fmt/format.h>

#include "ntos/io/driver.h"
#include "ntos/ob/names.h"
#include "ntos/pnp/arbiter.h"
#include "ntos/pnp/manager.h"
#include "ntos/pnp/resource_lists.h"
#include "ntos/pnp/root_bus.h"

namespace drydock::ntos::pnp {

namespace {

/// Owners of claims that no devnode has: the driver or device object that made them.
constexpr Arbiter::Owner kFirstDetectionOwner = 0x8000'0000;

std::u16string_view interface_name(INTERFACE_TYPE type) {
  static constexpr std::u16string_view kNames[] = {u"Internal",     u"Isa",          u"Eisa",
                                                   u"MicroChannel", u"TurboChannel", u"PCIBus"};
  return type >= 0 && static_cast<std::size_t>(type) < std::size(kNames) ? kNames[type] : kNames[0];
}

std::u16string service_of(const DRIVER_OBJECT* driver) {
  const UNICODE_STRING& name = driver->DriverExtension->ServiceKeyName;
  return {name.Buffer, name.Length / sizeof(WCHAR)};
}

}  // namespace

bool Manager::claim_for_detection(const void* claimant, const std::vector<Resource>& resources) {
  auto found = std::find(detection_owners_.begin(), detection_owners_.end(), claimant);
  if (found == detection_owners_.end()) found = detection_owners_.insert(found, claimant);
  return arbiter_->claim(kFirstDetectionOwner + static_cast<Arbiter::Owner>(found - detection_owners_.begin()),
                         resources);
}

DEVICE_OBJECT* Manager::add_detected(const DetectedDevice& device) {
  DEVICE_OBJECT* pdo = nullptr;
  ask([&]() -> Change {
    if (!ensure_root()) return {STATUS_INSUFFICIENT_RESOURCES, 0, {}};
    const std::u16string id = u"ROOT\\" + device.service;
    unsigned instance = 0;
    for (const auto& other : devnodes_) instance += same_id(other->device_id, id);
    pdo = root_bus_->add(
        {.device_id = id,
         .instance_id = ob::widen(fmt::format("{:04}", instance)),
         .hardware_ids = {u"DETECTED" + std::u16string(interface_name(device.interface_type)) + u"\\" + device.service,
                          u"DETECTED\\" + device.service},
         .description = device.service,
         .resources = device.resources});
    if (!pdo) return {STATUS_INSUFFICIENT_RESOURCES, 0, {}};
    Devnode& node = new_devnode(root_, pdo);
    identify(node);
    node.service = device.service;
    node.interface_type = static_cast<ULONG>(device.interface_type);
    node.bus_number = device.bus;
    node.assigned = device.resources;
    node.device_power = PowerDeviceD0;
    dispatch(node, DevnodeEvent::Identified);
    dispatch(node, DevnodeEvent::RunsAlready);
    return {STATUS_SUCCESS, node.id, {}};
  });
  return pdo;
}

NTSTATUS NTAPI IoReportResourceForDetection(DRIVER_OBJECT* DriverObject, CM_RESOURCE_LIST* DriverList, ULONG,
                                            DEVICE_OBJECT* DeviceObject, CM_RESOURCE_LIST* DeviceList, ULONG,
                                            BOOLEAN* ConflictDetected) {
  const void* claimant = DeviceObject ? static_cast<const void*>(DeviceObject) : DriverObject;
  const CM_RESOURCE_LIST* list = DeviceObject ? DeviceList : DriverList;
  const bool claimed = manager().claim_for_detection(claimant, read_resources(list));
  *ConflictDetected = !claimed;
  return claimed ? STATUS_SUCCESS : STATUS_CONFLICTING_ADDRESSES;
}

NTSTATUS NTAPI IoReportDetectedDevice(DRIVER_OBJECT* DriverObject, INTERFACE_TYPE LegacyBusType, ULONG BusNumber, ULONG,
                                      CM_RESOURCE_LIST* ResourceList, IO_RESOURCE_REQUIREMENTS_LIST*,
                                      BOOLEAN ResourceAssigned, DEVICE_OBJECT** DeviceObject) {
  if (*DeviceObject)
    machine::Machine::current().not_implemented("IoReportDetectedDevice", "a PDO of the caller's own is not built");
  if (machine::refused("IoReportDetectedDevice")) return STATUS_INSUFFICIENT_RESOURCES;
  const std::vector<Resource> resources = read_resources(ResourceList);
  if (!ResourceAssigned && !manager().claim_for_detection(DriverObject, resources)) return STATUS_CONFLICTING_ADDRESSES;
  *DeviceObject = manager().add_detected({service_of(DriverObject), LegacyBusType, BusNumber, resources});
  return *DeviceObject ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

}  // namespace drydock::ntos::pnp
