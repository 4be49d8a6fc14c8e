#pragma once
// Devices that no bus finds: a driver looks for its hardware itself, claims what it uses and says what it has found.

#include "nt/irp.h"
#include "nt/resource.h"

namespace drydock::ntos::pnp {
using namespace nt;

/// Claims `DeviceList` for `DeviceObject`, or `DriverList` for the driver as a whole, in place of what the same one
/// had claimed before; a null list gives it back. STATUS_CONFLICTING_ADDRESSES, and nothing is claimed, if somebody
/// else has any of it. Lists are raw. IRQL: PASSIVE_LEVEL.
NTSTATUS NTAPI IoReportResourceForDetection(DRIVER_OBJECT* DriverObject, CM_RESOURCE_LIST* DriverList,
                                            ULONG DriverListSize, DEVICE_OBJECT* DeviceObject,
                                            CM_RESOURCE_LIST* DeviceList, ULONG DeviceListSize,
                                            BOOLEAN* ConflictDetected);

/// Puts a device below the root that counts as started from now on (PNP-010). The caller attaches its device to the
/// PDO that comes back. With `ResourceAssigned` the resources are claimed already. IRQL: PASSIVE_LEVEL.
NTSTATUS NTAPI IoReportDetectedDevice(DRIVER_OBJECT* DriverObject, INTERFACE_TYPE LegacyBusType, ULONG BusNumber,
                                      ULONG SlotNumber, CM_RESOURCE_LIST* ResourceList,
                                      IO_RESOURCE_REQUIREMENTS_LIST* ResourceRequirements, BOOLEAN ResourceAssigned,
                                      DEVICE_OBJECT** DeviceObject);

}  // namespace drydock::ntos::pnp
