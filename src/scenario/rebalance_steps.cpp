// Steps that stop the device for other resources.

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

/// Requests wait while the device is stopped; none fails.
void rebalance_under_load(Stage& stage, pnp::Manager::NewResources which) {
  const bool others = which == pnp::Manager::NewResources::Other;
  Disturbed disturbed = under_load(stage, false, [&] {
    for (const Adapter* adapter : stage.tested_adapters()) {
      const pnp::Devnode& node = node_of(stage, *adapter);
      const std::vector<std::uint64_t> before = addresses_of(node);
      const pnp::Change change = pnp::manager().rebalance(node.id, which);
      if (!change.ok())
        stage.fail("rebalance-refused",
                   fmt::format("the adapter in slot {} cannot be rebalanced: {}", bus::board::to_text(adapter->slot),
                               change_text(change)),
                   tree_lines());
      if (others && !before.empty() && addresses_of(node) == before)
        stage.fail("same-resources", fmt::format("the adapter in slot {} was given the resources it had",
                                                 bus::board::to_text(adapter->slot)));
    }
  });
  pnp::manager().wait_until_settled();
  if (!require_started(stage)) return;
  stage.checked(fmt::format("stopped and started{}{}", others ? " elsewhere" : "",
                            disturbed.with_load ? ", " + disturbed.text() : ""),
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
  Disturbed disturbed = under_load(stage, true, [&] {
    for (const Adapter* adapter : stage.tested_adapters()) {
      machine::Refusal no_resources(1, "pnp.resources");
      const pnp::Change change = pnp::manager().rebalance(node_of(stage, *adapter).id);
      if (!no_resources.made())
        stage.fail("rebalance-refused",
                   fmt::format("the adapter in slot {} was not stopped: {}", bus::board::to_text(adapter->slot),
                               change_text(change)),
                   tree_lines());
    }
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
  stage.checked("no resources for the restart" + (disturbed.with_load ? ", " + disturbed.text() : "") + ", stack gone",
                std::move(disturbed.lines));
}

void cancel_stop(Stage& stage) {
  Disturbed disturbed = under_load(stage, false, [&] {
    for (const Adapter* adapter : stage.tested_adapters()) {
      const pnp::Change change = pnp::manager().query_and_cancel_stop(node_of(stage, *adapter).id);
      if (!change.ok())
        stage.fail("rebalance-refused", fmt::format("the adapter in slot {} refuses query-stop: {}",
                                                    bus::board::to_text(adapter->slot), change_text(change)));
    }
  });
  if (!require_started(stage)) return;
  stage.checked("asked and called off" + (disturbed.with_load ? ", " + disturbed.text() : ""),
                std::move(disturbed.lines));
}

}  // namespace drydock::scenario
