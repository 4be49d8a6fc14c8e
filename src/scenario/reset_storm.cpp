// Resets of random kind, again and again, while requests, removal, sleep and rebalance go on.

#include <array>

#include <fmt/format.h>

#include "bus/board/build_board.h"
#include "bus/board/model_catalogue.h"
#include "nt/ioctl.h"
#include "nt/power.h"
#include "nt/status.h"
#include "nt/storage.h"
#include "ntos/ex/pool.h"
#include "ntos/ke/delay.h"
#include "ntos/kernel.h"
#include "ntos/ob/names.h"
#include "ntos/pnp/platform_reset.h"
#include "ntos/po/system_power.h"
#include "port/scsiport/fdo.h"
#include "scenario/devices.h"
#include "scenario/reset_client.h"
#include "scenario/reset_steps.h"
#include "scenario/steps.h"

namespace drydock::scenario {

using namespace nt;
using namespace std::chrono_literals;
using machine::Machine;
namespace pnp = ntos::pnp;
namespace user = ntos::io::user;

namespace {

constexpr unsigned kResetsOrdinarily = 1000;
constexpr unsigned kBurst = 6;  ///< requests of the load around each disturbance
constexpr unsigned kBurstsUntilStrike = 100;
/// Between two platform-level resets: more than five in a minute are refused (RST-158).
constexpr machine::Duration kCalm = 13s;
/// Of the load that goes on around a platform-level reset: a thousand of them take hours of virtual time.
constexpr machine::Duration kPause = 1s;
/// Pool may be a little fuller or emptier at any moment: caches, and requests that end just now.
constexpr std::size_t kPoolDriftMax = 64 << 10;

struct Storm {
  Stage& stage;
  RandomStream random;
  machine::Time calm_until{};
  unsigned not_offered = 0;

