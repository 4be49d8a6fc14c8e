#include "ntos/pnp/interface_api.h"

#include "nt/bugcheck.h"
#include "ntos/cm/registry.h"
#include "ntos/io/device.h"
#include "ntos/ob/names.h"
#include "ntos/ob/object.h"
#include "ntos/pnp/answers.h"
#include "ntos/pnp/device_interface.h"
#include "ntos/pnp/guid_text.h"
#include "ntos/pnp/manager.h"
#include "ntos/pnp/notification.h"

namespace drydock::ntos::pnp {

NTSTATUS NTAPI IoRegisterDeviceInterface(DEVICE_OBJECT* PhysicalDeviceObject, const GUID* InterfaceClassGuid,
                                         UNICODE_STRING* ReferenceString, UNICODE_STRING* SymbolicLinkName) {
  *SymbolicLinkName = {};
  Devnode* node = PhysicalDeviceObject ? manager().find_pdo(PhysicalDeviceObject) : nullptr;
  const std::u16string_view reference = ob::view(ReferenceString);
  if (!node || reference.find_first_of(u"\\/") != std::u16string_view::npos) return STATUS_INVALID_DEVICE_REQUEST;
  if (machine::refused("IoRegisterDeviceInterface")) return STATUS_INSUFFICIENT_RESOURCES;
  const DeviceInterface& interface = manager().interfaces().add(*node, *InterfaceClassGuid, reference);
  WCHAR* text = make_text(interface.link);
  if (!text) return STATUS_INSUFFICIENT_RESOURCES;
  const auto bytes = static_cast<USHORT>(interface.link.size() * sizeof(WCHAR));
  *SymbolicLinkName = {bytes, static_cast<USHORT>(bytes + sizeof(WCHAR)), text};
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoSetDeviceInterfaceState(UNICODE_STRING* SymbolicLinkName, BOOLEAN Enable) {
  DeviceInterface* interface = manager().interfaces().find(ob::view(SymbolicLinkName));
  if (!interface) return STATUS_OBJECT_NAME_NOT_FOUND;
  return manager().interfaces().set_state(*interface, Enable);
}

NTSTATUS NTAPI IoGetDeviceInterfaces(const GUID* InterfaceClassGuid, DEVICE_OBJECT* PhysicalDeviceObject, ULONG Flags,
                                     PWSTR* SymbolicLinkList) {
  std::vector<std::u16string> links;
  for (const DeviceInterface* each : manager().interfaces().of_class(*InterfaceClassGuid, PhysicalDeviceObject,
                                                                     Flags & DEVICE_INTERFACE_INCLUDE_NONACTIVE))
    links.push_back(each->link);
  *SymbolicLinkList = make_multi_text(links);
  return *SymbolicLinkList ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS NTAPI IoOpenDeviceInterfaceRegistryKey(UNICODE_STRING* SymbolicLinkName, ACCESS_MASK DesiredAccess,
                                                HANDLE* DeviceInterfaceRegKey) {
  *DeviceInterfaceRegKey = nullptr;
  DeviceInterface* interface = manager().interfaces().find(ob::view(SymbolicLinkName));
  if (!interface) return STATUS_OBJECT_NAME_NOT_FOUND;
  std::u16string path = u"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\DeviceClasses\\" +
                        guid_text(interface->class_guid) + u"\\##?#" + interface->link.substr(4);
  // The reference string is a level of its own, and "\" stands for "#" in it.
  if (auto slash = path.find(u'\\', path.find(u"##?#")); slash != std::u16string::npos)
    path.replace(slash, 1, u"\\#");
  else
    path += u"\\#";
  *DeviceInterfaceRegKey = cm::open_handle(cm::registry().create(path + u"\\Device Parameters"), DesiredAccess);
  return *DeviceInterfaceRegKey ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS NTAPI IoRegisterPlugPlayNotification(IO_NOTIFICATION_EVENT_CATEGORY EventCategory, ULONG EventCategoryFlags,
                                              PVOID EventCategoryData, DRIVER_OBJECT* DriverObject,
                                              PDRIVER_NOTIFICATION_CALLBACK_ROUTINE CallbackRoutine, PVOID Context,
                                              PVOID* NotificationEntry) {
  *NotificationEntry = nullptr;
  if (machine::refused("IoRegisterPlugPlayNotification")) return STATUS_INSUFFICIENT_RESOURCES;
  Registration wanted{
      .category = EventCategory, .driver = DriverObject, .callback = CallbackRoutine, .context = Context};
  switch (EventCategory) {
    case EventCategoryHardwareProfileChange:
    case EventCategoryKernelSoftRestart:
      break;  // neither happens here
    case EventCategoryDeviceInterfaceChange:
      if (!EventCategoryData) return STATUS_INVALID_PARAMETER;
      wanted.class_guid = *static_cast<const GUID*>(EventCategoryData);
      break;
    case EventCategoryTargetDeviceChange: {
      if (!EventCategoryData) return STATUS_INVALID_PARAMETER;
      wanted.file = static_cast<FILE_OBJECT*>(EventCategoryData);
      Devnode* node = manager().find_in_stack(io::IoGetRelatedDeviceObject(wanted.file));
      if (!node) return STATUS_NO_SUCH_DEVICE;
      wanted.devnode = node->id;
      break;
    }
    default:
      return STATUS_INVALID_PARAMETER;
  }
  Registration* made = manager().notifications().add(wanted);
  *NotificationEntry = made;
  if (EventCategory == EventCategoryDeviceInterfaceChange &&
      (EventCategoryFlags & PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES))
    manager().notifications().tell_existing(*made, manager().interfaces().of_class(made->class_guid, nullptr, false));
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoUnregisterPlugPlayNotification(PVOID NotificationEntry) {
  auto* registration = static_cast<Registration*>(NotificationEntry);
  if (!manager().notifications().has(registration))
    machine::Machine::current().bug_check(PNP_DETECTED_FATAL_ERROR, 2, reinterpret_cast<ULONG64>(NotificationEntry), 0,
                                          0,
                                          "IoUnregisterPlugPlayNotification was called with what is no registration");
  manager().notifications().remove(registration);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoUnregisterPlugPlayNotificationEx(PVOID NotificationEntry) {
  return IoUnregisterPlugPlayNotification(NotificationEntry);
}

}  // namespace drydock::ntos::pnp
