// Steps that put the system to sleep and wake it.

#include <fmt/format.h>

#include "nt/power.h"
#include "nt/status.h"
#include "ntos/ke/delay.h"
#include "ntos/po/system_power.h"
#include "scenario/devices.h"
#include "scenario/steps.h"
#include "scenario/under_load.h"

namespace drydock::scenario {

using namespace nt;
using namespace std::chrono_literals;
namespace pnp = ntos::pnp;

namespace {

constexpr machine::Duration kNight = 1s;  ///< that the system sleeps at least

void go_to_sleep(Stage& stage, SYSTEM_POWER_STATE state) {
  const pnp::Change change = ntos::po::sleep(state);
  if (!change.ok())
    stage.fail("sleep-refused",
               fmt::format("the system cannot go to {}: {}", system_power_state_name(state), change_text(change)),
               tree_lines());
}

/// Sends on through the night: what comes now waits for the morning.
void sleep_under_load(Stage& stage, SYSTEM_POWER_STATE state) {
  if (!stage.load) stage.load = start_load(stage);
  const unsigned in_flight = stage.load ? await_moment(stage, *stage.load) : 0;
  go_to_sleep(stage, state);
  ntos::ke::delay(kNight);
  stage.checked(stage.load ? fmt::format("{} in flight, {} wait for the morning", in_flight, stage.load->outstanding())
                           : "asleep");
}

}  // namespace

void sleep_s1(Stage& stage) {
  sleep_under_load(stage, PowerSystemSleeping1);
}

void sleep_s2(Stage& stage) {
  sleep_under_load(stage, PowerSystemSleeping2);
}

void sleep_s3(Stage& stage) {
  sleep_under_load(stage, PowerSystemSleeping3);
}

void sleep_s4(Stage& stage) {
  sleep_under_load(stage, PowerSystemHibernate);
}

void sleep_idle(Stage& stage) {
  go_to_sleep(stage, PowerSystemSleeping3);
  ntos::ke::delay(kNight);
  stage.checked("asleep");
}

void wake(Stage& stage) {
  RetryCount retries(stage);
  const pnp::Change change = ntos::po::wake();
  if (!change.ok()) stage.fail("wake-failed", "the system does not wake: " + change_text(change), tree_lines());
  pnp::manager().wait_until_settled();
  if (!stage.load) {
    stage.checked("awake");
    return;
  }
  stage.load->join();
  stage.checked("awake, " + stage.load->failures_text(), stage.load->failure_lines());
  stage.load.reset();
}

}  // namespace drydock::scenario