  Adapter& any_adapter() {
    auto& adapters = stage.adapters();
    return adapters[random.below(static_cast<std::uint32_t>(adapters.size()))];
  }
  Disturbed burst(const std::function<void()>& disturb) { return under_load(stage, false, disturb, kBurst); }
  void await_calm() {
    const machine::Time now = Machine::current().now();
    if (now < calm_until) ntos::ke::delay_until(calm_until);
  }
  void must(const pnp::Change& change, const char* what) {
    if (!change.ok()) stage.fail("refused", fmt::format("{}: {}", what, change_text(change)), tree_lines());
  }
};

/// The first adapter whose model can be struck by `fault`.
const Adapter* strikeable(Stage& stage, std::string_view fault) {
  for (const Adapter& adapter : stage.adapters()) {
    const bus::board::ModelInfo* model = bus::board::find_model(adapter.device->model);
    if (model && model->strike && bus::board::find_fault(*model, fault)) return &adapter;
  }
  return nullptr;
}

bool strike(Storm& storm, std::string_view fault) {
  const Adapter* adapter = strikeable(storm.stage, fault);
  return adapter && bus::board::strike(storm.stage.machine(), adapter->slot, fault);
}

bool strikes_to_come(Storm& storm, std::string_view fault) {
  const Adapter* adapter = strikeable(storm.stage, fault);
  return adapter && bus::board::strikes_to_come(storm.stage.machine(), adapter->slot, fault) != 0;
}

/// Sends requests until the fault has struck one and its driver has mended that: a strike that is still to come would
/// add itself to the next one.
bool strike_and_mend(Storm& storm, std::string_view fault) {
  if (!strike(storm, fault)) return false;
  for (unsigned bursts = 0; strikes_to_come(storm, fault); ++bursts) {
    if (bursts == kBurstsUntilStrike)
      storm.stage.fail("no-strike", fmt::format("a device that was struck by {} got no request", fault), tree_lines());
    // One more each time: every load of a step asks for the same things in the same order.
    under_load(
        storm.stage, false, [] {}, kBurst + bursts);
  }
  return true;
}

// ---- resets: each says whether there was one

bool device_hangs(Storm& storm) {
  return strike_and_mend(storm, "hang");
}

bool slow_reset(Storm& storm) {
  return strike(storm, "slow_reset") && strike_and_mend(storm, "hang");
}

bool somebody_resets_the_function(Storm& storm) {
  bool made = false;
  storm.burst([&] {
    ResetClient client(storm.any_adapter());
    if (!client.offers(FunctionLevelDeviceReset)) return;
    // While the driver's own recovery is at it, STATUS_DEVICE_BUSY; while the device is idle in D3, nothing (RST-037).
    const NTSTATUS status = client.reset(FunctionLevelDeviceReset);
    if (status == STATUS_INVALID_DEVICE_STATE) return;
    if (!NT_SUCCESS(status) && status != STATUS_DEVICE_BUSY)
      storm.stage.fail("reset-failed", "a function-level reset failed with " + status_text(status));
    made = true;
  });
  return made;
}

bool bus_reset(Storm& storm) {
  const auto& adapters = port::scsiport::port().adapters;
  if (adapters.empty()) return false;
  storm.burst([&] {
    const std::u16string path = u"\\\\.\\Scsi" + ntos::ob::widen(std::to_string(adapters.front()->number)) + u":";
    user::File file = user::open(path);
    if (!file) return;
    const STORAGE_BUS_RESET_REQUEST request{0};
    file.ioctl(IOCTL_STORAGE_RESET_BUS, std::as_bytes(std::span(&request, 1)));
  });
  return true;
}

bool platform(Storm& storm, OldHandles keep, const std::function<void()>& provoke) {
  storm.await_calm();
  ride_ladder(storm.stage, keep, provoke, kPause);
  storm.calm_until = Machine::current().now() + kCalm;
  return true;
}

bool ladder(Storm& storm) {
  const Adapter* ill = strikeable(storm.stage, "hang_for_good");
  if (!ill || !ResetClient(*ill).offers(PlatformLevelDeviceReset)) return false;
  return platform(storm, OldHandles::Keep, [&] { strike(storm, "hang_for_good"); });
}

bool somebody_resets_the_platform(Storm& storm) {
  const Adapter& adapter = storm.any_adapter();
  if (!ResetClient(adapter).offers(PlatformLevelDeviceReset)) return false;
  return platform(storm, OldHandles::Close, [&] { ResetClient(adapter).reset(PlatformLevelDeviceReset); });
}

// ---- what else goes on

bool remove_and_find(Storm& storm) {
  storm.burst([] {});
  storm.stage.close_handles();
  const Adapter& adapter = storm.any_adapter();
  storm.must(pnp::manager().remove(adapter.devnode), "an orderly removal");
  storm.must(pnp::manager().scan(adapter.bus_devnode), "a scan");
  pnp::manager().wait_until_settled();
  return require_running(storm.stage);
}

bool sleep_and_wake(Storm& storm) {
  storm.burst([&] {
    storm.must(ntos::po::sleep(PowerSystemSleeping3), "going to sleep");
    storm.must(ntos::po::wake(), "waking");
  });
  return true;
}

bool rebalance_one(Storm& storm) {
  storm.burst([&] { storm.must(pnp::manager().rebalance(storm.any_adapter().devnode), "a rebalance"); });
  return true;
}

bool lost_interrupt(Storm& storm) {
  return strike_and_mend(storm, "lose_interrupt");
}

struct Disturbance {
  const char* name;
  bool is_reset;
  unsigned weight;
  bool (*act)(Storm& storm);
};

constexpr Disturbance kDisturbances[] = {
    {"the device hung and was reset", true, 6, device_hangs},
    {"the same with a slow reset", true, 1, slow_reset},
    {"the function was reset by somebody else", true, 4, somebody_resets_the_function},
    {"the SCSI bus was reset", true, 4, bus_reset},
    {"the device hung for good and the platform was reset", true, 2, ladder},
    {"the platform was reset for somebody else", true, 2, somebody_resets_the_platform},
    {"an interrupt was lost", false, 1, lost_interrupt},
    {"a device was removed and found again", false, 1, remove_and_find},
    {"the system slept", false, 1, sleep_and_wake},
    {"a device was rebalanced", false, 1, rebalance_one},
};

const Disturbance& choose(RandomStream& random) {
  unsigned sum = 0;
  for (const Disturbance& each : kDisturbances) sum += each.weight;
  unsigned at = random.below(sum);
  for (const Disturbance& each : kDisturbances) {
    if (at < each.weight) return each;
    at -= each.weight;
  }
  return kDisturbances[0];
}

}  // namespace

void reset_storm(Stage& stage) {
  const unsigned wanted = stage.number() != 0 ? static_cast<unsigned>(stage.number()) : kResetsOrdinarily;
  Storm storm{stage, RandomStream(stage.seed_of_step())};
  std::array<unsigned, std::size(kDisturbances)> times{};
  unsigned resets = 0;
  std::size_t pool_early = 0;
  for (unsigned tries = 0; resets < wanted && !stage.ended_early(); ++tries) {
    if (tries > 100 && resets == 0)
      stage.fail("no-resets", "nothing on this board can be reset by any of the ways that the storm knows");
    const Disturbance& disturbance = choose(storm.random);
    stage.machine().note(fmt::format("storm: {}", disturbance.name));
    if (!disturbance.act(storm)) continue;
    for (const char* fault : {"hang", "slow_reset", "hang_for_good", "lose_interrupt"})
      if (strikes_to_come(storm, fault))
        stage.fail("strike-left", fmt::format("{} is over and {} has yet to strike", disturbance.name, fault));
    ++times[static_cast<std::size_t>(&disturbance - kDisturbances)];
    resets += disturbance.is_reset;
    pnp::manager().wait_until_settled();
    if (pool_early == 0 && resets >= wanted / 10) pool_early = ntos::kernel().pool->bytes_in_use();
  }
  const std::size_t pool_late = ntos::kernel().pool->bytes_in_use();
  if (pool_early != 0 && pool_late > pool_early + kPoolDriftMax)
    stage.fail("pool-grows", fmt::format("{} of pool were in use early in the storm, {} at its end",
                                         size_text(pool_early), size_text(pool_late)));
  std::vector<std::string> details;
  for (std::size_t i = 0; i < times.size(); ++i)
    if (times[i] != 0) details.push_back(fmt::format("{:5} times {}", times[i], kDisturbances[i].name));
  stage.checked(counted(resets, "reset") + ", every request ended once", std::move(details));
}

}  // namespace drydock::scenario
