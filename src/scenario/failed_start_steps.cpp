// Starts and power changes that fail at each of their steps.

#include <functional>

#include <fmt/format.h>

#include "machine/refusal.h"
#include "nt/power.h"
#include "nt/status.h"
#include "ntos/ex/pool.h"
#include "ntos/ke/delay.h"
#include "ntos/kernel.h"
#include "ntos/ob/names.h"
#include "ntos/po/system_power.h"
#include "scenario/devices.h"
#include "scenario/steps.h"

namespace drydock::scenario {

using namespace nt;
using namespace std::chrono_literals;
namespace pnp = ntos::pnp;

namespace {

constexpr unsigned kRefusalsMax = 5000;         ///< a start asks fewer questions than this
constexpr machine::Duration kIdleTime = 15s;    ///< in which devices that may be idle are
constexpr machine::Duration kForgetTime = 2min;  ///< in which a bus forgets how often it has brought a device back

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
  pnp::manager().wait_until_settled();
}

/// What a refusal falls into, and what goes before it.
struct Attempt {
  const char* what;    ///< "start"
  const char* failed;  ///< "failed the start"
  std::function<void()> prepare;
  std::function<void()> run;
};

/// Once for every call that may fail, which does; everything is taken down after each.
void refuse_each(Stage& stage, const Attempt& attempt) {
  keep_loaded(stage, true);
  start_devices(stage);
  if (stage.ended_early() || !require_running(stage)) return;
  take_down(stage, "a good start");
  const bool asked_anyway = ntos::kernel().pool->may_refuse();
  ntos::kernel().pool->set_may_refuse(true);
  unsigned failed = 0, survived = 0;
  std::vector<std::string> lines;
  for (unsigned n = 1;; ++n) {
    if (n > kRefusalsMax)
      stage.fail(fmt::format("{}-endless", attempt.what).c_str(),
                 fmt::format("a {} never comes to its end without a refusal", attempt.what));
    attempt.prepare();
    std::string refused;
    {
      machine::Refusal refusal(n);
      attempt.run();
      if (!refusal.made()) break;  // it asks no more than n - 1 questions
      refused = refusal.site();
    }
    find_adapters(stage);
    bool all_started = true;
    for (const Adapter* adapter : stage.tested_adapters()) all_started = all_started && devnode_of(*adapter) != nullptr;
    ++(all_started ? survived : failed);
    lines.push_back(fmt::format("call {}, {}: {}", n, refused, all_started ? "survived" : attempt.failed));
    const std::string after = fmt::format("{} (call {} of the {}) was refused", refused, n, attempt.what);
    take_down(stage, after.c_str());
  }
  ntos::kernel().pool->set_may_refuse(asked_anyway);
  keep_loaded(stage, false);
  find_adapters(stage);
  if (!require_running(stage)) return;
  stage.checked(fmt::format("{} calls refused: {} {}s failed, {} went on", failed + survived, failed, attempt.what,
                            survived),
                std::move(lines));
}

}  // namespace

void fail_each_start(Stage& stage) {
  refuse_each(stage, {"start", "failed the start", [] {}, [&stage] { start_again(stage); }});
}

void fail_each_power_change(Stage& stage) {
  const auto change_power = [] {
    ntos::ke::delay(kIdleTime);
    if (!ntos::po::sleep(PowerSystemSleeping3).ok()) return;  // there was no memory for it
    ntos::ke::delay(1s);
    ntos::po::wake();
    pnp::manager().wait_until_settled();
  };
  const auto prepare = [&stage] {
    ntos::ke::delay(kForgetTime);
    start_again(stage);
  };
  refuse_each(stage, {"power change", "lost the device", prepare, change_power});
}

}  // namespace drydock::scenario
