// WdfDevice...: creation, identity, interfaces, state and failure.

#include <cstring>

#include <fmt/format.h>

#include "ntos/pnp/property_data.h"
#include "wdf/callback_log.h"
#include "wdf/device.h"
#include "wdf/device_interface.h"
#include "wdf/driver.h"
#include "wdf/functions.h"
#include "wdf/misuse.h"
#include "wdf/old_structures.h"
#include "wdf/pnp_dispatch.h"
#include "wdf/restart.h"
#include "wdf/send_irp.h"
#include "wdf/string.h"
#include "wdf/wdf_exports.h"

namespace drydock::wdf {

using image::at_most;
using image::exactly;

namespace {

std::u16string text_of(PCUNICODE_STRING string) {
  return string && string->Buffer ? std::u16string(string->Buffer, string->Length / sizeof(WCHAR)) : std::u16string();
}

UNICODE_STRING counted(std::u16string& text) {
  const auto bytes = static_cast<USHORT>(text.size() * sizeof(WCHAR));
  return {bytes, static_cast<USHORT>(bytes + sizeof(WCHAR)), text.data()};
}

DeviceInterface* find_interface(Device& device, const GUID& guid, PCUNICODE_STRING reference) {
  for (DeviceInterface& each : device.interfaces)
    if (each.guid == guid && each.reference == text_of(reference)) return &each;
  return nullptr;
}

}  // namespace

NTSTATUS NTAPI WdfDeviceCreate(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT* DeviceInit,
                               PWDF_OBJECT_ATTRIBUTES DeviceAttributes, WDFDEVICE* DeviceHandle) {
  require_pointer(DeviceInit, "WdfDeviceCreate's DeviceInit");
  require_pointer(DeviceHandle, "WdfDeviceCreate's Device");
  WDFDEVICE_INIT& init = live_init(*DeviceInit, "WdfDeviceCreate");
  *DeviceHandle = nullptr;
  NTSTATUS status = check_attributes(DeviceAttributes,
                                     {.parent_allowed = false, .execution_level = true, .synchronization_scope = true});
  if (!NT_SUCCESS(status)) return status;
  if (init.config.kind == DeviceKind::Pdo && init.config.device_id.empty()) return STATUS_INVALID_DEVICE_STATE;

  Device* device = nullptr;
  status = make_device(init, DeviceAttributes, &device);
  if (!NT_SUCCESS(status)) return status;
  init.created = device;
  if (init.config.kind == DeviceKind::Pdo && !init.made_by_framework) device->driver_may_delete = true;  // WDF-356
  if (!init.made_by_framework) free_init(&init);
  *DeviceInit = nullptr;  // WDF-026
  *DeviceHandle = device->handle_as<WDFDEVICE>();
  return STATUS_SUCCESS;
}

VOID NTAPI WdfControlFinishInitializing(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle) {
  Device& device = object_as<Device>(Handle);
  if (device.is_control()) device.device_object->Flags &= ~DO_DEVICE_INITIALIZING;
}

// ---- Identity ----

WDFDEVICE NTAPI WdfWdmDeviceGetWdfDeviceHandle(PWDF_DRIVER_GLOBALS, PDEVICE_OBJECT DeviceObject) {
  Device* device = device_of(DeviceObject);
  return device ? device->handle_as<WDFDEVICE>() : nullptr;
}
PDEVICE_OBJECT NTAPI WdfDeviceWdmGetDeviceObject(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle) {
  return object_as<Device>(Handle).device_object;
}
PDEVICE_OBJECT NTAPI WdfDeviceWdmGetAttachedDevice(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle) {
  return object_as<Device>(Handle).lower;
}
PDEVICE_OBJECT NTAPI WdfDeviceWdmGetPhysicalDevice(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle) {
  return object_as<Device>(Handle).pdo;
}
NTSTATUS NTAPI WdfDeviceWdmDispatchPreprocessedIrp(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle, PIRP Irp) {
  Device& device = object_as<Device>(Handle);
  require_pointer(Irp, "WdfDeviceWdmDispatchPreprocessedIrp's Irp");
  return dispatch_irp(device, Irp);
}
WDFDRIVER NTAPI WdfDeviceGetDriver(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle) {
  return object_as<Device>(Handle).client().driver->handle_as<WDFDRIVER>();
}
WDF_DEVICE_PNP_STATE NTAPI WdfDeviceGetDevicePnpState(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle) {
  return static_cast<WDF_DEVICE_PNP_STATE>(object_as<Device>(Handle).pnp.published_state());
}
WDF_DEVICE_POWER_STATE NTAPI WdfDeviceGetDevicePowerState(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle) {
  return static_cast<WDF_DEVICE_POWER_STATE>(object_as<Device>(Handle).power.published_state());
}
WDF_DEVICE_POWER_POLICY_STATE NTAPI WdfDeviceGetDevicePowerPolicyState(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle) {
  return static_cast<WDF_DEVICE_POWER_POLICY_STATE>(object_as<Device>(Handle).policy.published_state());
}
/// The name that the driver gave it before it was created.
NTSTATUS NTAPI WdfDeviceRetrieveDeviceName(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle, WDFSTRING StringHandle) {
  std::u16string name = object_as<Device>(Handle).object_name;
  String& string = object_as<String>(StringHandle);
  return name.empty() ? STATUS_INVALID_PARAMETER : string.assign(counted(name));
}
/// What the framework set when it made the device stays: names behind the device's are its own business.
VOID NTAPI WdfDeviceSetCharacteristics(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle, ULONG Characteristics) {
  object_as<Device>(Handle).device_object->Characteristics = Characteristics | FILE_DEVICE_SECURE_OPEN;
}
ULONG NTAPI WdfDeviceGetCharacteristics(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle) {
  return object_as<Device>(Handle).device_object->Characteristics;
}
ULONG NTAPI WdfDeviceGetAlignmentRequirement(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle) {
  return object_as<Device>(Handle).device_object->AlignmentRequirement;
}
VOID NTAPI WdfDeviceSetAlignmentRequirement(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle, ULONG Alignment) {
  object_as<Device>(Handle).device_object->AlignmentRequirement = Alignment;
}
NTSTATUS NTAPI WdfDeviceQueryProperty(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle, DEVICE_REGISTRY_PROPERTY Property,
                                      ULONG BufferLength, PVOID PropertyBuffer, PULONG ResultLength) {
  Device& device = object_as<Device>(Handle);
  if (!device.pdo) return STATUS_INVALID_DEVICE_REQUEST;
  return IoGetDeviceProperty(device.pdo, Property, BufferLength, PropertyBuffer, ResultLength);
}

NTSTATUS NTAPI WdfDeviceQueryPropertyEx(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle, PWDF_DEVICE_PROPERTY_DATA DeviceProperty,
                                        ULONG BufferLength, PVOID PropertyBuffer, PULONG RequiredSize,
                                        PDEVPROPTYPE Type) {
  Device& device = object_as<Device>(Handle);
  require_pointer(DeviceProperty, "WdfDeviceQueryPropertyEx's DeviceProperty");
  require_pointer(RequiredSize, "WdfDeviceQueryPropertyEx's RequiredSize");
  require_pointer(Type, "WdfDeviceQueryPropertyEx's Type");
  if (DeviceProperty->Size != sizeof(WDF_DEVICE_PROPERTY_DATA)) return STATUS_INFO_LENGTH_MISMATCH;
  if (!DeviceProperty->PropertyKey || (BufferLength != 0 && !PropertyBuffer)) return STATUS_INVALID_PARAMETER;
  if (!device.pdo) return STATUS_INVALID_DEVICE_REQUEST;
  const auto* key = reinterpret_cast<const nt::DEVPROPKEY*>(DeviceProperty->PropertyKey);
  return ntos::pnp::IoGetDevicePropertyData(device.pdo, key, DeviceProperty->Lcid, DeviceProperty->Flags, BufferLength,
                                            PropertyBuffer, RequiredSize, Type);
}

// ---- Interfaces and names ----

NTSTATUS NTAPI WdfDeviceCreateDeviceInterface(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle, const GUID* InterfaceClassGUID,
                                              PCUNICODE_STRING ReferenceString) {
  Device& device = object_as<Device>(Handle);
  require_pointer(InterfaceClassGUID, "WdfDeviceCreateDeviceInterface's InterfaceClassGUID");
  if (!device.pdo) return STATUS_INVALID_DEVICE_REQUEST;
  DeviceInterface made;
  made.guid = *InterfaceClassGUID;
  made.reference = text_of(ReferenceString);
  if (!device.is_pdo() || device.pnp.state() != PnpState::Created)
    if (const NTSTATUS status = register_interface(device, made); !NT_SUCCESS(status)) return status;
  device.interfaces.push_back(made);
  if (device.pnp.state() == PnpState::Started) set_interface(device, device.interfaces.back(), true);
  return STATUS_SUCCESS;
}

VOID NTAPI WdfDeviceSetDeviceInterfaceState(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle, const GUID* InterfaceClassGUID,
                                            PCUNICODE_STRING ReferenceString, BOOLEAN IsInterfaceEnabled) {
  Device& device = object_as<Device>(Handle);
  require_pointer(InterfaceClassGUID, "WdfDeviceSetDeviceInterfaceState's InterfaceClassGUID");
  DeviceInterface* interface = find_interface(device, *InterfaceClassGUID, ReferenceString);
  if (!interface) return;
  interface->wanted = IsInterfaceEnabled != FALSE;
  if (device.pnp.state() == PnpState::Started) set_interface(device, *interface, interface->wanted);
}

NTSTATUS NTAPI WdfDeviceCreateSymbolicLink(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle, PCUNICODE_STRING SymbolicLinkName) {
  Device& device = object_as<Device>(Handle);
  require_pointer(SymbolicLinkName, "WdfDeviceCreateSymbolicLink's SymbolicLinkName");
  std::u16string link = text_of(SymbolicLinkName);
  std::u16string target = device.object_name;
  if (target.empty()) target = ntos::ob::widen(ntos::io::device_name(device.device_object));
  UNICODE_STRING link_name = counted(link), target_name = counted(target);
  const NTSTATUS status = IoCreateSymbolicLink(&link_name, &target_name);
  if (NT_SUCCESS(status)) device.symbolic_link = link;
  return status;
}

NTSTATUS NTAPI WdfDeviceAddQueryInterface(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle,
                                          PWDF_QUERY_INTERFACE_CONFIG InterfaceConfig) {
  Device& device = object_as<Device>(Handle);
  require_pointer(InterfaceConfig, "WdfDeviceAddQueryInterface's InterfaceConfig");
  if (InterfaceConfig->Size != sizeof(WDF_QUERY_INTERFACE_CONFIG)) return STATUS_INFO_LENGTH_MISMATCH;
  if (!InterfaceConfig->InterfaceType) return STATUS_INVALID_PARAMETER;
  if (InterfaceConfig->SendQueryToParentStack && !device.is_pdo()) return STATUS_INVALID_PARAMETER;
  if (InterfaceConfig->ImportInterface ? !InterfaceConfig->EvtDeviceProcessQueryInterfaceRequest
                                       : !InterfaceConfig->Interface || InterfaceConfig->Interface->Size == 0)
    return STATUS_INVALID_PARAMETER;
  ExportedInterface exported;
  exported.guid = *InterfaceConfig->InterfaceType;
  exported.send_to_parent = InterfaceConfig->SendQueryToParentStack;
  exported.import = InterfaceConfig->ImportInterface;
  exported.process = InterfaceConfig->EvtDeviceProcessQueryInterfaceRequest;
  if (InterfaceConfig->Interface) {
    const auto* bytes = reinterpret_cast<const std::byte*>(InterfaceConfig->Interface);
    exported.interface.assign(bytes, bytes + InterfaceConfig->Interface->Size);
  }
  device.exported_interfaces.push_back(std::move(exported));
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI WdfFdoQueryForInterface(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle, LPCGUID InterfaceType,
                                       PINTERFACE Interface, USHORT Size, USHORT Version, PVOID InterfaceSpecificData) {
  Device& device = object_as<Device>(Handle);
  require_pointer(InterfaceType, "WdfFdoQueryForInterface's InterfaceType");
  require_pointer(Interface, "WdfFdoQueryForInterface's Interface");
  if (!device.lower) return STATUS_INVALID_PARAMETER;
  // To the top of the stack, as the framework sends it.
  return query_interface(device.device_object, *InterfaceType, Size, Version, Interface, InterfaceSpecificData, true);
}

// ---- State, capabilities, failure ----

VOID NTAPI WdfDeviceGetDeviceState(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle, PWDF_DEVICE_STATE DeviceState) {
  Device& device = object_as<Device>(Handle);
  require_pointer(DeviceState, "WdfDeviceGetDeviceState's DeviceState");
  const ULONG size = DeviceState->Size;
  if (size != sizeof(WDF_DEVICE_STATE) && size != kDeviceStateSize27) return;
  std::memcpy(static_cast<void*>(DeviceState), &device.state_flags, size);
  DeviceState->Size = size;
}

VOID NTAPI WdfDeviceSetDeviceState(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle, PWDF_DEVICE_STATE DeviceState) {
  Device& device = object_as<Device>(Handle);
  require_pointer(DeviceState, "WdfDeviceSetDeviceState's DeviceState");
  if (DeviceState->Size != sizeof(WDF_DEVICE_STATE) && DeviceState->Size != kDeviceStateSize27) {
    record("WDF-413", "call-ignored", "WdfDeviceSetDeviceState is ignored: its Size is no version's");
    return;
  }
  std::memcpy(static_cast<void*>(&device.state_flags), DeviceState, DeviceState->Size);
  device.invalidate_state();
}

VOID NTAPI WdfDeviceSetPnpCapabilities(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle,
                                       PWDF_DEVICE_PNP_CAPABILITIES PnpCapabilities) {
  Device& device = object_as<Device>(Handle);
  require_pointer(PnpCapabilities, "WdfDeviceSetPnpCapabilities' PnpCapabilities");
  if (PnpCapabilities->Size == sizeof(WDF_DEVICE_PNP_CAPABILITIES)) device.pnp_capabilities = *PnpCapabilities;
}

VOID NTAPI WdfDeviceSetPowerCapabilities(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle,
                                         PWDF_DEVICE_POWER_CAPABILITIES PowerCapabilities) {
  Device& device = object_as<Device>(Handle);
  require_pointer(PowerCapabilities, "WdfDeviceSetPowerCapabilities' PowerCapabilities");
  if (PowerCapabilities->Size == sizeof(WDF_DEVICE_POWER_CAPABILITIES)) device.power_capabilities = *PowerCapabilities;
}

VOID NTAPI WdfDeviceSetBusInformationForChildren(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle,
                                                 PPNP_BUS_INFORMATION BusInformation) {
  Device& device = object_as<Device>(Handle);
  require_pointer(BusInformation, "WdfDeviceSetBusInformationForChildren's BusInformation");
  device.bus_type = BusInformation->BusTypeGuid;
  device.bus_legacy_type = BusInformation->LegacyBusType;
  device.bus_number = BusInformation->BusNumber;
  device.bus_information_given = true;
}

VOID NTAPI WdfDeviceSetStaticStopRemove(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle, BOOLEAN Stoppable) {
  object_as<Device>(Handle).static_stop_remove = Stoppable != FALSE;
}

VOID NTAPI WdfDeviceSetSpecialFileSupport(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle, WDF_SPECIAL_FILE_TYPE FileType,
                                          BOOLEAN FileTypeIsSupported) {
  Device& device = object_as<Device>(Handle);
  if (FileType > WdfSpecialFileUndefined && FileType < WdfSpecialFileMax)
    device.special_file_supported[FileType] = FileTypeIsSupported != FALSE;
}

VOID NTAPI WdfDeviceSetFailed(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle, WDF_DEVICE_FAILED_ACTION FailedAction) {
  Device& device = object_as<Device>(Handle);
  if (FailedAction != WdfDeviceFailedAttemptRestart && FailedAction != WdfDeviceFailedNoRestart) {
    record("WDF-364", "call-ignored", "WdfDeviceSetFailed is ignored: there is no such action");
    return;
  }
  // WDF-374
  if (device.client().host && !device.client().built_for(15)) FailedAction = WdfDeviceFailedNoRestart;
  note_says_failed(device);
  device.failed_action = FailedAction;
  set_failed(device, FailedAction == WdfDeviceFailedAttemptRestart);
}

// clang-format off
const image::ExportFamily kDeviceApi{kFrameworkModule, {
    // name                                     entry                                   caller's IRQL
    {"WdfDeviceCreate",                         WdfDeviceCreate,                        exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfControlFinishInitializing",            WdfControlFinishInitializing,           at_most(DISPATCH_LEVEL)},
    {"WdfWdmDeviceGetWdfDeviceHandle",          WdfWdmDeviceGetWdfDeviceHandle,         at_most(DISPATCH_LEVEL)},
    {"WdfDeviceWdmGetDeviceObject",             WdfDeviceWdmGetDeviceObject,            image::any_irql()},
    {"WdfDeviceWdmGetAttachedDevice",           WdfDeviceWdmGetAttachedDevice,          image::any_irql()},
    {"WdfDeviceWdmGetPhysicalDevice",           WdfDeviceWdmGetPhysicalDevice,          image::any_irql()},
    {"WdfDeviceWdmDispatchPreprocessedIrp",     WdfDeviceWdmDispatchPreprocessedIrp,    at_most(DISPATCH_LEVEL)},
    {"WdfDeviceGetDriver",                      WdfDeviceGetDriver,                     image::any_irql()},
    {"WdfDeviceGetDevicePnpState",              WdfDeviceGetDevicePnpState,             at_most(DISPATCH_LEVEL)},
    {"WdfDeviceGetDevicePowerState",            WdfDeviceGetDevicePowerState,           at_most(DISPATCH_LEVEL)},
    {"WdfDeviceGetDevicePowerPolicyState",      WdfDeviceGetDevicePowerPolicyState,     at_most(DISPATCH_LEVEL)},
    {"WdfDeviceRetrieveDeviceName",             WdfDeviceRetrieveDeviceName,            exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfDeviceSetCharacteristics",             WdfDeviceSetCharacteristics,            at_most(DISPATCH_LEVEL)},
    {"WdfDeviceGetCharacteristics",             WdfDeviceGetCharacteristics,            at_most(DISPATCH_LEVEL)},
    {"WdfDeviceGetAlignmentRequirement",        WdfDeviceGetAlignmentRequirement,       at_most(DISPATCH_LEVEL)},
    {"WdfDeviceSetAlignmentRequirement",        WdfDeviceSetAlignmentRequirement,       at_most(DISPATCH_LEVEL)},
    {"WdfDeviceQueryProperty",                  WdfDeviceQueryProperty,                 exactly(PASSIVE_LEVEL)},
    {"WdfDeviceQueryPropertyEx",                WdfDeviceQueryPropertyEx,               exactly(PASSIVE_LEVEL)},
    {"WdfDeviceCreateDeviceInterface",          WdfDeviceCreateDeviceInterface,         exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfDeviceSetDeviceInterfaceState",        WdfDeviceSetDeviceInterfaceState,       exactly(PASSIVE_LEVEL)},
    {"WdfDeviceCreateSymbolicLink",             WdfDeviceCreateSymbolicLink,            exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfDeviceAddQueryInterface",              WdfDeviceAddQueryInterface,             exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfFdoQueryForInterface",                 WdfFdoQueryForInterface,                exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfDeviceGetDeviceState",                 WdfDeviceGetDeviceState,                at_most(DISPATCH_LEVEL)},
    {"WdfDeviceSetDeviceState",                 WdfDeviceSetDeviceState,                at_most(DISPATCH_LEVEL)},
    {"WdfDeviceSetPnpCapabilities",             WdfDeviceSetPnpCapabilities,            at_most(DISPATCH_LEVEL)},
    {"WdfDeviceSetPowerCapabilities",           WdfDeviceSetPowerCapabilities,          at_most(DISPATCH_LEVEL)},
    {"WdfDeviceSetBusInformationForChildren",   WdfDeviceSetBusInformationForChildren,  exactly(PASSIVE_LEVEL)},
    {"WdfDeviceSetStaticStopRemove",            WdfDeviceSetStaticStopRemove,           at_most(DISPATCH_LEVEL)},
    {"WdfDeviceSetSpecialFileSupport",          WdfDeviceSetSpecialFileSupport,         exactly(PASSIVE_LEVEL)},
    {"WdfDeviceSetFailed",                      WdfDeviceSetFailed,                     at_most(DISPATCH_LEVEL)},
}, "wdf/device"};
// clang-format on

}  // namespace drydock::wdf
