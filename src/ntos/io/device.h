#pragma once
// Device objects and the stacks they form.

#include <string>

#include "nt/irp.h"
#include "nt/guid.h"

namespace drydock::ntos::io {
using namespace nt;

/// Creates a device of `DriverObject`, extension zeroed and 16-byte aligned. IRQL: at most APC_LEVEL.
/// STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_NAME_EXISTS, STATUS_INSUFFICIENT_RESOURCES. DO_DEVICE_INITIALIZING is set.
NTSTATUS NTAPI IoCreateDevice(DRIVER_OBJECT* DriverObject, ULONG DeviceExtensionSize, UNICODE_STRING* DeviceName,
                              DEVICE_TYPE DeviceType, ULONG DeviceCharacteristics, BOOLEAN Exclusive,
                              DEVICE_OBJECT** DeviceObject);
NTSTATUS NTAPI IoCreateDeviceSecure(DRIVER_OBJECT* DriverObject, ULONG DeviceExtensionSize, UNICODE_STRING* DeviceName,
                                    DEVICE_TYPE DeviceType, ULONG DeviceCharacteristics, BOOLEAN Exclusive,
                                    const UNICODE_STRING* DefaultSDDLString, const GUID* DeviceClassGuid,
                                    DEVICE_OBJECT** DeviceObject);
/// The object goes once nobody refers to it: handles, attached devices and references keep it.
void NTAPI IoDeleteDevice(DEVICE_OBJECT* DeviceObject);

/// Returns the device attached to (the former top of the stack), or null.
DEVICE_OBJECT* NTAPI IoAttachDeviceToDeviceStack(DEVICE_OBJECT* SourceDevice, DEVICE_OBJECT* TargetDevice);
NTSTATUS NTAPI IoAttachDeviceToDeviceStackSafe(DEVICE_OBJECT* SourceDevice, DEVICE_OBJECT* TargetDevice,
                                               DEVICE_OBJECT** AttachedToDeviceObject);
NTSTATUS NTAPI IoAttachDevice(DEVICE_OBJECT* SourceDevice, UNICODE_STRING* TargetDevice, DEVICE_OBJECT** AttachedDevice);
/// `TargetDevice` is the lower device, the one that IoAttachDeviceToDeviceStack returned.
void NTAPI IoDetachDevice(DEVICE_OBJECT* TargetDevice);

DEVICE_OBJECT* NTAPI IoGetAttachedDevice(DEVICE_OBJECT* DeviceObject);
DEVICE_OBJECT* NTAPI IoGetAttachedDeviceReference(DEVICE_OBJECT* DeviceObject);
DEVICE_OBJECT* NTAPI IoGetLowerDeviceObject(DEVICE_OBJECT* DeviceObject);
DEVICE_OBJECT* NTAPI IoGetDeviceAttachmentBaseRef(DEVICE_OBJECT* DeviceObject);
DEVICE_OBJECT* NTAPI IoGetRelatedDeviceObject(FILE_OBJECT* FileObject);

/// Both referenced: the file object to be dereferenced, which in turn lets the device go.
NTSTATUS NTAPI IoGetDeviceObjectPointer(UNICODE_STRING* ObjectName, ACCESS_MASK DesiredAccess, FILE_OBJECT** FileObject,
                                        DEVICE_OBJECT** DeviceObject);

NTSTATUS NTAPI IoCreateSymbolicLink(UNICODE_STRING* SymbolicLinkName, UNICODE_STRING* DeviceName);
NTSTATUS NTAPI IoCreateUnprotectedSymbolicLink(UNICODE_STRING* SymbolicLinkName, UNICODE_STRING* DeviceName);
NTSTATUS NTAPI IoDeleteSymbolicLink(UNICODE_STRING* SymbolicLinkName);

NTSTATUS NTAPI IoRegisterShutdownNotification(DEVICE_OBJECT* DeviceObject);
NTSTATUS NTAPI IoRegisterLastChanceShutdownNotification(DEVICE_OBJECT* DeviceObject);
void NTAPI IoUnregisterShutdownNotification(DEVICE_OBJECT* DeviceObject);
/// Sends IRP_MJ_SHUTDOWN to all that registered, last first. On a machine thread at PASSIVE_LEVEL.
void shut_down_devices();

CONFIGURATION_INFORMATION* NTAPI IoGetConfigurationInformation();
void NTAPI IoSetStartIoAttributes(DEVICE_OBJECT* DeviceObject, BOOLEAN DeferredStartIo, BOOLEAN NonCancelable);

// ---- for our own rooms ----
/// What Windows keeps behind DEVICE_OBJECT.DeviceObjectExtension. The devnode belongs to pnp.
struct DeviceExtension : DEVOBJ_EXTENSION {
  ULONG PowerFlags;
  PVOID Dope;
  ULONG ExtensionFlags;
  PVOID DeviceNode;                ///< pnp::Devnode, for a PDO
  DEVICE_OBJECT* AttachedTo;       ///< the device below
  LONG StartIoCount;
  LONG StartIoKey;
  ULONG StartIoFlags;
  bool Deleted;                    ///< out of its driver's list, its first reference dropped
};
inline constexpr ULONG DOE_UNLOAD_PENDING = 1;
inline constexpr ULONG DOE_DELETE_PENDING = 2;
inline constexpr ULONG DOE_REMOVE_PENDING = 4;
inline constexpr ULONG DOE_REMOVE_PROCESSED = 8;
inline constexpr ULONG DOE_START_PENDING = 16;
inline DeviceExtension* extension_of(DEVICE_OBJECT* device) {
  return static_cast<DeviceExtension*>(device->DeviceObjectExtension);
}
/// dev#3 in traces.
ULONG device_number(const DEVICE_OBJECT* device);
/// "\Device\X" or "dev#3 of \Driver\Y".
std::string device_name(const DEVICE_OBJECT* device);

}  // namespace drydock::ntos::io
