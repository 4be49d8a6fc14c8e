#include "ntos/pnp/manager.h"

#include "nt/pnp.h"
#include "ntos/cm/registry.h"
#include "ntos/io/device.h"
#include "ntos/ob/names.h"
#include "ntos/ob/object.h"
#include "ntos/pnp/guid_text.h"
#include "ntos/pnp/notification.h"
#include "ntos/pnp/power_watch.h"
#include "ntos/pnp/root_bus.h"

namespace drydock::ntos::pnp {

using namespace nt;

std::string Devnode::name() const {
  return ob::narrow(instance_path);
}

std::string_view problem_name(Problem problem) {
  switch (problem) {
    case Problem::None:
      return "";
    case Problem::NotConfigured:
      return "CM_PROB_NOT_CONFIGURED";
    case Problem::FailedStart:
      return "CM_PROB_FAILED_START";
    case Problem::NormalConflict:
      return "CM_PROB_NORMAL_CONFLICT";
    case Problem::NeedRestart:
      return "CM_PROB_NEED_RESTART";
    case Problem::WillBeRemoved:
      return "CM_PROB_WILL_BE_REMOVED";
    case Problem::Disabled:
      return "CM_PROB_DISABLED";
    case Problem::DeviceNotThere:
      return "CM_PROB_DEVICE_NOT_THERE";
    case Problem::FailedInstall:
      return "CM_PROB_FAILED_INSTALL";
    case Problem::HardwareDisabled:
      return "CM_PROB_HARDWARE_DISABLED";
    case Problem::FailedAdd:
      return "CM_PROB_FAILED_ADD";
    case Problem::DisabledService:
      return "CM_PROB_DISABLED_SERVICE";
    case Problem::FailedDriverEntry:
      return "CM_PROB_FAILED_DRIVER_ENTRY";
    case Problem::DriverFailedLoad:
      return "CM_PROB_DRIVER_FAILED_LOAD";
    case Problem::FailedPostStart:
      return "CM_PROB_FAILED_POST_START";
    case Problem::HeldForEject:
      return "CM_PROB_HELD_FOR_EJECT";
    case Problem::DeviceReset:
      return "CM_PROB_DEVICE_RESET";
  }
  return "";
}

void set_problem(Devnode& node, Problem problem, NTSTATUS status) {
  node.problem_status = status;
  if (std::exchange(node.problem, problem) == problem) return;
  machine::Machine& machine = machine::Machine::current();
  machine.record(machine::Event::DevnodeState, node.id, static_cast<unsigned>(node.state),
                 kProblemChanged | static_cast<unsigned>(problem));
  machine.note(problem == Problem::None ? fmt::format("devnode#{} has no problem any more", node.id)
                                        : fmt::format("devnode#{} has {}", node.id, problem_name(problem)));
}

std::string_view pnp_minor_name(UCHAR minor) {
  const char* name = irp_minor_name(IRP_MJ_PNP, minor);
  return name ? name : "IRP_MN_?";
}

// ---- What scenarios ask for ----

namespace {

void release_hold(Devnode& node) {
  node.held = false;
  for (Devnode* child : node.children) release_hold(*child);
}

}  // namespace

/// Lasts as long as the device's key: a later instance is disabled too.
void Manager::set_disabled(Devnode& node, bool disabled) {
  node.disabled = disabled;
  cm::Key& key = cm::registry().create(enum_key_path(node));
  const std::uint32_t flags = key.dword(u"ConfigFlags").value_or(0);
  key.set_dword(u"ConfigFlags", disabled ? flags | CONFIGFLAG_DISABLED : flags & ~CONFIGFLAG_DISABLED);
}

template <class Work>
Change Manager::ask_about(DevnodeId id, Work work) {
  return ask([this, id, &work]() -> Change {
    if (!ensure_root()) return {STATUS_INSUFFICIENT_RESOURCES, id, {}};
    Devnode* node = find(id);
    if (!node || node->state == DevnodeState::Deleted) return {STATUS_NO_SUCH_DEVICE, id, {}};
    return work(*node);
  });
}

void Manager::add_root_device(RootDevice device) {
  root_devices_.push_back(std::move(device));
}

Change Manager::enumerate_root() {
  return scan(kRootDevnode);
}

Change Manager::scan(DevnodeId devnode) {
  return ask_about(devnode, [this](Devnode& node) -> Change {
    release_hold(node);
    if (node.state == DevnodeState::Started) {
      enumerate_children(node);
    } else if (node.parent && node.parent->state == DevnodeState::Started) {
      enumerate_children(*node.parent);
    }
    return {STATUS_SUCCESS, node.id, {}};
  });
}

Change Manager::remove(DevnodeId devnode) {
  return ask_about(devnode, [this](Devnode& node) {
    Change change = remove_tree(node);
    if (change.ok()) node.held = true;
    return change;
  });
}

Change Manager::start(DevnodeId devnode) {
  return ask_about(devnode, [this](Devnode& node) { return start_again(node); });
}

Change Manager::start_again(Devnode& node) {
  if (node.disabled) return {STATUS_INVALID_DEVICE_STATE, node.id, {}};
  node.held = false;
  if (node.state != DevnodeState::Initialized) return {STATUS_INVALID_DEVICE_STATE, node.id, {}};
  set_problem(node, Problem::None);
  start_devnode(node);
  if (node.problem != Problem::None)
    return {node.problem_status < 0 ? node.problem_status : STATUS_UNSUCCESSFUL, node.id, {}};
  return {STATUS_SUCCESS, node.id, {}};
}

namespace {

const Devnode* find_not_disableable(const Devnode& node) {
  if (node.state_flags & PNP_DEVICE_NOT_DISABLEABLE) return &node;
  for (const Devnode* child : node.children)
    if (const Devnode* found = find_not_disableable(*child)) return found;
  return nullptr;
}

}  // namespace

Change Manager::disable(DevnodeId devnode) {
  return ask_about(devnode, [this](Devnode& node) -> Change {
    if (node.disabled) return {STATUS_SUCCESS, node.id, {}};
    if (const Devnode* needed = find_not_disableable(node))
      return {STATUS_NOT_SUPPORTED, needed->id, fmt::format("devnode#{}, which may not be disabled", needed->id)};
    Change change = remove_tree(node);
    if (!change.ok()) return change;
    set_disabled(node, true);
    set_problem(node, Problem::Disabled);
    return change;
  });
}

Change Manager::enable(DevnodeId devnode) {
  return ask_about(devnode, [this](Devnode& node) {
    set_disabled(node, false);
    return start_again(node);
  });
}

Change Manager::restart(DevnodeId devnode) {
  return ask_about(devnode, [this](Devnode& node) -> Change {
    Change change = remove_tree(node);
    return change.ok() ? start_again(node) : change;
  });
}

Change Manager::rebalance(DevnodeId devnode, NewResources which) {
  return ask_about(devnode, [this, which](Devnode& node) { return rebalance_tree(node, which); });
}

Change Manager::eject(DevnodeId devnode) {
  return ask_about(devnode, [this](Devnode& node) { return eject_tree(node); });
}

Change Manager::query_and_cancel_remove(DevnodeId devnode) {
  return ask_about(devnode, [this](Devnode& node) { return remove_tree(node, true); });
}

Change Manager::query_and_cancel_stop(DevnodeId devnode) {
  return ask_about(devnode, [this](Devnode& node) { return rebalance_tree(node, NewResources::Same, true); });
}

// ---- What is there ----

std::vector<TreeLine> Manager::tree() const {
  std::vector<TreeLine> lines;
  auto walk = [&lines](auto& self, const Devnode& node, unsigned depth) -> void {
    lines.push_back({node.id, node.parent ? node.parent->id : 0, depth, node.state, node.problem, node.name(),
                     ob::narrow(node.description), ob::narrow(node.service)});
    for (const Devnode* child : node.children) self(self, *child, depth + 1);
  };
  if (root_) walk(walk, *root_, 0);
  return lines;
}

Devnode* Manager::find(DevnodeId devnode) {
  return devnode >= 1 && devnode <= devnodes_.size() ? devnodes_[devnode - 1].get() : nullptr;
}

Devnode* Manager::find_pdo(const DEVICE_OBJECT* pdo) {
  return pdo ? static_cast<Devnode*>(io::extension_of(const_cast<DEVICE_OBJECT*>(pdo))->DeviceNode) : nullptr;
}

Devnode* Manager::find_in_stack(DEVICE_OBJECT* device) {
  while (device && !find_pdo(device)) device = io::extension_of(device)->AttachedTo;
  return find_pdo(device);
}

std::vector<Devnode*> Manager::served_by(std::u16string_view service) {
  std::vector<Devnode*> result;
  for (const auto& node : devnodes_)
    if (node->state != DevnodeState::Deleted && same_id(node->service, service)) result.push_back(node.get());
  return result;
}

Devnode* Manager::find_id(std::u16string_view prefix) {
  auto begins = [prefix](const std::u16string& id) {
    return id.size() >= prefix.size() && same_id(std::u16string_view(id).substr(0, prefix.size()), prefix);
  };
  for (const auto& node : devnodes_) {
    if (node->state == DevnodeState::Deleted) continue;
    if (begins(node->instance_path)) return node.get();
    for (const std::u16string& id : node->hardware_ids)
      if (begins(id)) return node.get();
  }
  return nullptr;
}

// ---- What drivers ask for ----

void Manager::invalidate_relations(DEVICE_OBJECT* pdo, ULONG relation_type) {
  Devnode* node = find_pdo(pdo);
  if (!node || (relation_type != BusRelations && relation_type != SingleBusRelations)) return;
  queue([this, node] {
    if (node->state == DevnodeState::Started) enumerate_children(*node);
  });
}

void Manager::invalidate_state(DEVICE_OBJECT* pdo) {
  Devnode* node = find_pdo(pdo);
  if (!node) return;
  queue([this, node] {
    if (node->state == DevnodeState::Started) device_state_changed(*node);
  });
}

void Manager::device_power_changed(Devnode& node, DEVICE_POWER_STATE state) {
  if (std::exchange(node.device_power, state) == state) return;
  machine::Machine::current().record(machine::Event::PowerState, node.id, static_cast<unsigned>(state));
  if (state == PowerDeviceD0)
    power_watch_->allow(node);
  else
    power_watch_->forbid(node);
}

void Manager::handle_closed(DEVICE_OBJECT* device) {
  Devnode* node = find_in_stack(device);
  if (!node || !node->waits_for_handles) return;
  queue([this, node] { finish_surprise(*node); });
}

unsigned Manager::open_handles(const Devnode& node) const {
  LONG count = 0;
  for (const DEVICE_OBJECT* device = node.pdo; device; device = device->AttachedDevice) count += device->ReferenceCount;
  count -= static_cast<LONG>(notifications_->files_kept_alive(node));
  return count > 0 ? static_cast<unsigned>(count) : 0;
}

Change Manager::refusal(Devnode& node, NTSTATUS status) const {
  std::string who = node.service.empty() ? std::string("devnode") : ob::narrow(node.service);
  return {status, node.id, fmt::format("{} (devnode#{})", who, node.id)};
}

void Manager::record_irp(const SentIrp& irp) {
  sent_.push_back(irp);
}

}  // namespace drydock::ntos::pnp
