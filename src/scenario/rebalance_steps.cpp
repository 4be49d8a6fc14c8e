// Steps that stop the device for other resources.

#include <functional>

#include <fmt/format.h>

#include "machine/refusal.h"
#include "nt/status.h"
#include "scenario/devices.h"
#include "scenario/steps.h"
#include "scenario/under_load.h"

namespace drydock::scenario {

using namespace nt;
namespace pnp = ntos::pnp;

namespace {

pnp::Devnode& node_of(Stage& stage, const Adapter& adapter) {
  pnp::Devnode* node = devnode_of(adapter);
  if (node == nullptr)
    stage.fail("not-started", fmt::format("the adapter in slot {} does not run", bus::board::to_text(adapter.slot)),
               tree_lines());
  return *node;
}

/// The ranges a device was given, without interrupts and private data.
std::vector<std::uint64_t> addresses_of(const pnp::Devnode& node) {
  std::vector<std::uint64_t> addresses;
  for (const pnp::Resource& each : node.assigned)
    if (each.kind == pnp::ResourceKind::Memory || each.kind == pnp::ResourceKind::Port) addresses.push_back(each.start);
  return addresses;
}

bool refusal_by_driver(const pnp::Change& change) {
  return !change.ok() && !change.vetoed_by.empty();
}

/// Drivers may refuse to stop a device that is in use, as those of serial ports do. Then it goes on working, and is
/// asked again when nobody has it open: what is refused now is a finding. `attempt` is true if it was agreed to.
Disturbed stopped_under_load(Stage& stage, bool failures_allowed, const std::function<bool(const Adapter&, bool last)>& attempt) {
  std::vector<const Adapter*> refused;
  const bool in_use = !open_sources(stage).empty();
  Disturbed disturbed = under_load(stage, failures_allowed, [&] {
    for (const Adapter* adapter : stage.tested_adapters())
      if (!attempt(*adapter, !in_use)) refused.push_back(adapter);
  });
  if (refused.empty()) return disturbed;
  disturbed.refused = true;
  stage.close_handles();
  pnp::manager().wait_until_settled();
  for (const Adapter* adapter : refused) attempt(*adapter, true);
  return disturbed;
}

/// "22 in flight, none failed"; what it was refused with, if it was.
std::string text_of(const Disturbed& disturbed) {
  if (!disturbed.with_load) return {};
  return (disturbed.refused ? ", refused while in use with " : ", ") + disturbed.text() +
         (disturbed.refused ? ", then done" : "");
}

/// Requests wait while the device is stopped; none fails.
void rebalance_under_load(Stage& stage, pnp::Manager::NewResources which) {
  const bool others = which == pnp::Manager::NewResources::Other;
  Disturbed disturbed = stopped_under_load(stage, false, [&](const Adapter& adapter, bool last) {
    const pnp::Devnode& node = node_of(stage, adapter);
    const std::vector<std::uint64_t> before = addresses_of(node);
    const pnp::Change change = pnp::manager().rebalance(node.id, which);
    if (refusal_by_driver(change) && !last) return false;
    if (!change.ok())
      stage.fail("rebalance-refused",
                 fmt::format("the adapter in slot {} cannot be rebalanced: {}", bus::board::to_text(adapter.slot),
                             change_text(change)),
                 tree_lines());
    if (others && !before.empty() && addresses_of(node) == before)
      stage.fail("same-resources",
                 fmt::format("the adapter in slot {} was given the resources it had", bus::board::to_text(adapter.slot)));
    return true;
  });
  pnp::manager().wait_until_settled();
  if (!(disturbed.refused ? require_running(stage) : require_started(stage))) return;
  stage.checked(fmt::format("stopped and started{}{}", others ? " elsewhere" : "", text_of(disturbed)),
                std::move(disturbed.lines));
}

}  // namespace

void rebalance(Stage& stage) {
  rebalance_under_load(stage, pnp::Manager::NewResources::Same);
}

void rebalance_new_resources(Stage& stage) {
  rebalance_under_load(stage, pnp::Manager::NewResources::Other);
}

void rebalance_fail_restart(Stage& stage) {
  Disturbed disturbed = stopped_under_load(stage, true, [&](const Adapter& adapter, bool last) {
    machine::Refusal no_resources(1, "pnp.resources");
    const pnp::Change change = pnp::manager().rebalance(node_of(stage, adapter).id);
    if (no_resources.made()) return true;
    if (refusal_by_driver(change) && !last) return false;
    stage.fail("rebalance-refused",
               fmt::format("the adapter in slot {} was not stopped: {}", bus::board::to_text(adapter.slot),
                           change_text(change)),
               tree_lines());
  });
  stage.close_handles();
  require_gone(stage, "after the failed restart");
  for (const Adapter* adapter : stage.tested_adapters()) {
    const pnp::Devnode* node = devnode_in(adapter->slot);
    if (node == nullptr || node->problem == pnp::Problem::None)
      stage.fail("wrong-problem",
                 fmt::format("the device in slot {} failed its restart and has no problem",
                             bus::board::to_text(adapter->slot)),
                 tree_lines());
  }
  stage.checked("no resources for the restart" + text_of(disturbed) + ", stack gone",
                std::move(disturbed.lines));
}

void cancel_stop(Stage& stage) {
  Disturbed disturbed = stopped_under_load(stage, false, [&](const Adapter& adapter, bool last) {
    const pnp::Change change = pnp::manager().query_and_cancel_stop(node_of(stage, adapter).id);
    if (refusal_by_driver(change) && !last) return false;
    if (!change.ok())
      stage.fail("rebalance-refused", fmt::format("the adapter in slot {} refuses query-stop: {}",
                                                  bus::board::to_text(adapter.slot), change_text(change)));
    return true;
  });
  if (!(disturbed.refused ? require_running(stage) : require_started(stage))) return;
  stage.checked("asked and called off" + text_of(disturbed), std::move(disturbed.lines));
}

}  // namespace drydock::scenario
