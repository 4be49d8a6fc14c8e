// Steps that take the device away, in order or by surprise, and bring it back.

#include <algorithm>

#include <fmt/format.h>

#include "bus/board/build_board.h"
#include "models/pci/fabric.h"
#include "nt/status.h"
#include "scenario/devices.h"
#include "scenario/steps.h"
#include "scenario/under_load.h"

namespace drydock::scenario {

using namespace nt;
namespace pnp = ntos::pnp;

namespace {

using ChangeOf = pnp::Change (pnp::Manager::*)(pnp::DevnodeId);

/// Open handles refuse an orderly removal, whatever its occasion (PNP-030); the load goes on as if nothing had been
/// asked.
Disturbed refused_while_open(Stage& stage, ChangeOf ask, const char* what) {
  if (open_sources(stage).empty()) return {};
  return under_load(stage, false, [&] {
    for (Adapter* adapter : stage.tested_adapters()) {
      const pnp::Change change = (pnp::manager().*ask)(adapter->devnode);
      if (change.ok())
        stage.fail("open-handles-ignored",
                   fmt::format("{} of the adapter in slot {} went ahead although handles are open", what,
                               bus::board::to_text(adapter->slot)));
    }
  });
}

void must_agree(Stage& stage, const Adapter& adapter, const pnp::Change& change, const char* what) {
  if (!change.ok())
    stage.fail("remove-refused", fmt::format("{} of the adapter in slot {} failed: {}", what,
                                             bus::board::to_text(adapter.slot), change_text(change)));
}

/// Refused while handles are open, then done.
std::string remove_by(Stage& stage, ChangeOf ask, const char* what) {
  const Disturbed disturbed = refused_while_open(stage, ask, what);
  stage.close_handles();
  for (Adapter* adapter : stage.tested_adapters())
    must_agree(stage, *adapter, (pnp::manager().*ask)(adapter->devnode), what);
  const std::size_t count = stage.tested_adapters().size();
  return counted(count, "adapter") + (disturbed.with_load ? ", refused with " + disturbed.text() + ", then done" : "");
}

/// Whatever sits in the slots of the adapters under test is started.
std::string start_all(Stage& stage, ChangeOf how) {
  for (const Adapter* adapter : stage.tested_adapters()) {
    const pnp::Devnode* node = devnode_in(adapter->slot);
    if (node == nullptr)
      stage.fail("start-failed", "there is no device in slot " + bus::board::to_text(adapter->slot), tree_lines());
    const pnp::Change change = (pnp::manager().*how)(node->id);
    if (!change.ok() && !stage.devices_may_fail())
      stage.fail("start-failed",
                 fmt::format("the device in slot {} cannot be started: {}", bus::board::to_text(adapter->slot),
                             change_text(change)),
                 tree_lines());
  }
  return counted(stage.tested_adapters().size(), "adapter") + " started";
}

std::uint64_t accesses_after_unplug(Stage& stage) {
  auto* fabric = bus::board::board_part()->fabric;
  std::uint64_t sum = 0;
  for (const Adapter* adapter : stage.tested_adapters())
    sum += fabric
               ->counts({static_cast<std::uint8_t>(adapter->slot.bus), static_cast<std::uint8_t>(adapter->slot.device),
                         static_cast<std::uint8_t>(adapter->slot.function)})
               .after_unplug;
  return sum;
}

/// Every adapter under test has this problem, and no stack.
void require_problem(Stage& stage, pnp::Problem problem, const char* after) {
  for (const Adapter* adapter : stage.tested_adapters()) {
    const pnp::Devnode* node = devnode_in(adapter->slot);
    if (node != nullptr && node->problem == problem) continue;
    stage.fail("wrong-problem",
               fmt::format("after {} the device in slot {} should have {}, and has {}", after,
                           bus::board::to_text(adapter->slot), pnp::problem_name(problem),
                           node == nullptr                       ? "gone"
                           : node->problem == pnp::Problem::None ? "none"
                                                                 : pnp::problem_name(node->problem)),
               tree_lines());
  }
}

}  // namespace

void remove_devices(Stage& stage) {
  std::string said = remove_by(stage, &pnp::Manager::remove, "the removal");
  require_gone(stage, "after the removal");
  stage.checked(fmt::format("{}; driver {}", said, stage.driver_object() == nullptr ? "unloaded" : "still loaded"));
}

void scan(Stage& stage) {
  std::vector<pnp::DevnodeId> buses;
  for (const Adapter& adapter : stage.adapters())
    if (std::find(buses.begin(), buses.end(), adapter.bus_devnode) == buses.end()) buses.push_back(adapter.bus_devnode);
  for (pnp::DevnodeId bus : buses) {
    const pnp::Change change = pnp::manager().scan(bus);
    if (!change.ok())
      stage.fail("scan-failed", "the bus cannot be scanned: " + status_text(change.status), tree_lines());
  }
  pnp::manager().wait_until_settled();
  if (require_running(stage)) stage.checked(running_text(stage));
}

/// What does not run for a problem that it has is only started.
void restart(Stage& stage) {
  bool all_run = true;
  for (const Adapter* adapter : stage.tested_adapters()) all_run = all_run && devnode_of(*adapter) != nullptr;
  std::string said =
      all_run ? remove_by(stage, &pnp::Manager::restart, "the restart") : start_all(stage, &pnp::Manager::start);
  pnp::manager().wait_until_settled();
  if (require_running(stage)) stage.checked(said);
}

void disable(Stage& stage) {
  std::string said = remove_by(stage, &pnp::Manager::disable, "disabling");
  require_gone(stage, "after disabling");
  require_problem(stage, pnp::Problem::Disabled, "disabling");
  // A scan brings nothing back.
  for (const Adapter* adapter : stage.tested_adapters()) pnp::manager().scan(adapter->bus_devnode);
  pnp::manager().wait_until_settled();
  require_problem(stage, pnp::Problem::Disabled, "a scan");
  stage.checked(std::move(said));
}

void enable(Stage& stage) {
  start_all(stage, &pnp::Manager::enable);
  pnp::manager().wait_until_settled();
  if (require_running(stage)) stage.checked(running_text(stage));
}

void cancel_remove(Stage& stage) {
  // With handles open the drivers are asked and told that it is off; without, the same once more.
  const Disturbed disturbed = refused_while_open(stage, &pnp::Manager::query_and_cancel_remove, "query-remove");
  stage.close_handles();
  for (const Adapter* adapter : stage.tested_adapters())
    must_agree(stage, *adapter, pnp::manager().query_and_cancel_remove(adapter->devnode), "query-remove");
  pnp::manager().wait_until_settled();
  if (!require_running(stage)) return;
  stage.checked("asked and called off" + (disturbed.with_load ? ", " + disturbed.text() : ""));
}

void unplug(Stage& stage) {
  machine::Time pulled{};
  const std::uint64_t touched_before = accesses_after_unplug(stage);
  Disturbed disturbed = under_load(stage, true, [&] {
    pulled = stage.machine().now();
    for (const Adapter* adapter : stage.tested_adapters())
      if (!bus::board::unplug(stage.machine(), adapter->slot))
        stage.fail("unplug-failed",
                   fmt::format("there is nothing in slot {} to pull", bus::board::to_text(adapter->slot)));
  });
  const machine::Duration took = stage.machine().now() - pulled;
  stage.close_handles();
  require_gone(stage, "after the surprise removal");
  std::vector<std::string> details = std::move(disturbed.lines);
  details.push_back("the last request ended " + time_text(took) + " after the device was pulled");
  details.push_back(counted(accesses_after_unplug(stage) - touched_before, "register access", "register accesses") +
                    " after it was pulled");
  stage.checked(disturbed.with_load ? fmt::format("{} in flight, each ended once, stack gone", disturbed.in_flight)
                                    : "stack gone",
                std::move(details));
}

void plug(Stage& stage) {
  for (const Adapter* adapter : stage.tested_adapters()) {
    const host::Status plugged = bus::board::plug(stage.machine(), adapter->slot);
    if (!plugged) stage.fail("plug-failed", plugged.failure().message);
  }
  pnp::manager().wait_until_settled();
  if (require_running(stage)) stage.checked(running_text(stage));
}

void eject(Stage& stage) {
  std::string said = remove_by(stage, &pnp::Manager::eject, "the ejection");
  require_gone(stage, "after the ejection");
  require_problem(stage, pnp::Problem::HeldForEject, "the ejection");
  // Somebody takes it out.
  for (const Adapter* adapter : stage.tested_adapters()) bus::board::unplug(stage.machine(), adapter->slot);
  pnp::manager().wait_until_settled();
  for (const Adapter* adapter : stage.tested_adapters())
    if (devnode_in(adapter->slot) != nullptr)
      stage.fail(
          "remove-failed",
          fmt::format("slot {} is empty, and the device is still in the tree", bus::board::to_text(adapter->slot)),
          tree_lines());
  stage.checked(std::move(said));
}

}  // namespace drydock::scenario
