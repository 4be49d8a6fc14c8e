// Orderly removal, surprise removal, and what happens when the last handle closes.

#include <algorithm>
#include <string>

#include "nt/bugcheck.h"
#include "nt/pnp.h"
#include "ntos/io/device.h"
#include "ntos/io/driver.h"
#include "ntos/ob/object.h"
#include "ntos/pnp/arbiter.h"
#include "ntos/pnp/device_interface.h"
#include "ntos/pnp/manager.h"
#include "ntos/pnp/notification.h"
#include "ntos/pnp/pnp_irp.h"
#include "ntos/pnp/pool.h"
#include "ntos/pnp/power_watch.h"

namespace drydock::ntos::pnp {

using namespace nt;

// ---- Who goes together ----

std::vector<Devnode*> Manager::relations_of(Devnode& node, DEVICE_RELATION_TYPE type) {
  std::vector<Devnode*> result;
  const PnpReply reply = send_pnp(*this, node, IRP_MN_QUERY_DEVICE_RELATIONS, [type](IO_STACK_LOCATION& location) {
    location.Parameters.QueryDeviceRelations.Type = type;
  });
  PoolPointer<DEVICE_RELATIONS> relations(reply.as<DEVICE_RELATIONS>());
  for (ULONG i = 0; relations && i < relations->Count; ++i) {
    DEVICE_OBJECT* pdo = relations->Objects[i];
    Devnode* related = find_pdo(pdo);
    if (!related)
      machine::Machine::current().bug_check(
          PNP_DETECTED_FATAL_ERROR, 2, reinterpret_cast<ULONG64>(pdo), 0, 0,
          fmt::format("devnode#{} names a device as its relation that is no PDO: {}", node.id, io::device_name(pdo)));
    result.push_back(related);
    ob::dereference(pdo);  // the reference its driver took for us
  }
  return result;
}

void Manager::add_to(RemovalSet& set, Devnode& node) {
  for (Devnode* child : node.children) add_to(set, *child);
  if (std::find(set.members.begin(), set.members.end(), &node) == set.members.end()) set.members.push_back(&node);
}

/// Relations may have relations.
void Manager::add_relations(RemovalSet& set, Devnode& node) {
  if (node.state != DevnodeState::Started) return;
  for (Devnode* related : relations_of(node, RemovalRelations)) {
    const std::size_t before = set.members.size();
    add_to(set, *related);
    for (std::size_t i = before; i < set.members.size(); ++i) add_relations(set, *set.members[i]);
  }
}

// ---- Orderly ----

Change Manager::ask_to_leave(Devnode& node, RemovalSet& set) {
  if (node.state == DevnodeState::SurpriseRemoved) {
    // Below a device that still waits for its handles nothing can be taken down in order.
    return {STATUS_DEVICE_BUSY, node.id,
            fmt::format("devnode#{} waits for {} open handles", node.id, open_handles(node))};
  }
  if (node.state != DevnodeState::Started) return {STATUS_SUCCESS, node.id, {}};
  const PnpReply reply = send_pnp(*this, node, IRP_MN_QUERY_REMOVE_DEVICE);
  if (!reply.ok()) {
    dispatch(node, DevnodeEvent::QueryRemoveRefused);
    return refusal(node, reply.status);
  }
  dispatch(node, DevnodeEvent::QueryRemoveAgreed);
  set.agreed.push_back(&node);
  if (unsigned handles = open_handles(node))
    return {STATUS_DEVICE_BUSY, node.id,
            fmt::format("{} open handle{} on devnode#{}", handles, handles > 1 ? "s" : "", node.id)};
  return {STATUS_SUCCESS, node.id, {}};
}

Change Manager::query_remove(const std::vector<Devnode*>& roots, RemovalSet& set) {
  for (Devnode* root : roots) {
    if (!root->parent) return {STATUS_INVALID_DEVICE_REQUEST, root->id, "the root of the device tree"};
    add_to(set, *root);
  }
  const std::size_t asked_for = set.members.size();
  for (std::size_t i = 0; i < asked_for; ++i) add_relations(set, *set.members[i]);

  for (Devnode* each : set.members) {
    std::string who;
    if (each->state != DevnodeState::Started) continue;
    if (!notifications_->query_target_removal(*each, who)) return {STATUS_UNSUCCESSFUL, each->id, who};
    set.told.push_back(each);
  }
  for (Devnode* each : set.members) {
    Change change = ask_to_leave(*each, set);
    if (!change.ok()) return change;
  }
  return {STATUS_SUCCESS, roots.front()->id, {}};
}

void Manager::cancel_remove(RemovalSet& set) {
  // Parents first: a child is of use again only when its bus is.
  for (auto each = set.agreed.rbegin(); each != set.agreed.rend(); ++each)
    dispatch(**each, DevnodeEvent::RemovalCalledOff);
  for (auto each = set.told.rbegin(); each != set.told.rend(); ++each)
    notifications_->target_event(**each, GUID_TARGET_DEVICE_REMOVE_CANCELLED);
  set = {};
}

void Manager::remove_agreed(RemovalSet& set) {
  for (Devnode* each : set.members) {
    // Children go with their bus.
    if (std::find(set.members.begin(), set.members.end(), each->parent) != set.members.end()) each->reported = false;
    remove_agreed(*each);
  }
}

Change Manager::remove_tree(Devnode& node, bool only_ask) {
  RemovalSet set;
  Change change = query_remove({&node}, set);
  if (!change.ok() || only_ask)
    cancel_remove(set);
  else
    remove_agreed(set);
  return change;
}

Change Manager::eject_tree(Devnode& node) {
  if (node.state != DevnodeState::Started) return {STATUS_INVALID_DEVICE_STATE, node.id, {}};
  // Whatever leaves the computer with it is removed with it (a dock and what sits in it).
  std::vector<Devnode*> roots{&node};
  for (Devnode* related : relations_of(node, EjectionRelations))
    if (related != &node) roots.push_back(related);
  RemovalSet set;
  Change change = query_remove(roots, set);
  if (!change.ok()) {
    cancel_remove(set);
    return change;
  }
  remove_agreed(set);
  for (Devnode* each : roots) {
    each->held = true;
    set_problem(*each, Problem::HeldForEject);
  }
  if (node.capabilities.eject_supported) send_pnp(*this, node, IRP_MN_EJECT);
  if (node.parent && node.parent->state == DevnodeState::Started) enumerate_children(*node.parent);
  return change;
}

/// Every stack above has agreed. A device without a stack that its bus no longer reports goes too.
void Manager::remove_agreed(Devnode& node) {
  switch (node.state) {
    case DevnodeState::RemovePending:
    case DevnodeState::NotStarted:
    case DevnodeState::ResourcesAssigned:
      notifications_->release_files(node);
      dispatch(node, DevnodeEvent::RemovalGoesAhead);
      notifications_->target_event(node, GUID_TARGET_DEVICE_REMOVE_COMPLETE);
      notifications_->forget_targets(node);
      break;
    case DevnodeState::Reported:
    case DevnodeState::Initialized:
      if (!node.reported) dispatch(node, DevnodeEvent::DeviceGone);
      break;
    default:
      break;
  }
}

void Manager::request_eject(DEVICE_OBJECT* pdo) {
  if (Devnode* node = find_pdo(pdo)) queue([this, node] { eject_tree(*node); });
}

// ---- Surprise ----

std::optional<DevnodeEvent> Manager::surprise_stack(Devnode& node) {
  for (Devnode* child : std::vector<Devnode*>(node.children)) {
    child->reported = false;
    dispatch(*child, DevnodeEvent::DeviceGone);
  }
  send_pnp(*this, node, IRP_MN_SURPRISE_REMOVAL);
  if (on_surprise_removed) on_surprise_removed(node.pdo);
  notifications_->target_event(node, GUID_TARGET_DEVICE_REMOVE_COMPLETE);
  notifications_->release_files(node);
  notifications_->forget_targets(node);
  surprised_.push_back(&node);
  return std::nullopt;
}

void Manager::finish_surprise(Devnode& node) {
  if (node.state != DevnodeState::SurpriseRemoved) return;
  const unsigned handles = open_handles(node);
  if (handles != 0 || !node.children.empty()) {
    node.waits_for_handles = true;
    machine::Machine::current().note(handles
                                         ? fmt::format("devnode#{} keeps its stack: {} open handles", node.id, handles)
                                         : fmt::format("devnode#{} keeps its stack: a child keeps its own", node.id));
    return;
  }
  node.waits_for_handles = false;
  Devnode* parent = node.parent;
  dispatch(node, DevnodeEvent::LastHandleClosed);
  if (parent && parent->waits_for_handles) finish_surprise(*parent);
}

// I/O verification of Driver Verifier.
constexpr ULONG64 kDetachedInSurprise = 0x241, kDeletedInSurprise = 0x242, kNotDetached = 0x21D;

void Manager::check_leaving(DEVICE_OBJECT* device, bool deleted) {
  // A PnP driver whose last device is one that it deletes itself, a control device, need not stay (WDF-361).
  if (deleted && device && machine::current_thread().id != worker_thread_) {
    const DRIVER_OBJECT* driver = device->DriverObject;
    if (driver->DeviceObject == device && !device->NextDevice && driver->DriverExtension->AddDevice)
      queue([this] { unload_unused_drivers(); });
  }
  const Devnode* node = device ? find_in_stack(device) : nullptr;
  if (!node || node->irp_minor != IRP_MN_SURPRISE_REMOVAL || device == node->pdo) return;
  machine::Machine::current().bug_check(
      DRIVER_VERIFIER_IOMANAGER_VIOLATION, deleted ? kDeletedInSurprise : kDetachedInSurprise, 0, 0,
      reinterpret_cast<ULONG64>(device),
      fmt::format("{} is {} in IRP_MN_SURPRISE_REMOVAL; that is for IRP_MN_REMOVE_DEVICE", io::device_name(device),
                  deleted ? "deleted" : "detached"));
}

// ---- The remove IRP itself ----

std::optional<DevnodeEvent> Manager::remove_stack(Devnode& node) {
  send_pnp(*this, node, IRP_MN_REMOVE_DEVICE);
  interfaces_->device_leaves(node);
  power_watch_->allow(node);
  arbiter_->release(node.id);
  node.assigned.clear();
  node.device_power = PowerDeviceUnspecified;
  node.state_flags = 0;
  node.resets_refused = 0;
  const DEVICE_OBJECT* above = node.pdo->AttachedDevice;
  for (unsigned filter = 0; above && filter < node.bus_filters; ++filter) above = above->AttachedDevice;
  if (above) {
    machine::Finding finding = machine::finding(
        "PNP-053",
        fmt::format("{} is still attached to devnode#{} after IRP_MN_REMOVE_DEVICE", io::device_name(above), node.id),
        machine::Severity::Recorded);
    finding.bug_check =
        machine::BugCheck{DRIVER_VERIFIER_IOMANAGER_VIOLATION, {kNotDetached, 0, 0, reinterpret_cast<ULONG64>(above)}};
    machine::Machine::current().report(std::move(finding));
  }
  unload_unused_drivers();
  return DevnodeEvent::RemoveCompleted;
}

void Manager::forget(Devnode& node) {
  if (node.parent) std::erase(node.parent->children, &node);
  io::extension_of(node.pdo)->DeviceNode = nullptr;
  ob::dereference(node.pdo);
  node.pdo = nullptr;
  unload_unused_drivers();

  for (const auto& other : devnodes_) {
    if (!other->held_by_older || !same_id(other->instance_path, node.instance_path)) continue;
    other->held_by_older = false;
    Devnode* replacement = other.get();
    queue([this, replacement] {
      if (replacement->state == DevnodeState::Initialized && replacement->may_start()) start_devnode(*replacement);
    });
    break;
  }
}

}  // namespace drydock::ntos::pnp
