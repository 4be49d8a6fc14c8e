#pragma once
// WMI registration of a device with the I/O manager; providers and instances are accepted and recorded.

#include "nt/base.h"

namespace drydock::wdf {

using namespace nt;

class Device;

/// After the device came up (WDF-071, WDF-206). Success if it has no provider.
NTSTATUS register_wmi(Device& device);
void deregister_wmi(Device& device);

}  // namespace drydock::wdf
