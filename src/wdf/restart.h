#pragma once
// A failed device asks its bus for a new instance, so many times and no more (contract, section 18).

#include "nt/base.h"

namespace drydock::wdf {

using namespace nt;

class Device;

inline constexpr ULONG kRestartsMax = 5;                       ///< WDF-370
inline constexpr LONGLONG kRestartPeriod_100ns = 600'000'000;  ///< 60 s from the first

/// At START: whether the bus offers to re-enumerate the device (WDF-368).
void query_bus_interfaces(Device& device);
/// The interface goes back with the device.
void release_bus_interfaces(Device& device);
/// WDF-371: this instance got as far as started.
void note_started(Device& device);
/// WDF-183, WDF-373: a failure the framework found, within the budget. PASSIVE_LEVEL.
void restart_device(Device& device);
/// WDF-372: an earlier driver's WdfDeviceSetFailed asks once more when the failed device has been torn down.
bool asks_late(const Device& device);
/// WdfDeviceSetFailed (WDF-363 to WDF-372). Any IRQL up to DISPATCH_LEVEL.
void set_failed(Device& device, bool attempt_restart);

/// WDF-426: the device's host process has ended; asks the bus for a new instance unless that happened too often. False
/// if the device stays failed.
bool restart_after_host_end(Device& device, bool was_shared);
/// Whether it failed in a shared process again and gets one of its own. `hardware_key` is the devnode's.
bool had_to_leave_shared_process(HANDLE hardware_key);

}  // namespace drydock::wdf
