#pragma once
// Device interfaces and symbolic links (contract, "Interfaces off").

#include "wdf/device.h"

namespace drydock::wdf {

/// Gives it its link. Its device must be known to the PnP manager.
NTSTATUS register_interface(Device& device, DeviceInterface& interface);

/// Enables or disables one, if the driver wants it (WDF-071, WDF-133).
void set_interface(Device& device, DeviceInterface& interface, bool on);
void delete_symbolic_link(Device& device);

}  // namespace drydock::wdf
