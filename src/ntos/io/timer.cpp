#include "ntos/io/timer.h"

#include <algorithm>

#include "machine/machine.h"
#include "ntos/io/device.h"
#include "ntos/io/state.h"
#include "ntos/ob/storage.h"

namespace drydock::ntos::io {

namespace {

constexpr ULONG kTagTimer = 0x69546F49;  // "IoTi"

bool any_started() {
  return std::any_of(state().timers.begin(), state().timers.end(),
                     [](const IO_TIMER* timer) { return timer->Started != FALSE; });
}

void schedule_tick();

/// One DPC serves every device, as on Windows.
void tick() {
  std::vector<IO_TIMER*> timers = state().timers;
  for (IO_TIMER* timer : timers) {
    bool exists = std::find(state().timers.begin(), state().timers.end(), timer) != state().timers.end();
    if (exists && timer->Started != FALSE)
      machine::call_driver(timer->TimerRoutine, timer->DeviceObject, timer->Context);
  }
  schedule_tick();
}

/// Ticks stop with the last timer: a machine without running timers must be able to come to rest.
void schedule_tick() {
  if (state().timer_tick_pending || !any_started()) return;
  state().timer_tick_pending = true;
  machine::Machine::current().after(std::chrono::seconds{1}, [] {
    machine::queue_dpc(0, [] {
      state().timer_tick_pending = false;
      tick();
    });
  });
}

}  // namespace

NTSTATUS NTAPI IoInitializeTimer(DEVICE_OBJECT* DeviceObject, PIO_TIMER_ROUTINE TimerRoutine, PVOID Context) {
  if (DeviceObject->Timer == nullptr) {
    if (machine::refused("IoInitializeTimer")) return STATUS_INSUFFICIENT_RESOURCES;
    auto* timer = static_cast<IO_TIMER*>(kernel_allocate(sizeof(IO_TIMER), kTagTimer));
    if (timer == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
    *timer = {};
    timer->Type = IO_TYPE_TIMER;
    timer->DeviceObject = DeviceObject;
    DeviceObject->Timer = timer;
    state().timers.push_back(timer);
  }
  DeviceObject->Timer->TimerRoutine = TimerRoutine;
  DeviceObject->Timer->Context = Context;
  return STATUS_SUCCESS;
}

void NTAPI IoStartTimer(DEVICE_OBJECT* DeviceObject) {
  if ((extension_of(DeviceObject)->ExtensionFlags & (DOE_UNLOAD_PENDING | DOE_DELETE_PENDING | DOE_REMOVE_PENDING)) !=
      0)
    return;
  DeviceObject->Timer->Started = TRUE;
  schedule_tick();
}

void NTAPI IoStopTimer(DEVICE_OBJECT* DeviceObject) {
  DeviceObject->Timer->Started = FALSE;
}

void remove_timer(DEVICE_OBJECT* device) {
  IO_TIMER* timer = device->Timer;
  if (timer == nullptr) return;
  device->Timer = nullptr;
  std::erase(state().timers, timer);
  kernel_free(timer);
}

}  // namespace drydock::ntos::io
