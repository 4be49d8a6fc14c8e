// Who is there: bus relations, identities, and starting what has arrived.

#include <algorithm>

#include "nt/bugcheck.h"
#include "nt/pnp.h"
#include "ntos/cm/registry.h"
#include "ntos/io/device.h"
#include "ntos/ob/names.h"
#include "ntos/ob/object.h"
#include "ntos/pnp/device_interface.h"
#include "ntos/pnp/guid_text.h"
#include "ntos/pnp/manager.h"
#include "ntos/pnp/platform_reset.h"
#include "ntos/pnp/pnp_irp.h"
#include "ntos/pnp/pool.h"
#include "ntos/pnp/resource_lists.h"
#include "ntos/po/state.h"

namespace drydock::ntos::pnp {

using namespace nt;

Devnode& Manager::new_devnode(Devnode* parent, DEVICE_OBJECT* pdo) {
  auto node = std::make_unique<Devnode>();
  node->id = static_cast<std::uint32_t>(devnodes_.size() + 1);
  node->parent = parent;
  node->pdo = pdo;
  ob::reference(pdo);
  io::extension_of(pdo)->DeviceNode = node.get();
  pdo->Flags |= DO_BUS_ENUMERATED_DEVICE;
  if (parent) parent->children.push_back(node.get());
  devnodes_.push_back(std::move(node));
  return *devnodes_.back();
}

namespace {

/// What makes an instance id unique below its parent when the bus does not: depth and a hash of the parent's path.
std::u16string parent_prefix(const Devnode& node) {
  unsigned depth = 0;
  for (const Devnode* at = node.parent; at; at = at->parent) ++depth;
  std::uint32_t hash = 0x811C9DC5;
  for (char16_t c : node.parent->instance_path) hash = (hash ^ rtl::upcase(c)) * 0x01000193;
  return ob::widen(fmt::format("{}&{:x}&0", depth, hash));
}

void write_enum_key(const Devnode& node) {
  cm::Key& key = cm::registry().create(enum_key_path(node));
  key.set_multi_string(u"HardwareID", node.hardware_ids);
  key.set_multi_string(u"CompatibleIDs", node.compatible_ids);
  if (!node.description.empty() && !key.value(u"DeviceDesc")) key.set_string(u"DeviceDesc", node.description);
  if (!node.location.empty()) key.set_string(u"LocationInformation", node.location);
  if (node.capabilities.address != ~0u) key.set_dword(u"Address", node.capabilities.address);
  if (node.capabilities.ui_number != ~0u) key.set_dword(u"UINumber", node.capabilities.ui_number);
  cm::registry().device_hardware_key(node.instance_path);
}

}  // namespace

void Manager::identify(Devnode& node) {
  node.device_id = query_id(*this, node, BusQueryDeviceID);
  query_capabilities(*this, node);
  node.instance_id = query_id(*this, node, BusQueryInstanceID);
  node.hardware_ids = query_ids(*this, node, BusQueryHardwareIDs);
  node.compatible_ids = query_ids(*this, node, BusQueryCompatibleIDs);
  node.description = query_text(*this, node, DeviceTextDescription);
  node.location = query_text(*this, node, DeviceTextLocationInformation);

  if (!node.capabilities.unique_id && node.parent) {
    std::u16string prefix = parent_prefix(node);
    node.instance_id = node.instance_id.empty() ? prefix : prefix + u"&" + node.instance_id;
  }
  node.instance_path = node.device_id + u"\\" + node.instance_id;

  PnpReply bus = send_pnp(*this, node, IRP_MN_QUERY_BUS_INFORMATION);
  if (auto* information = bus.as<PNP_BUS_INFORMATION>()) {
    node.bus_type = information->BusTypeGuid;
    node.interface_type = static_cast<ULONG>(information->LegacyBusType);
    node.bus_number = information->BusNumber;
    free_pool(information);
  }
  PnpReply boot = send_pnp(*this, node, IRP_MN_QUERY_RESOURCES);
  if (auto* list = boot.as<CM_RESOURCE_LIST>()) {
    node.boot = read_resources(list);
    free_pool(list);
  }
  query_requirements(node);
  if (node.device_id.empty()) {
    set_problem(node, Problem::NotConfigured, STATUS_NO_SUCH_DEVICE);
    return;
  }
  write_enum_key(node);
  if (resets_->rebuilds(node.instance_path)) {
    node.rebuilding = true;
    set_problem(node, Problem::DeviceReset);
  }
  if (cm::registry().create(enum_key_path(node)).dword(u"ConfigFlags").value_or(0) & CONFIGFLAG_DISABLED) {
    node.disabled = true;
    set_problem(node, Problem::Disabled);
  }

  for (const auto& other : devnodes_) {
    if (other.get() == &node || other->state == DevnodeState::Deleted ||
        !same_id(other->instance_path, node.instance_path))
      continue;
    if (other->reported)
      machine::Machine::current().bug_check(
          PNP_DETECTED_FATAL_ERROR, 1, reinterpret_cast<ULONG64>(node.pdo), reinterpret_cast<ULONG64>(other->pdo), 0,
          fmt::format("two devices call themselves {}: devnode#{} and devnode#{}", node.name(), other->id, node.id));
    node.held_by_older = true;
    machine::Machine::current().note(
        fmt::format("devnode#{} waits until devnode#{} of the same name is gone", node.id, other->id));
  }
}

void Manager::query_requirements(Devnode& node) {
  PnpReply requirements = send_pnp(*this, node, IRP_MN_QUERY_RESOURCE_REQUIREMENTS);
  if (auto* list = requirements.as<IO_RESOURCE_REQUIREMENTS_LIST>()) {
    node.requirements = read_requirements(list);
    free_pool(list);
  }
}

namespace {

/// Its driver has, though somebody may still hold a reference; or nothing is left of it.
bool is_deleted(DEVICE_OBJECT* pdo) {
  return ob::type_of(pdo) != ob::Type::Device || (io::extension_of(pdo)->ExtensionFlags & io::DOE_DELETE_PENDING);
}

}  // namespace

void Manager::enumerate_children(Devnode& node) {
  PnpReply reply = send_pnp(*this, node, IRP_MN_QUERY_DEVICE_RELATIONS, [](IO_STACK_LOCATION& location) {
    location.Parameters.QueryDeviceRelations.Type = BusRelations;
  });
  // A stack that has nothing to say leaves the status as it was; a bus that fails the query keeps its children.
  if (!reply.ok()) return;
  PoolPointer<DEVICE_RELATIONS> relations(reinterpret_cast<DEVICE_RELATIONS*>(reply.information));

  std::vector<Devnode*> before = node.children;
  std::vector<Devnode*> present;
  for (ULONG i = 0; relations && i < relations->Count; ++i) {
    DEVICE_OBJECT* pdo = relations->Objects[i];
    if (is_deleted(pdo))
      machine::Machine::current().bug_check(
          PNP_DETECTED_FATAL_ERROR, 4, reinterpret_cast<ULONG64>(pdo), 0, 0,
          fmt::format("the bus of devnode#{} reports a device object that it has deleted", node.id));
    Devnode* child = find_pdo(pdo);
    if (child && (child->parent != &node || !child->reported))
      machine::Machine::current().bug_check(
          PNP_DETECTED_FATAL_ERROR, child->parent != &node ? 2 : 4, reinterpret_cast<ULONG64>(pdo), 0, 0,
          fmt::format("a bus reports {} although it {}", io::device_name(pdo),
                      child->parent != &node ? "is another bus's child" : "said before that it is gone"));
    if (!child) child = &new_devnode(&node, pdo);
    if (std::find(present.begin(), present.end(), child) != present.end())
      machine::Machine::current().bug_check(PNP_DETECTED_FATAL_ERROR, 1, reinterpret_cast<ULONG64>(pdo), 0, 0,
                                            fmt::format("a bus reports {} twice", io::device_name(pdo)));
    present.push_back(child);
    ob::dereference(pdo);  // the reference the bus took for us
  }

  for (Devnode* child : before) {
    if (!child->reported || std::find(present.begin(), present.end(), child) != present.end()) continue;
    child->reported = false;
    dispatch(*child, DevnodeEvent::DeviceGone);
  }
  for (Devnode* child : present) {
    if (child->state == DevnodeState::Reported) {
      identify(*child);
      dispatch(*child, DevnodeEvent::Identified);
    }
  }
  // While the system sleeps nothing is started: it would wait for its bus to wake. The bus is asked again then.
  if (kernel().po->system != PowerSystemWorking) return;
  for (Devnode* child : present) {
    if (child->state == DevnodeState::Initialized && child->may_start()) start_devnode(*child);
  }
}

void Manager::start_devnode(Devnode& node) {
  if (node.state != DevnodeState::Initialized || node.disabled || node.held || node.held_by_older) return;
  if (!node.parent || node.parent->state != DevnodeState::Started) return;
  dispatch(node, DevnodeEvent::StartWanted);
}

std::optional<DevnodeEvent> Manager::after_start(Devnode& node) {
  set_problem(node, Problem::None);
  node.rebuilding = false;
  query_capabilities(*this, node);
  query_device_state(node);
  interfaces_->device_started(node);
  if ((node.state_flags & PNP_DEVICE_FAILED) && !(node.state_flags & PNP_DEVICE_RESOURCE_REQUIREMENTS_CHANGED)) {
    set_problem(node, Problem::FailedPostStart, STATUS_UNSUCCESSFUL);
    return DevnodeEvent::DeviceFailed;
  }
  if (node.state_flags & (PNP_DEVICE_DISABLED | PNP_DEVICE_REMOVED)) {
    queue([this, &node] {
      if (node.state == DevnodeState::Started) leave_as_told(node);
    });
  }
  enumerate_children(node);
  return std::nullopt;
}

void Manager::query_device_state(Devnode& node) {
  PnpReply reply = send_pnp(*this, node, IRP_MN_QUERY_PNP_DEVICE_STATE);
  node.state_flags = reply.ok() ? static_cast<ULONG>(reply.information) : 0;
}

void Manager::device_state_changed(Devnode& node) {
  query_device_state(node);
  if (node.state_flags & PNP_DEVICE_RESOURCE_REQUIREMENTS_CHANGED) {
    query_requirements(node);
    rebalance_tree(node, NewResources::Same);
  } else if (node.state_flags & PNP_DEVICE_FAILED) {
    set_problem(node, Problem::FailedPostStart, STATUS_UNSUCCESSFUL);
    dispatch(node, DevnodeEvent::DeviceFailed);
  } else if (node.state_flags & (PNP_DEVICE_DISABLED | PNP_DEVICE_REMOVED)) {
    leave_as_told(node);
  }
}

/// Its drivers said that it is disabled in hardware, or gone without its bus having noticed.
void Manager::leave_as_told(Devnode& node) {
  const bool hardware_disabled = node.state_flags & PNP_DEVICE_DISABLED;
  if (!remove_tree(node).ok()) return;
  if (hardware_disabled)
    set_problem(node, Problem::HardwareDisabled);
  else
    node.held = true;
}

}  // namespace drydock::ntos::pnp
