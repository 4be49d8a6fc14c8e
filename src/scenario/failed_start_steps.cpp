// A start that fails at each of its steps.

#include <fmt/format.h>

#include "machine/refusal.h"
#include "nt/status.h"
#include "ntos/ex/pool.h"
#include "ntos/kernel.h"
#include "ntos/ob/names.h"
#include "scenario/devices.h"
#include "scenario/steps.h"

namespace drydock::scenario {

using namespace nt;
namespace pnp = ntos::pnp;

namespace {

constexpr unsigned kRefusalsMax = 5000;  ///< a start asks fewer questions than this

/// The driver stays loaded: it is the start of its device that fails.
void keep_loaded(Stage& stage, bool keep) {
  if (pnp::Service* service = pnp::manager().store().find_service(ntos::ob::widen(stage.driver().service)))
    service->stays_loaded = keep;
}

/// Everything is taken down in order; nothing may be left.
void take_down(Stage& stage, const char* after) {
  stage.close_handles();
  for (const Adapter* adapter : stage.tested_adapters()) {
    const pnp::Devnode* node = devnode_of(*adapter);
    if (node == nullptr) continue;
    const pnp::Change change = pnp::manager().remove(node->id);
    if (!change.ok())
      stage.fail("remove-refused", fmt::format("after {} the adapter in slot {} cannot be removed: {}", after,
                                               bus::board::to_text(adapter->slot), change_text(change)));
  }
  require_gone(stage, std::string("after ") + after);
}

void start_again(Stage& stage) {
  for (const Adapter* adapter : stage.tested_adapters())
    if (const pnp::Devnode* node = devnode_in(adapter->slot)) pnp::manager().start(node->id);
}

}  // namespace

void fail_each_start(Stage& stage) {
  keep_loaded(stage, true);
  start_devices(stage);
  if (stage.ended_early() || !require_running(stage)) return;
  take_down(stage, "a good start");
  const bool asked_anyway = ntos::kernel().pool->may_refuse();
  ntos::kernel().pool->set_may_refuse(true);
  unsigned failed = 0, survived = 0;
  std::vector<std::string> lines;
  for (unsigned n = 1;; ++n) {
    if (n > kRefusalsMax) stage.fail("start-endless", "a start never comes to its end without a refusal");
    std::string refused;
    {
      machine::Refusal refusal(n);
      start_again(stage);
      pnp::manager().wait_until_settled();
      if (!refusal.made()) break;  // the start asks no more than n - 1 questions
      refused = refusal.site();
    }
    find_adapters(stage);
    bool all_started = true;
    for (const Adapter* adapter : stage.tested_adapters()) all_started = all_started && devnode_of(*adapter) != nullptr;
    ++(all_started ? survived : failed);
    lines.push_back(fmt::format("call {}, {}: {}", n, refused, all_started ? "survived" : "failed the start"));
    const std::string after = fmt::format("{} (call {} of the start) was refused", refused, n);
    take_down(stage, after.c_str());
  }
  ntos::kernel().pool->set_may_refuse(asked_anyway);
  keep_loaded(stage, false);
  if (!require_running(stage)) return;
  stage.checked(fmt::format("{} calls refused: {} starts failed, {} went on", failed + survived, failed, survived),
                std::move(lines));
}

}  // namespace drydock::scenario
