#include "ntos/po/idle.h"

#include <algorithm>

#include "ntos/ex/pool.h"
#include "ntos/pnp/manager.h"
#include "ntos/po/power.h"
#include "ntos/po/state.h"

namespace drydock::ntos::po {

using namespace nt;

namespace {

constexpr ULONG kTag = 0x656C6449;  // 'Idle'

/// On the PnP worker, so that a device that leaves meanwhile is not asked.
void count_idle_seconds() {
  pnp::manager().queue_work([] {
    State& state = *kernel().po;
    for (std::size_t i = 0; i < state.idle_watches.size(); ++i) {
      IdleWatch& watch = state.idle_watches[i];
      if (*watch.counter == 0) watch.asleep = false;
      if (++*watch.counter < watch.limit_s || watch.asleep) continue;
      watch.asleep = true;
      POWER_STATE wanted{.SystemState = PowerSystemUnspecified};
      wanted.DeviceState = watch.state;
      PoRequestPowerIrp(watch.device, IRP_MN_SET_POWER, wanted, nullptr, nullptr, nullptr);
    }
  });
}

void tick() {
  machine::queue_dpc(0, count_idle_seconds);
  State& state = *kernel().po;
  state.idle_timer_runs = !state.idle_watches.empty();
  if (state.idle_timer_runs) machine::Machine::current().after(std::chrono::seconds(1), tick);
}

}  // namespace

ULONG* watch_idleness(DEVICE_OBJECT* device, ULONG limit_s, DEVICE_POWER_STATE power_state) {
  State& state = *kernel().po;
  for (IdleWatch& watch : state.idle_watches) {
    if (watch.device != device) continue;
    watch.limit_s = limit_s;
    watch.state = power_state;
    return watch.counter;
  }
  auto* counter = static_cast<ULONG*>(ExAllocatePoolWithTag(NonPagedPool, sizeof(ULONG), kTag));
  if (!counter) return nullptr;
  *counter = 0;
  state.idle_watches.push_back({device, counter, limit_s, power_state, false});
  if (!state.idle_timer_runs) {
    state.idle_timer_runs = true;
    machine::Machine::current().after(std::chrono::seconds(1), tick);
  }
  return counter;
}

ULONG* stop_watching(DEVICE_OBJECT* device) {
  State& state = *kernel().po;
  auto found = std::find_if(state.idle_watches.begin(), state.idle_watches.end(),
                            [device](const IdleWatch& watch) { return watch.device == device; });
  if (found == state.idle_watches.end()) return nullptr;
  ExFreePool(found->counter);
  state.idle_watches.erase(found);
  return nullptr;
}

}  // namespace drydock::ntos::po
