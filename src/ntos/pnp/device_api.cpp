#include "ntos/pnp/device_api.h"

#include <cstring>

#include "nt/bugcheck.h"
#include "ntos/cm/registry.h"
#include "ntos/io/device.h"
#include "ntos/ob/names.h"
#include "ntos/ob/object.h"
#include "ntos/pnp/guid_text.h"
#include "ntos/pnp/manager.h"
#include "ntos/pnp/notification.h"
#include "ntos/pnp/pool.h"
#include "ntos/pnp/resource_lists.h"

namespace drydock::ntos::pnp {

namespace {

/// The devnode of a PDO; what has none is the driver's mistake.
Devnode& devnode_of(DEVICE_OBJECT* pdo, const char* call) {
  Devnode* node = pdo ? manager().find_pdo(pdo) : nullptr;
  if (!node)
    machine::Machine::current().bug_check(PNP_DETECTED_FATAL_ERROR, 2, reinterpret_cast<ULONG64>(pdo), 0, 0,
                                          fmt::format("{} was called with a device that is no PDO", call));
  return *node;
}

}  // namespace

VOID NTAPI IoInvalidateDeviceRelations(DEVICE_OBJECT* DeviceObject, DEVICE_RELATION_TYPE Type) {
  devnode_of(DeviceObject, "IoInvalidateDeviceRelations");
  manager().invalidate_relations(DeviceObject, static_cast<ULONG>(Type));
}

VOID NTAPI IoInvalidateDeviceState(DEVICE_OBJECT* PhysicalDeviceObject) {
  devnode_of(PhysicalDeviceObject, "IoInvalidateDeviceState");
  manager().invalidate_state(PhysicalDeviceObject);
}

VOID NTAPI IoRequestDeviceEject(DEVICE_OBJECT* PhysicalDeviceObject) {
  devnode_of(PhysicalDeviceObject, "IoRequestDeviceEject");
  manager().request_eject(PhysicalDeviceObject);
}

namespace {

/// A property's bytes as they go to the driver.
struct Property {
  NTSTATUS status = STATUS_SUCCESS;
  std::vector<std::byte> bytes;
};

template <class T>
Property value_of(const T& value) {
  Property property;
  property.bytes.resize(sizeof(T));
  std::memcpy(property.bytes.data(), &value, sizeof(T));
  return property;
}

Property text_of(std::u16string_view text) {
  if (text.empty()) return {STATUS_OBJECT_NAME_NOT_FOUND, {}};
  Property property;
  property.bytes.resize((text.size() + 1) * sizeof(WCHAR));
  std::memcpy(property.bytes.data(), text.data(), text.size() * sizeof(WCHAR));
  return property;
}

Property texts_of(const std::vector<std::u16string>& texts) {
  if (texts.empty()) return {STATUS_OBJECT_NAME_NOT_FOUND, {}};
  std::u16string all;
  for (const std::u16string& text : texts) all.append(text).push_back(0);
  return text_of(all);
}

Property number_of(ULONG number) {
  if (number == ~0u) return {STATUS_OBJECT_NAME_NOT_FOUND, {}};
  return value_of(number);
}

Property list_of(const Devnode& node, const std::vector<Resource>& resources, ListForm form) {
  PoolPointer<CM_RESOURCE_LIST> list(make_resource_list(resources, form, node.interface_type, node.bus_number));
  if (!list) return {STATUS_OBJECT_NAME_NOT_FOUND, {}};
  const auto* bytes = reinterpret_cast<const std::byte*>(list.get());
  return {STATUS_SUCCESS, {bytes, bytes + bytes_of(list.get())}};
}

Property registry_text(const Devnode& node, const char16_t* name) {
  const cm::Key* key = cm::registry().open(enum_key_path(node));
  return key ? text_of(key->string(name).value_or(std::u16string())) : Property{STATUS_OBJECT_NAME_NOT_FOUND, {}};
}

Property requirements_of(const Devnode& node) {
  PoolPointer<IO_RESOURCE_REQUIREMENTS_LIST> list(make_requirements_list(node.filtered));
  if (!list) return {STATUS_OBJECT_NAME_NOT_FOUND, {}};
  const auto* bytes = reinterpret_cast<const std::byte*>(list.get());
  return {STATUS_SUCCESS, {bytes, bytes + list->ListSize}};
}

Property property_of(const Devnode& node, DEVICE_REGISTRY_PROPERTY which) {
  switch (which) {
    case DevicePropertyDeviceDescription:
      return text_of(node.description);
    case DevicePropertyHardwareID:
      return texts_of(node.hardware_ids);
    case DevicePropertyCompatibleIDs:
      return texts_of(node.compatible_ids);
    case DevicePropertyBootConfiguration:
      return list_of(node, node.boot, ListForm::Raw);
    case DevicePropertyBootConfigurationTranslated:
      return list_of(node, node.boot, ListForm::Translated);
    case DevicePropertyClassName:
      return text_of(node.class_name);
    case DevicePropertyClassGuid:
      return node.service.empty() ? Property{STATUS_OBJECT_NAME_NOT_FOUND, {}} : text_of(guid_text(node.class_guid));
    case DevicePropertyDriverKeyName:
      return registry_text(node, u"Driver");
    case DevicePropertyManufacturer:
      return registry_text(node, u"Mfg");
    case DevicePropertyFriendlyName:
      return registry_text(node, u"FriendlyName");
    case DevicePropertyLocationInformation:
      return text_of(node.location);
    case DevicePropertyPhysicalDeviceObjectName: {
      Property name = text_of(ob::name_of(node.pdo));
      return name.status == STATUS_SUCCESS ? name : Property{};  // a nameless PDO: success, nothing
    }
    case DevicePropertyBusTypeGuid:
      return node.bus_type ? value_of(*node.bus_type) : Property{STATUS_OBJECT_NAME_NOT_FOUND, {}};
    case DevicePropertyLegacyBusType:
      return number_of(node.interface_type);
    case DevicePropertyBusNumber:
      return number_of(node.bus_number);
    case DevicePropertyEnumeratorName:
      return text_of(std::u16string_view(node.device_id).substr(0, node.device_id.find(u'\\')));
    case DevicePropertyAddress:
      return number_of(node.capabilities.address);
    case DevicePropertyUINumber:
      return number_of(node.capabilities.ui_number);
    case DevicePropertyInstallState:
      return value_of(node.service.empty() ? InstallStateFailedInstall : InstallStateInstalled);
    case DevicePropertyRemovalPolicy:
      return value_of(node.capabilities.surprise_removal_ok ? RemovalPolicyExpectSurpriseRemoval
                      : node.capabilities.removable         ? RemovalPolicyExpectOrderlyRemoval
                                                            : RemovalPolicyExpectNoRemoval);
    case DevicePropertyResourceRequirements:
      return requirements_of(node);
    case DevicePropertyAllocatedResources:
      return list_of(node, node.assigned, ListForm::Raw);
    case DevicePropertyContainerID:
      return {STATUS_OBJECT_NAME_NOT_FOUND, {}};
  }
  return {STATUS_INVALID_PARAMETER_2, {}};
}

}  // namespace

NTSTATUS NTAPI IoGetDeviceProperty(DEVICE_OBJECT* DeviceObject, DEVICE_REGISTRY_PROPERTY DeviceProperty,
                                   ULONG BufferLength, PVOID PropertyBuffer, ULONG* ResultLength) {
  *ResultLength = 0;
  const Property property = property_of(devnode_of(DeviceObject, "IoGetDeviceProperty"), DeviceProperty);
  if (!NT_SUCCESS(property.status)) return property.status;
  *ResultLength = static_cast<ULONG>(property.bytes.size());
  if (property.bytes.size() > BufferLength) return STATUS_BUFFER_TOO_SMALL;
  std::memcpy(PropertyBuffer, property.bytes.data(), property.bytes.size());
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoOpenDeviceRegistryKey(DEVICE_OBJECT* DeviceObject, ULONG DevInstKeyType, ACCESS_MASK DesiredAccess,
                                       HANDLE* DeviceRegKey) {
  *DeviceRegKey = nullptr;
  Devnode* node = DeviceObject ? manager().find_pdo(DeviceObject) : nullptr;
  if (!node || node->device_id.empty()) return STATUS_INVALID_DEVICE_REQUEST;
  if (machine::refused("IoOpenDeviceRegistryKey")) return STATUS_INSUFFICIENT_RESOURCES;
  cm::Key* key = nullptr;
  switch (DevInstKeyType & ~PLUGPLAY_REGKEY_CURRENT_HWPROFILE) {
    case PLUGPLAY_REGKEY_DEVICE:
      key = &cm::registry().device_hardware_key(node->instance_path);
      break;
    case PLUGPLAY_REGKEY_DRIVER:
      if (node->service.empty()) return STATUS_OBJECT_NAME_NOT_FOUND;
      key = &cm::registry().device_software_key(guid_text(node->class_guid), node->driver_instance);
      break;
    default:
      return STATUS_INVALID_PARAMETER;
  }
  *DeviceRegKey = cm::open_handle(*key, DesiredAccess);
  return *DeviceRegKey ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

namespace {

/// The PnP manager's own events may not be imitated.
NTSTATUS check_custom(const TARGET_DEVICE_CUSTOM_NOTIFICATION* notification) {
  for (const GUID& reserved :
       {GUID_TARGET_DEVICE_QUERY_REMOVE, GUID_TARGET_DEVICE_REMOVE_CANCELLED, GUID_TARGET_DEVICE_REMOVE_COMPLETE})
    if (notification->Event == reserved) return STATUS_INVALID_DEVICE_REQUEST;
  return STATUS_SUCCESS;
}

/// A copy that outlives the call.
TARGET_DEVICE_CUSTOM_NOTIFICATION* copy_of(const TARGET_DEVICE_CUSTOM_NOTIFICATION* notification) {
  const std::size_t bytes = std::max<std::size_t>(notification->Size, sizeof(TARGET_DEVICE_CUSTOM_NOTIFICATION));
  void* copy = allocate_pool(bytes);
  if (copy) std::memcpy(copy, notification, notification->Size);
  return static_cast<TARGET_DEVICE_CUSTOM_NOTIFICATION*>(copy);
}

}  // namespace

NTSTATUS NTAPI IoReportTargetDeviceChange(DEVICE_OBJECT* PhysicalDeviceObject, PVOID NotificationStructure) {
  Devnode& node = devnode_of(PhysicalDeviceObject, "IoReportTargetDeviceChange");
  auto* notification = static_cast<TARGET_DEVICE_CUSTOM_NOTIFICATION*>(NotificationStructure);
  if (NTSTATUS status = check_custom(notification); !NT_SUCCESS(status)) return status;
  PoolPointer<TARGET_DEVICE_CUSTOM_NOTIFICATION> copy(copy_of(notification));
  if (!copy) return STATUS_INSUFFICIENT_RESOURCES;
  manager().run_on_worker([&] { manager().notifications().custom_event(node, copy.get()); });
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoReportTargetDeviceChangeAsynchronous(DEVICE_OBJECT* PhysicalDeviceObject, PVOID NotificationStructure,
                                                      PDEVICE_CHANGE_COMPLETE_CALLBACK Callback, PVOID Context) {
  Devnode& node = devnode_of(PhysicalDeviceObject, "IoReportTargetDeviceChangeAsynchronous");
  auto* notification = static_cast<TARGET_DEVICE_CUSTOM_NOTIFICATION*>(NotificationStructure);
  if (NTSTATUS status = check_custom(notification); !NT_SUCCESS(status)) return status;
  TARGET_DEVICE_CUSTOM_NOTIFICATION* copy = copy_of(notification);
  if (!copy) return STATUS_INSUFFICIENT_RESOURCES;
  manager().queue_work([&node, copy, Callback, Context] {
    manager().notifications().custom_event(node, copy);
    free_pool(copy);
    if (Callback) machine::call_driver(Callback, Context);
  });
  return STATUS_PENDING;
}

}  // namespace drydock::ntos::pnp
