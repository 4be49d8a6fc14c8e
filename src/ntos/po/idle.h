#pragma once
// Idle detection: once a second each watched device's counter rises; at its limit the device is sent to sleep.

#include "nt/irp.h"
#include "nt/power.h"

namespace drydock::ntos::po {

/// Null if pool is exhausted. A second call for the same device changes its limit and state.
nt::ULONG* watch_idleness(nt::DEVICE_OBJECT* device, nt::ULONG limit_s, nt::DEVICE_POWER_STATE state);
/// Returns null, as PoRegisterDeviceForIdleDetection does then.
nt::ULONG* stop_watching(nt::DEVICE_OBJECT* device);

}  // namespace drydock::ntos::po
