// Steps that reset devices: one by itself, and all that hang on one rail.

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "bus/board/build_board.h"
#include "bus/board/model_catalogue.h"
#include "nt/status.h"
#include "ntos/ke/delay.h"
#include "ntos/pnp/platform_reset.h"
#include "scenario/devices.h"
#include "scenario/reset_client.h"
#include "scenario/reset_steps.h"
#include "scenario/steps.h"
#include "scenario/under_load.h"

namespace drydock::scenario {

using namespace nt;
using namespace std::chrono_literals;
using machine::Machine;
namespace pnp = ntos::pnp;
namespace user = ntos::io::user;
using pnp::ResetStepKind;

namespace {

constexpr machine::Duration kPollEvery = 10ms;
/// Longer than a watchdog, a function-level reset that fails for want of an answer, and all attempts at a
/// platform-level one.
constexpr machine::Duration kPatience = 10min;

bool knows_fault(const Adapter& adapter, std::string_view fault) {
  const bus::board::ModelInfo* model = bus::board::find_model(adapter.device->model);
  return model != nullptr && model->strike != nullptr && bus::board::find_fault(*model, fault) != nullptr;
}

std::size_t steps_of(ResetStepKind kind, std::size_t from = 0) {
  const auto& steps = pnp::manager().resets().steps();
  return static_cast<std::size_t>(std::count_if(steps.begin() + static_cast<std::ptrdiff_t>(from), steps.end(),
                                                [kind](const pnp::ResetStep& step) { return step.kind == kind; }));
}

/// Until one of these is among the steps after the first `from`. False if none comes.
bool await_step(std::initializer_list<ResetStepKind> kinds, std::size_t from) {
  const machine::Time due = Machine::current().now() + kPatience;
  while (std::none_of(kinds.begin(), kinds.end(), [from](ResetStepKind kind) { return steps_of(kind, from) != 0; })) {
    if (Machine::current().now() >= due) return false;
    ntos::ke::delay(kPollEvery);
  }
  return true;
}

/// Goes on until it is stopped.
LoadPlan steady_plan(const Stage& stage, machine::Duration pause, bool failures_allowed) {
  LoadPlan plan;
  plan.requests = kUntilStopped;
  plan.threads = 2;
  plan.pause = pause;
  plan.failures_allowed = failures_allowed || stage.devices_may_fail();
  return plan;
}

/// Every status that the load's requests failed with is among these.
void require_statuses(Stage& stage, const Load& load, std::initializer_list<NTSTATUS> documented) {
  for (const auto& [status, times] : load.failures())
    if (std::find(documented.begin(), documented.end(), status) == documented.end())
      stage.fail("request-failed", fmt::format("{} ended with {}", counted(times, "request"), status_text(status)),
                 load.failure_lines());
}

/// What an application finds that still has a handle to the instance that is no more.
std::string try_old_handles(Stage& stage) {
  std::string said;
  for (OpenInterface& interface : stage.interfaces()) {
    std::array<std::byte, 16> data;
    const user::IoResult result = interface.file.read(data);
    if (result.ok())
      stage.fail("old-handle-works",
                 fmt::format("{} was reset and rebuilt, and a handle from before still reads from it", interface.name));
    said = status_text(result.status);
  }
  return said;
}

}  // namespace

Ladder ride_ladder(Stage& stage, OldHandles keep, const std::function<void()>& provoke, machine::Duration pause) {
  Ladder ladder;
  const std::size_t from = pnp::manager().resets().steps().size();
  RetryCount retries(stage);
  // One each: requests to a device that hangs must not keep others from being sent.
  Load disks(stage, disk_sources(stage), steady_plan(stage, pause, false));
  Load interfaces(stage, interface_sources(stage), steady_plan(stage, pause, true));
  disks.start();
  interfaces.start();
  provoke();
  // The first attempt finds handles open on the disks: a veto. Applications that listen stop and close theirs.
  if (!await_step({ResetStepKind::Vetoed, ResetStepKind::RemovalBegun, ResetStepKind::Refused}, from))
    stage.fail("reset-stuck", "no platform-level reset was asked for", tree_lines());
  disks.stop_sending();
  interfaces.stop_sending();
  disks.join();
  for (Disk& disk : stage.disks()) disk.file.close(), disk.path.clear();
  interfaces.join();
  require_statuses(stage, interfaces, {STATUS_DEVICE_HUNG, STATUS_NO_SUCH_DEVICE});
  ladder.failed = interfaces.failed();
  ladder.lines = interfaces.failure_lines();
  // Handles to a device that said it hangs do not hold up the reset, only its rebuilding.
  if (keep == OldHandles::Close) stage.close_handles();
  if (!await_step({ResetStepKind::MethodEnded, ResetStepKind::GivenUp}, from) ||
      steps_of(ResetStepKind::GivenUp, from) != 0)
    stage.fail("reset-stuck", "the platform-level reset was given up: handles or drivers kept vetoing it",
               tree_lines());
  if (!stage.interfaces().empty()) {
    pnp::manager().wait_until_settled();
    ladder.old_handle_status = try_old_handles(stage);
  }
  stage.close_handles();
  pnp::manager().resets().wait_until_over();
  pnp::manager().wait_until_settled();
  ladder.vetoes = static_cast<unsigned>(steps_of(ResetStepKind::Vetoed, from));
  ladder.rebuilt = static_cast<unsigned>(steps_of(ResetStepKind::Restarted, from));
  ladder.runs = require_running(stage);
  return ladder;
}

void hang(Stage& stage) {
  unsigned struck = 0;
  for (const Adapter* adapter : stage.tested_adapters())
    if (knows_fault(*adapter, "hang")) struck += bus::board::strike(stage.machine(), adapter->slot, "hang");
  if (struck == 0) stage.fail("no-hang", "no device under test can be made to hang", tree_lines());
  const std::size_t from = pnp::manager().resets().steps().size();
  const machine::Time began = stage.machine().now();
  const Disturbed disturbed = under_load(stage, false, [] {});
  const std::size_t resets = steps_of(ResetStepKind::FunctionEnded, from);
  stage.checked(fmt::format("{} hung, {}, {}", counted(struck, "device"), counted(resets, "function-level reset"),
                            disturbed.text()),
                {"the load ended after " + time_text(stage.machine().now() - began)});
}

void reset_function(Stage& stage) {
  unsigned made = 0;
  const Disturbed disturbed = under_load(stage, false, [&] {
    for (const Adapter* adapter : stage.tested_adapters()) {
      ResetClient client(*adapter);
      if (!client.offers(FunctionLevelDeviceReset)) continue;
      const NTSTATUS status = client.reset(FunctionLevelDeviceReset);
      if (!NT_SUCCESS(status) && !stage.devices_may_fail())
        stage.fail("reset-failed", fmt::format("the function-level reset of slot {} failed with {}",
                                               bus::board::to_text(adapter->slot), status_text(status)));
      ++made;
    }
  });
  stage.checked(made == 0 ? "not offered by the bus; " + disturbed.text()
                          : fmt::format("{}, {}", counted(made, "function-level reset"), disturbed.text()));
}

void reset_platform(Stage& stage) {
  const Adapter& adapter = *stage.tested_adapters().front();
  if (!ResetClient(adapter).offers(PlatformLevelDeviceReset)) {
    stage.checked("not offered by the bus: nothing names the rail or reset line of the device");
    return;
  }
  const machine::Time began = stage.machine().now();
  const Ladder ladder = ride_ladder(stage, OldHandles::Close, [&] {
    ntos::ke::delay(100ms);  // the load is under way
    const NTSTATUS status = ResetClient(adapter).reset(PlatformLevelDeviceReset);
    if (!NT_SUCCESS(status))
      stage.fail("reset-failed", "the platform-level reset was refused with " + status_text(status), tree_lines());
  });
  if (ladder.failed != 0)
    stage.fail("request-failed", fmt::format("{} failed although no device hangs", counted(ladder.failed, "request")),
               ladder.lines);
  if (!ladder.runs) return;
  stage.checked(fmt::format("{} by open handles, then {} rebuilt", counted(ladder.vetoes, "veto", "vetoes"),
                            counted(ladder.rebuilt, "stack")),
                {"it all took " + time_text(stage.machine().now() - began)});
}

void reset_ladder(Stage& stage) {
  const auto adapters = stage.adapters();
  const auto ill = std::find_if(adapters.begin(), adapters.end(),
                                [](const Adapter& adapter) { return knows_fault(adapter, "hang_for_good"); });
  if (ill == adapters.end())
    stage.fail("no-hang", "no device of this board can hang so that only a platform-level reset helps", tree_lines());
  if (!ResetClient(*ill).offers(PlatformLevelDeviceReset))
    stage.fail("no-platform-reset",
               fmt::format("the bus offers no platform-level reset for slot {}: the board must name "
                           "its rail or reset line",
                           bus::board::to_text(ill->slot)));
  const machine::Time began = stage.machine().now();
  const std::size_t from = pnp::manager().resets().steps().size();
  const Ladder ladder =
      ride_ladder(stage, OldHandles::Keep, [&] { bus::board::strike(stage.machine(), ill->slot, "hang_for_good"); });
  if (!ladder.runs) return;
  std::vector<std::string> details = ladder.lines;
  details.push_back(counted(ladder.vetoes, "veto", "vetoes") + " by open handles on the disks");
  details.push_back("it all took " + time_text(stage.machine().now() - began));
  stage.checked(fmt::format("{} in vain, then {} rebuilt; an old handle: {}",
                            counted(steps_of(ResetStepKind::FunctionEnded, from), "function-level reset"),
                            counted(ladder.rebuilt, "stack"), ladder.old_handle_status),
                std::move(details));
}

}  // namespace drydock::scenario
