// Steps in which something happens to one request of the load: the nth that the device takes.

#include <fmt/format.h>

#include "bus/board/build_board.h"
#include "ntos/ke/delay.h"
#include "scenario/devices.h"
#include "scenario/steps.h"
#include "scenario/under_load.h"

namespace drydock::scenario {

using namespace std::chrono_literals;
using bus::board::RequestMoment;
using machine::Machine;

namespace {

/// A request stays in a device for longer, so that it is still there when the step's thread notices.
constexpr machine::Duration kPollEvery = 10us;

/// Runs the load. At the moment of its nth request `strike` is called as hardware, and soon after it `then` on the
/// step's thread, if there is one.
void at_the_nth_request(Stage& stage, RequestMoment moment, bool failures_allowed, std::string_view what,
                        const std::function<void()>& strike, const std::function<void()>& then) {
  const auto nth = static_cast<std::uint64_t>(stage.number() != 0 ? stage.number() : 1);
  const bus::board::Slot slot = stage.tested_adapters().front()->slot;
  bool came = false;
  auto watch = [&](std::uint64_t number, std::function<void()> action) {
    return bus::board::watch_request(stage.machine(), slot, number, moment, std::move(action));
  };
  if (!watch(nth, [&] {
        came = true;
        if (strike) strike();
      }))
    stage.fail("not-countable",
               fmt::format("the device in slot {} does not say which request it is at", bus::board::to_text(slot)));
  RetryCount retries(stage);
  std::unique_ptr<Load> load = start_load(stage, failures_allowed);
  if (!load) stage.fail("nothing-to-send-to", "the step needs a disk, and none is there", tree_lines());
  while (load->running() && !came) ntos::ke::delay(kPollEvery);
  if (came && then) then();
  load->join();
  watch(0, {});
  if (!came) stage.fail("no-such-request", fmt::format("the load ended before the device took its {}th request", nth));
  stage.checked(fmt::format("request {} {}; {}, each ended once", nth, what, load->failures_text()),
                load->failure_lines());
}

void strike_at_the_nth_request(Stage& stage, std::string_view fault, RequestMoment moment, std::string_view what) {
  const bus::board::Slot slot = stage.tested_adapters().front()->slot;
  at_the_nth_request(stage, moment, false, what, [&] { bus::board::strike(stage.machine(), slot, fault); }, {});
}

}  // namespace

void hang_request(Stage& stage) {
  strike_at_the_nth_request(stage, "hang", RequestMoment::Taken, "hung");
}

void delay_request(Stage& stage) {
  strike_at_the_nth_request(stage, "late", RequestMoment::Taken, "was late");
}

void lose_interrupt_of_request(Stage& stage) {
  strike_at_the_nth_request(stage, "lose_interrupt", RequestMoment::Ended, "lost its interrupt");
}

void unplug_at_request(Stage& stage) {
  const bus::board::Slot slot = stage.tested_adapters().front()->slot;
  at_the_nth_request(stage, RequestMoment::Taken, true, "saw the device pulled", {},
                     [&] { bus::board::unplug(stage.machine(), slot); });
  stage.close_handles();
  require_gone(stage, "after the surprise removal");
}

void reset_at_request(Stage& stage) {
  at_the_nth_request(stage, RequestMoment::Taken, false, "saw a bus reset", {}, [&] { ask_for_bus_resets(stage); });
}

}  // namespace drydock::scenario
