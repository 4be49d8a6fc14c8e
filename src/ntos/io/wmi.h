#pragma once
// WMI as far as a machine without consumers has it: providers register, are asked what they offer, and go.

#include <cstddef>
#include <vector>

#include "nt/irp.h"

namespace drydock::ntos::io {
using namespace nt;

inline constexpr ULONG WMIREG_ACTION_REGISTER = 1;
inline constexpr ULONG WMIREG_ACTION_DEREGISTER = 2;
inline constexpr ULONG WMIREG_ACTION_REREGISTER = 3;
inline constexpr ULONG WMIREG_ACTION_UPDATE_GUIDS = 4;
inline constexpr ULONG WMIREG_ACTION_BLOCK_IRPS = 5;
inline constexpr ULONG WMIREG_FLAG_CALLBACK = 0x80000000;
inline constexpr ULONG WMIREG_FLAG_TRACE_PROVIDER = 0x00010000;

/// Registering has a system worker send IRP_MN_REGINFO_EX to the device, as Windows does. IRQL: at most APC_LEVEL.
NTSTATUS NTAPI IoWMIRegistrationControl(DEVICE_OBJECT* DeviceObject, ULONG Action);
ULONG NTAPI IoWMIDeviceObjectToProviderId(DEVICE_OBJECT* DeviceObject);
/// Takes the event over; nobody listens, but the last ones are kept. IRQL: at most DISPATCH_LEVEL.
NTSTATUS NTAPI IoWMIWriteEvent(PVOID WnodeEventItem);

/// The last events that drivers wrote, oldest first.
const std::vector<std::vector<std::byte>>& wmi_events();

/// Devices of `driver` that are still registered.
std::vector<DEVICE_OBJECT*> wmi_providers_of(const DRIVER_OBJECT* driver);
/// IoDeleteDevice of a registered provider is a finding (0xC4/0xDB).
void check_wmi_at_delete(DEVICE_OBJECT* device);

}  // namespace drydock::ntos::io
