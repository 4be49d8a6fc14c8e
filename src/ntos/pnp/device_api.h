#pragma once
// What drivers ask the PnP manager about their devices and tell it of them.

#include "nt/irp.h"
#include "nt/pnp.h"

namespace drydock::ntos::pnp {
using namespace nt;

/// The bus of `DeviceObject` (a PDO) has changed: it is asked for its relations on the PnP worker.
/// IRQL: at most DISPATCH_LEVEL. Cannot fail. What is no PDO stops with PNP_DETECTED_FATAL_ERROR.
VOID NTAPI IoInvalidateDeviceRelations(DEVICE_OBJECT* DeviceObject, DEVICE_RELATION_TYPE Type);
/// IRP_MN_QUERY_PNP_DEVICE_STATE follows on the PnP worker, unless the device is not started.
VOID NTAPI IoInvalidateDeviceState(DEVICE_OBJECT* PhysicalDeviceObject);
VOID NTAPI IoRequestDeviceEject(DEVICE_OBJECT* PhysicalDeviceObject);

/// STATUS_BUFFER_TOO_SMALL with the length needed in `ResultLength`; STATUS_OBJECT_NAME_NOT_FOUND if the device has no
/// such property; STATUS_INVALID_PARAMETER_2 for a property we do not know. IRQL: PASSIVE_LEVEL.
NTSTATUS NTAPI IoGetDeviceProperty(DEVICE_OBJECT* DeviceObject, DEVICE_REGISTRY_PROPERTY DeviceProperty,
                                   ULONG BufferLength, PVOID PropertyBuffer, ULONG* ResultLength);
/// The hardware key (PLUGPLAY_REGKEY_DEVICE) or the software key (PLUGPLAY_REGKEY_DRIVER) of a device. The handle is
/// closed with ZwClose.
NTSTATUS NTAPI IoOpenDeviceRegistryKey(DEVICE_OBJECT* DeviceObject, ULONG DevInstKeyType, ACCESS_MASK DesiredAccess,
                                       HANDLE* DeviceRegKey);

/// Tells who registered for the target device of an event of the driver's own. The first returns when all have been
/// told and may not be called from PnP work; the second returns STATUS_PENDING at once and calls back later.
NTSTATUS NTAPI IoReportTargetDeviceChange(DEVICE_OBJECT* PhysicalDeviceObject, PVOID NotificationStructure);
NTSTATUS NTAPI IoReportTargetDeviceChangeAsynchronous(DEVICE_OBJECT* PhysicalDeviceObject, PVOID NotificationStructure,
                                                      PDEVICE_CHANGE_COMPLETE_CALLBACK Callback, PVOID Context);

}  // namespace drydock::ntos::pnp
