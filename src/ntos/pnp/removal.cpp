// Orderly removal, surprise removal, and what happens when the last handle closes.

#include <algorithm>
#include <string>

#include "nt/pnp.h"
#include "ntos/io/device.h"
#include "ntos/ob/object.h"
#include "ntos/pnp/arbiter.h"
#include "ntos/pnp/device_interface.h"
#include "ntos/pnp/manager.h"
#include "ntos/pnp/notification.h"
#include "ntos/pnp/pnp_irp.h"

namespace drydock::ntos::pnp {

using namespace nt;

// ---- Orderly ----

Change Manager::query_remove_tree(Devnode& node, std::vector<Devnode*>& agreed) {
  for (Devnode* child : std::vector<Devnode*>(node.children)) {
    Change change = query_remove_tree(*child, agreed);
    if (!change.ok()) return change;
  }
  if (node.state == DevnodeState::SurpriseRemoved) {
    // Below a device that still waits for its handles nothing can be taken down in order.
    return {STATUS_DEVICE_BUSY, node.id,
            fmt::format("devnode#{} waits for {} open handles", node.id, open_handles(node))};
  }
  if (node.state != DevnodeState::Started) return {STATUS_SUCCESS, node.id, {}};

  std::string who;
  if (!notifications_->query_target_removal(node, who)) return {STATUS_UNSUCCESSFUL, node.id, who};
  const PnpReply reply = send_pnp(*this, node, IRP_MN_QUERY_REMOVE_DEVICE);
  if (!reply.ok()) {
    dispatch(node, DevnodeEvent::QueryRemoveRefused);
    return refusal(node, reply.status);
  }
  dispatch(node, DevnodeEvent::QueryRemoveAgreed);
  agreed.push_back(&node);
  if (unsigned handles = open_handles(node))
    return {STATUS_DEVICE_BUSY, node.id,
            fmt::format("{} open handle{} on devnode#{}", handles, handles > 1 ? "s" : "", node.id)};
  return {STATUS_SUCCESS, node.id, {}};
}

namespace {

void children_first(Devnode& node, std::vector<Devnode*>& order) {
  for (Devnode* child : node.children) children_first(*child, order);
  order.push_back(&node);
}

}  // namespace

Change Manager::remove_tree(Devnode& node, bool only_ask) {
  if (node.root_enumerated && !node.parent)
    return {STATUS_INVALID_DEVICE_REQUEST, node.id, "the root of the device tree"};
  std::vector<Devnode*> agreed;
  Change change = query_remove_tree(node, agreed);
  if (!change.ok() || only_ask) {
    // Parents first: a child is of use again only when its bus is.
    for (auto each = agreed.rbegin(); each != agreed.rend(); ++each) dispatch(**each, DevnodeEvent::RemovalCalledOff);
    return change;
  }

  std::vector<Devnode*> order;
  children_first(node, order);
  for (Devnode* each : order) {
    if (each != &node) each->reported = false;  // they go with their bus
    remove_agreed(*each);
  }
  return {STATUS_SUCCESS, node.id, {}};
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
  Devnode* node = find_pdo(pdo);
  if (!node) return;
  queue([this, node] {
    if (node->state != DevnodeState::Started || !remove_tree(*node).ok()) return;
    node->held = true;
    node->problem = Problem::HeldForEject;
    if (node->capabilities.eject_supported) send_pnp(*this, *node, IRP_MN_EJECT);
    if (node->parent && node->parent->state == DevnodeState::Started) enumerate_children(*node->parent);
  });
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

// ---- The remove IRP itself ----

std::optional<DevnodeEvent> Manager::remove_stack(Devnode& node) {
  interfaces_->device_leaves(node);
  send_pnp(*this, node, IRP_MN_REMOVE_DEVICE);
  arbiter_->release(node.id);
  node.assigned.clear();
  node.device_power = PowerDeviceUnspecified;
  node.state_flags = 0;
  const DEVICE_OBJECT* above = node.pdo->AttachedDevice;
  for (unsigned filter = 0; above && filter < node.bus_filters; ++filter) above = above->AttachedDevice;
  if (above) {
    machine::Machine::current().report(
        {.rule = "PNP-053",
         .summary = fmt::format("{} is still attached to devnode#{} after IRP_MN_REMOVE_DEVICE", io::device_name(above),
                                node.id),
         .severity = machine::Severity::Recorded});
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
