#pragma once
// A failed device asks its bus for a new instance, so many times and no more (contract, section 18).

#include "nt/base.h"

namespace drydock::wdf {

using namespace nt;

class Device;

/// At START: which interfaces the bus offers for it (WDF-368).
void query_bus_interfaces(Device& device);
/// WDF-371: this instance got as far as started.
void note_started(Device& device);
/// WDF-183, WDF-370, WDF-373. Any IRQL up to DISPATCH_LEVEL.
void restart_device(Device& device);
/// WdfDeviceSetFailed.
void set_failed(Device& device, bool attempt_restart);

}  // namespace drydock::wdf
