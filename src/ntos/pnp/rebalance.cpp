// Stop, other resources, start again.

#include "nt/pnp.h"
#include "ntos/pnp/arbiter.h"
#include "ntos/pnp/manager.h"
#include "ntos/pnp/pnp_irp.h"
#include "ntos/pnp/power_watch.h"

namespace drydock::ntos::pnp {

using namespace nt;

Change Manager::query_stop_tree(Devnode& node, std::vector<Devnode*>& agreed) {
  for (Devnode* child : node.children) {
    Change change = query_stop_tree(*child, agreed);
    if (!change.ok()) return change;
  }
  if (node.state != DevnodeState::Started) return {STATUS_SUCCESS, node.id, {}};
  const PnpReply reply = send_pnp(*this, node, IRP_MN_QUERY_STOP_DEVICE);
  if (!reply.ok()) {
    dispatch(node, DevnodeEvent::QueryStopRefused);
    return refusal(node, reply.status);
  }
  dispatch(node, DevnodeEvent::QueryStopAgreed);
  agreed.push_back(&node);
  return {STATUS_SUCCESS, node.id, {}};
}

void Manager::stop_stack(Devnode& node) {
  send_pnp(*this, node, IRP_MN_STOP_DEVICE);
  power_watch_->allow(node);
  arbiter_->release(node.id);
}

Change Manager::rebalance_tree(Devnode& node, NewResources which, bool only_ask) {
  if (node.state != DevnodeState::Started) return {STATUS_INVALID_DEVICE_STATE, node.id, {}};
  if (!node.parent) return {STATUS_INVALID_DEVICE_REQUEST, node.id, "the root of the device tree"};
  std::vector<Devnode*> agreed;
  Change change = query_stop_tree(node, agreed);
  if (!change.ok() || only_ask) {
    for (auto each = agreed.rbegin(); each != agreed.rend(); ++each) dispatch(**each, DevnodeEvent::RebalanceCalledOff);
    return change;
  }
  for (Devnode* each : agreed) dispatch(*each, DevnodeEvent::RebalanceGoesAhead);

  // The bus first. A device that went away meanwhile is no longer Stopped.
  for (auto at = agreed.rbegin(); at != agreed.rend(); ++at) {
    Devnode& each = **at;
    if (each.state != DevnodeState::Stopped) continue;
    if (&each == &node || each.filtered.empty()) filter_requirements(each);
    const std::vector<Resource> before = each.assigned;
    dispatch(each, place_resources(each, which == NewResources::Other ? before : std::vector<Resource>{}));
    if (each.state != DevnodeState::Started && change.ok())
      change = {each.problem_status < 0 ? each.problem_status : STATUS_UNSUCCESSFUL, each.id, {}};
  }
  return change;
}

}  // namespace drydock::ntos::pnp
