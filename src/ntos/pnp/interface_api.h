#pragma once
// Device interfaces and notifications as drivers call for them. IRQL: PASSIVE_LEVEL throughout.

#include "nt/irp.h"
#include "nt/pnp.h"

namespace drydock::ntos::pnp {
using namespace nt;

/// `SymbolicLinkName` gets a buffer that the driver frees with RtlFreeUnicodeString. The interface starts disabled.
/// STATUS_INVALID_DEVICE_REQUEST if `PhysicalDeviceObject` is no PDO or its reference string contains a path separator.
NTSTATUS NTAPI IoRegisterDeviceInterface(DEVICE_OBJECT* PhysicalDeviceObject, const GUID* InterfaceClassGuid,
                                         UNICODE_STRING* ReferenceString, UNICODE_STRING* SymbolicLinkName);
/// While the device is being started the link is made and arrival announced once the start has succeeded.
/// STATUS_OBJECT_NAME_EXISTS if it is enabled already, STATUS_OBJECT_NAME_NOT_FOUND if there is nothing to disable.
NTSTATUS NTAPI IoSetDeviceInterfaceState(UNICODE_STRING* SymbolicLinkName, BOOLEAN Enable);
inline constexpr ULONG DEVICE_INTERFACE_INCLUDE_NONACTIVE = 0x00000001;
/// A list of zero-terminated names, ended by an empty one, in pool that the driver frees with ExFreePool.
NTSTATUS NTAPI IoGetDeviceInterfaces(const GUID* InterfaceClassGuid, DEVICE_OBJECT* PhysicalDeviceObject, ULONG Flags,
                                     PWSTR* SymbolicLinkList);
NTSTATUS NTAPI IoOpenDeviceInterfaceRegistryKey(UNICODE_STRING* SymbolicLinkName, ACCESS_MASK DesiredAccess,
                                                HANDLE* DeviceInterfaceRegKey);

NTSTATUS NTAPI IoRegisterPlugPlayNotification(IO_NOTIFICATION_EVENT_CATEGORY EventCategory, ULONG EventCategoryFlags,
                                              PVOID EventCategoryData, DRIVER_OBJECT* DriverObject,
                                              PDRIVER_NOTIFICATION_CALLBACK_ROUTINE CallbackRoutine, PVOID Context,
                                              PVOID* NotificationEntry);
NTSTATUS NTAPI IoUnregisterPlugPlayNotification(PVOID NotificationEntry);
NTSTATUS NTAPI IoUnregisterPlugPlayNotificationEx(PVOID NotificationEntry);

}  // namespace drydock::ntos::pnp
