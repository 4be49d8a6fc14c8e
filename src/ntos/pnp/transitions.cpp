// The table at work: looks up the row, counts the visit, carries the action out.

#include "host/check.h"
#include "ntos/ob/names.h"
#include "ntos/pnp/manager.h"
#include "ntos/pnp/pnp_irp.h"

namespace drydock::ntos::pnp {

void Manager::dispatch(Devnode& node, DevnodeEvent event) {
  machine::Machine& machine = machine::Machine::current();
  ++dispatch_depth_;
  std::optional<DevnodeEvent> next = event;
  while (next) {
    const std::size_t row = find_row(node.state, *next);
    if (row == kNoRow) {
      if (may_drop(node.state, *next)) break;
      const std::string text = fmt::format("devnode#{} ({}) has no answer to {} in {}", node.id, node.name(),
                                           event_name(*next), state_name(node.state));
      host::check_failed(text.c_str(), "ntos/pnp/devnode_table.h", 0);
    }
    ++visits_[row];
    const DevnodeRow& step = kDevnodeRows[row];
    machine.record(machine::Event::DevnodeState, node.id, static_cast<unsigned>(step.becomes),
                   static_cast<unsigned>(*next));
    if (machine.trace().keeps_records())
      machine.trace().name(machine::Thing::Devnode, node.id,
                           node.service.empty() ? node.name() : ob::narrow(node.service));
    node.state = step.becomes;
    next = perform(step.then, node);
  }
  if (--dispatch_depth_ != 0) return;
  // Everyone concerned has been told; now the stacks may go, children first.
  std::vector<Devnode*> told = std::move(surprised_);
  surprised_.clear();
  for (Devnode* each : told) finish_surprise(*each);
}

std::optional<DevnodeEvent> Manager::perform(DevnodeAction action, Devnode& node) {
  using enum DevnodeAction;
  switch (action) {
    case nothing:
    case wait_for_the_others:
      return std::nullopt;
    case find_drivers:
      return find_drivers_of(node);
    case assign_resources:
      return assign_resources_to(node);
    case send_start:
      return start_stack(node);
    case query_bus_relations:
      return after_start(node);
    case send_stop:
      stop_stack(node);
      return std::nullopt;
    case send_cancel_stop:
      send_pnp(*this, node, nt::IRP_MN_CANCEL_STOP_DEVICE);
      return std::nullopt;
    case send_cancel_remove:
      send_pnp(*this, node, nt::IRP_MN_CANCEL_REMOVE_DEVICE);
      return std::nullopt;
    case send_surprise_removal:
      return surprise_stack(node);
    case send_remove:
      return remove_stack(node);
    case ask_the_bus:
      return node.reported ? DevnodeEvent::StillReported : DevnodeEvent::NoLongerReported;
    case forget_devnode:
      forget(node);
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace drydock::ntos::pnp
