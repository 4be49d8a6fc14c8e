#pragma once
// PnP requests that do not change an FDO's state: capabilities, relations, requirements, interfaces, usage.

#include "nt/irp.h"

namespace drydock::wdf {

using namespace nt;

class Device;

NTSTATUS answer_as_fdo(Device& device, IRP* irp);
/// Both kinds: what WdfDeviceSetDeviceState and failures say (WDF-365).
void add_state_flags(const Device& device, IRP* irp);
/// Both kinds: usage notifications (WDF-226).
void count_usage(Device& device, DEVICE_USAGE_NOTIFICATION_TYPE type, bool in_path);
/// Both kinds: an interface the driver exports (WdfDeviceAddQueryInterface); false: none fits.
bool answer_interface_query(Device& device, IRP* irp, NTSTATUS& status);
/// WDF-063
NTSTATUS query_power_capabilities(Device& device);
void apply_capabilities(const Device& device, DEVICE_CAPABILITIES& capabilities);

}  // namespace drydock::wdf
