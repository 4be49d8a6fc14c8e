#include "ntos/pnp/device_interface.h"

#include <algorithm>

#include "nt/pnp.h"
#include "ntos/io/device.h"
#include "ntos/ob/names.h"
#include "ntos/ob/object.h"
#include "ntos/pnp/guid_text.h"
#include "ntos/pnp/manager.h"
#include "ntos/pnp/notification.h"

namespace drydock::ntos::pnp {

using namespace nt;

DeviceInterface& InterfaceTable::add(Devnode& node, const GUID& class_guid, std::u16string_view reference_string) {
  for (DeviceInterface* each : interfaces_) {
    if (!(each->class_guid == class_guid) || !same_id(each->instance_path, node.instance_path) ||
        !same_id(each->reference_string, reference_string))
      continue;
    each->pdo = node.pdo;
    return *each;
  }
  auto* made = new DeviceInterface{.class_guid = class_guid,
                                   .instance_path = node.instance_path,
                                   .reference_string = std::u16string(reference_string),
                                   .pdo = node.pdo};
  std::u16string device = node.instance_path;
  std::replace(device.begin(), device.end(), u'\\', u'#');
  made->link = u"\\??\\" + device + u"#" + guid_text(class_guid);
  if (!reference_string.empty()) made->link.append(u"\\").append(reference_string);
  interfaces_.push_back(made);
  return *made;
}

DeviceInterface* InterfaceTable::find(std::u16string_view link) {
  for (DeviceInterface* each : interfaces_)
    if (ob::same_name(ob::canonical(each->link), ob::canonical(link))) return each;
  return nullptr;
}

NTSTATUS InterfaceTable::set_state(DeviceInterface& interface, bool enable_it) {
  if (!enable_it) {
    if (!interface.wanted) return STATUS_OBJECT_NAME_NOT_FOUND;
    interface.wanted = false;
    disable(interface);
    return STATUS_SUCCESS;
  }
  if (interface.wanted) return STATUS_OBJECT_NAME_EXISTS;
  Devnode* node = manager().find_pdo(interface.pdo);
  if (!node) return STATUS_INVALID_DEVICE_REQUEST;
  interface.wanted = true;
  return node->state == DevnodeState::Started ? enable(interface) : STATUS_SUCCESS;
}

NTSTATUS InterfaceTable::enable(DeviceInterface& interface) {
  if (interface.enabled) return STATUS_SUCCESS;
  std::u16string target = ob::name_of(interface.pdo);
  if (target.empty()) return STATUS_OBJECT_NAME_NOT_FOUND;  // a PDO must have a name for this
  // Links cannot contain a backslash: the reference string travels in the name that is opened below the link.
  std::u16string link = interface.link;
  if (!interface.reference_string.empty()) link.resize(link.size() - interface.reference_string.size() - 1);
  const NTSTATUS status = ob::create_symbolic_link(link, target);
  if (!NT_SUCCESS(status) && status != STATUS_OBJECT_NAME_COLLISION) return status;
  interface.enabled = true;
  manager().notifications().interface_event(interface, GUID_DEVICE_INTERFACE_ARRIVAL);
  return STATUS_SUCCESS;
}

void InterfaceTable::disable(DeviceInterface& interface) {
  if (!interface.enabled) return;
  interface.enabled = false;
  std::u16string link = interface.link;
  if (!interface.reference_string.empty()) link.resize(link.size() - interface.reference_string.size() - 1);
  const bool shared = std::any_of(interfaces_.begin(), interfaces_.end(), [&](const DeviceInterface* other) {
    return other->enabled && other->class_guid == interface.class_guid &&
           same_id(other->instance_path, interface.instance_path);
  });
  if (!shared) ob::delete_symbolic_link(link);
  manager().notifications().interface_event(interface, GUID_DEVICE_INTERFACE_REMOVAL);
}

void InterfaceTable::device_started(Devnode& node) {
  for (DeviceInterface* each : interfaces_)
    if (each->pdo == node.pdo && each->wanted) enable(*each);
}

void InterfaceTable::device_leaves(Devnode& node) {
  for (DeviceInterface* each : interfaces_) {
    if (each->pdo != node.pdo) continue;
    each->wanted = false;
    disable(*each);
    if (!node.reported) each->pdo = nullptr;
  }
}

std::vector<const DeviceInterface*> InterfaceTable::of_class(const GUID& class_guid, const DEVICE_OBJECT* pdo,
                                                             bool disabled_too) const {
  std::vector<const DeviceInterface*> result;
  for (const DeviceInterface* each : interfaces_)
    if (each->class_guid == class_guid && (!pdo || each->pdo == pdo) && (each->enabled || disabled_too))
      result.push_back(each);
  return result;
}

}  // namespace drydock::ntos::pnp
