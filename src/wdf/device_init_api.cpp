// WdfDeviceInit...: what every kind of device may say of itself before it is created.

#include <cstring>

#include <fmt/format.h>

#include "wdf/device_init.h"
#include "wdf/functions.h"
#include "wdf/misuse.h"
#include "wdf/old_structures.h"
#include "wdf/wdf_exports.h"

namespace drydock::wdf {

using image::at_most;
using image::exactly;

namespace {

std::u16string text_of(PCUNICODE_STRING string) {
  return string && string->Buffer ? std::u16string(string->Buffer, string->Length / sizeof(WCHAR)) : std::u16string();
}

/// A void function that Windows ignores with a break under the framework's verifier.
void ignored(const char* rule, const char* function, const char* why) {
  record(rule, "call-ignored", fmt::format("{} is ignored: {}", function, why));
}

KeptAttributes keep(PWDF_OBJECT_ATTRIBUTES attributes) {
  KeptAttributes kept;
  if (!attributes) return kept;
  kept.attributes = *attributes;
  kept.given = true;
  return kept;
}

}  // namespace

VOID NTAPI WdfDeviceInitFree(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit) {
  WDFDEVICE_INIT& init = live_init(DeviceInit, "WdfDeviceInitFree");
  if (!init.made_by_framework) free_init(&init);  // WDF-026
}

VOID NTAPI WdfDeviceInitSetPnpPowerEventCallbacks(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit,
                                                  PWDF_PNPPOWER_EVENT_CALLBACKS Callbacks) {
  WDFDEVICE_INIT& init = live_init(DeviceInit, "WdfDeviceInitSetPnpPowerEventCallbacks");
  require_pointer(Callbacks, "WdfDeviceInitSetPnpPowerEventCallbacks' PnpPowerEventCallbacks");
  const ULONG size = Callbacks->Size;
  if (size != sizeof(WDF_PNPPOWER_EVENT_CALLBACKS) && size != kPnpCallbacksSize19)
    return ignored("WDF-003", "WdfDeviceInitSetPnpPowerEventCallbacks", "its Size is no version's");
  if (size == sizeof(WDF_PNPPOWER_EVENT_CALLBACKS) && Callbacks->EvtDeviceUsageNotification &&
      Callbacks->EvtDeviceUsageNotificationEx)
    return ignored("WDF-005", "WdfDeviceInitSetPnpPowerEventCallbacks", "it names both usage callbacks");
  std::memcpy(static_cast<void*>(&init.config.pnp), Callbacks, size);  // WDF-004, WDF-006
}

VOID NTAPI WdfDeviceInitSetPowerPolicyEventCallbacks(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit,
                                                     PWDF_POWER_POLICY_EVENT_CALLBACKS Callbacks) {
  WDFDEVICE_INIT& init = live_init(DeviceInit, "WdfDeviceInitSetPowerPolicyEventCallbacks");
  require_pointer(Callbacks, "WdfDeviceInitSetPowerPolicyEventCallbacks' PowerPolicyEventCallbacks");
  const ULONG size = Callbacks->Size;
  if (size != sizeof(WDF_POWER_POLICY_EVENT_CALLBACKS) && size != kPolicyCallbacksSize15)
    return ignored("WDF-413", "WdfDeviceInitSetPowerPolicyEventCallbacks", "its Size is no version's");
  if (size == sizeof(WDF_POWER_POLICY_EVENT_CALLBACKS) && Callbacks->EvtDeviceArmWakeFromSx &&
      Callbacks->EvtDeviceArmWakeFromSxWithReason)
    return ignored("WDF-093", "WdfDeviceInitSetPowerPolicyEventCallbacks", "it names both ways to arm for Sx");
  init.config.policy = {};
  std::memcpy(static_cast<void*>(&init.config.policy), Callbacks, size);
}

VOID NTAPI WdfDeviceInitSetPowerPolicyOwnership(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit,
                                                BOOLEAN IsPowerPolicyOwner) {
  live_init(DeviceInit, "WdfDeviceInitSetPowerPolicyOwnership").config.policy_owner = IsPowerPolicyOwner != FALSE;
}

VOID NTAPI WdfDeviceInitSetReleaseHardwareOrderOnFailure(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit,
                                                         WDF_RELEASE_HARDWARE_ORDER_ON_FAILURE Order) {
  WDFDEVICE_INIT& init = live_init(DeviceInit, "WdfDeviceInitSetReleaseHardwareOrderOnFailure");
  if (Order != WdfReleaseHardwareOrderOnFailureEarly && Order != WdfReleaseHardwareOrderOnFailureAfterDescendants)
    return ignored("WDF-013", "WdfDeviceInitSetReleaseHardwareOrderOnFailure", "there is no such order");
  init.config.release_order = Order;
}

// WDF-029: documented as internal; accepted, and nobody is told.
NTSTATUS NTAPI WdfDeviceInitRegisterPnpStateChangeCallback(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit,
                                                           WDF_DEVICE_PNP_STATE,
                                                           PFN_WDF_DEVICE_PNP_STATE_CHANGE_NOTIFICATION, ULONG) {
  live_init(DeviceInit, "WdfDeviceInitRegisterPnpStateChangeCallback");
  return STATUS_SUCCESS;
}
NTSTATUS NTAPI WdfDeviceInitRegisterPowerStateChangeCallback(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit,
                                                             WDF_DEVICE_POWER_STATE,
                                                             PFN_WDF_DEVICE_POWER_STATE_CHANGE_NOTIFICATION, ULONG) {
  live_init(DeviceInit, "WdfDeviceInitRegisterPowerStateChangeCallback");
  return STATUS_SUCCESS;
}
NTSTATUS NTAPI WdfDeviceInitRegisterPowerPolicyStateChangeCallback(
    PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit, WDF_DEVICE_POWER_POLICY_STATE,
    PFN_WDF_DEVICE_POWER_POLICY_STATE_CHANGE_NOTIFICATION, ULONG) {
  live_init(DeviceInit, "WdfDeviceInitRegisterPowerPolicyStateChangeCallback");
  return STATUS_SUCCESS;
}

VOID NTAPI WdfDeviceInitSetIoType(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit, WDF_DEVICE_IO_TYPE IoType) {
  DeviceConfig& config = live_init(DeviceInit, "WdfDeviceInitSetIoType").config;
  config.read_write_io = IoType;
  config.io_type_given = true;
}

VOID NTAPI WdfDeviceInitSetIoTypeEx(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit, PWDF_IO_TYPE_CONFIG Config) {
  DeviceConfig& config = live_init(DeviceInit, "WdfDeviceInitSetIoTypeEx").config;
  require_pointer(Config, "WdfDeviceInitSetIoTypeEx' IoTypeConfig");
  if (Config->Size != sizeof(WDF_IO_TYPE_CONFIG))
    return ignored("WDF-413", "WdfDeviceInitSetIoTypeEx", "its Size is no version's");
  config.read_write_io = Config->ReadWriteIoType;
  config.control_io = Config->DeviceControlIoType;
  config.direct_threshold = Config->DirectTransferThreshold;
  config.io_type_given = true;
}

VOID NTAPI WdfDeviceInitSetExclusive(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit, BOOLEAN IsExclusive) {
  live_init(DeviceInit, "WdfDeviceInitSetExclusive").config.exclusive = IsExclusive != FALSE;
}

VOID NTAPI WdfDeviceInitSetPowerNotPageable(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit) {
  live_init(DeviceInit, "WdfDeviceInitSetPowerNotPageable").config.power_pageable = false;
}

VOID NTAPI WdfDeviceInitSetPowerPageable(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit) {
  live_init(DeviceInit, "WdfDeviceInitSetPowerPageable").config.power_pageable = true;
}

VOID NTAPI WdfDeviceInitSetPowerInrush(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit) {
  DeviceConfig& config = live_init(DeviceInit, "WdfDeviceInitSetPowerInrush").config;
  config.power_inrush = true;
  config.power_pageable = false;
}

VOID NTAPI WdfDeviceInitSetDeviceType(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit, DEVICE_TYPE DeviceType) {
  live_init(DeviceInit, "WdfDeviceInitSetDeviceType").config.type = DeviceType;
}

NTSTATUS NTAPI WdfDeviceInitAssignName(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING DeviceName) {
  live_init(DeviceInit, "WdfDeviceInitAssignName").name = text_of(DeviceName);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI WdfDeviceInitAssignSDDLString(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit,
                                             PCUNICODE_STRING SDDLString) {
  live_init(DeviceInit, "WdfDeviceInitAssignSDDLString").sddl = text_of(SDDLString);
  return STATUS_SUCCESS;
}

VOID NTAPI WdfDeviceInitSetDeviceClass(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit, const GUID* DeviceClassGuid) {
  WDFDEVICE_INIT& init = live_init(DeviceInit, "WdfDeviceInitSetDeviceClass");
  require_pointer(DeviceClassGuid, "WdfDeviceInitSetDeviceClass' DeviceClassGuid");
  init.setup_class = *DeviceClassGuid;
}

VOID NTAPI WdfDeviceInitSetCharacteristics(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit, ULONG Characteristics,
                                           BOOLEAN OrInValues) {
  DeviceConfig& config = live_init(DeviceInit, "WdfDeviceInitSetCharacteristics").config;
  config.characteristics = OrInValues ? config.characteristics | Characteristics : Characteristics;
}

VOID NTAPI WdfDeviceInitSetFileObjectConfig(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit,
                                            PWDF_FILEOBJECT_CONFIG FileObjectConfig,
                                            PWDF_OBJECT_ATTRIBUTES FileObjectAttributes) {
  DeviceConfig& config = live_init(DeviceInit, "WdfDeviceInitSetFileObjectConfig").config;
  require_pointer(FileObjectConfig, "WdfDeviceInitSetFileObjectConfig's FileObjectConfig");
  if (FileObjectConfig->Size != sizeof(WDF_FILEOBJECT_CONFIG))
    return ignored("WDF-413", "WdfDeviceInitSetFileObjectConfig", "its Size is no version's");
  config.file_config = *FileObjectConfig;
  config.file_attributes = keep(FileObjectAttributes);
}

VOID NTAPI WdfDeviceInitSetRequestAttributes(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit,
                                             PWDF_OBJECT_ATTRIBUTES RequestAttributes) {
  live_init(DeviceInit, "WdfDeviceInitSetRequestAttributes").config.request_attributes = keep(RequestAttributes);
}

NTSTATUS NTAPI WdfDeviceInitAssignWdmIrpPreprocessCallback(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit,
                                                           PFN_WDFDEVICE_WDM_IRP_PREPROCESS EvtDeviceWdmIrpPreprocess,
                                                           UCHAR MajorFunction, PUCHAR MinorFunctions,
                                                           ULONG NumMinorFunctions) {
  DeviceConfig& config = live_init(DeviceInit, "WdfDeviceInitAssignWdmIrpPreprocessCallback").config;
  if (MajorFunction > IRP_MJ_MAXIMUM_FUNCTION || !EvtDeviceWdmIrpPreprocess) return STATUS_INVALID_PARAMETER;
  PreprocessCallback& callback = config.preprocess[MajorFunction];
  if (NumMinorFunctions == 0) callback.minors.clear();
  callback.routine = EvtDeviceWdmIrpPreprocess;
  callback.minors.insert(callback.minors.end(), MinorFunctions, MinorFunctions + NumMinorFunctions);
  return STATUS_SUCCESS;
}

VOID NTAPI WdfDeviceInitSetIoInCallerContextCallback(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit,
                                                     PFN_WDF_IO_IN_CALLER_CONTEXT EvtIoInCallerContext) {
  live_init(DeviceInit, "WdfDeviceInitSetIoInCallerContextCallback").config.in_caller_context = EvtIoInCallerContext;
}

VOID NTAPI WdfDeviceInitSetRemoveLockOptions(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit,
                                             PWDF_REMOVE_LOCK_OPTIONS Options) {
  DeviceConfig& config = live_init(DeviceInit, "WdfDeviceInitSetRemoveLockOptions").config;
  require_pointer(Options, "WdfDeviceInitSetRemoveLockOptions' Options");
  config.lock_for_io = Options->Flags & WDF_REMOVE_LOCK_OPTION_ACQUIRE_FOR_IO;
}

// ---- FDO ----

PDEVICE_OBJECT NTAPI WdfFdoInitWdmGetPhysicalDevice(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit) {
  return live_init(DeviceInit, "WdfFdoInitWdmGetPhysicalDevice").pdo;
}

NTSTATUS NTAPI WdfFdoInitQueryProperty(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit,
                                       DEVICE_REGISTRY_PROPERTY DeviceProperty, ULONG BufferLength,
                                       PVOID PropertyBuffer, PULONG ResultLength) {
  return IoGetDeviceProperty(live_init(DeviceInit, "WdfFdoInitQueryProperty").pdo, DeviceProperty, BufferLength,
                             PropertyBuffer, ResultLength);
}

VOID NTAPI WdfFdoInitSetEventCallbacks(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit,
                                       PWDF_FDO_EVENT_CALLBACKS Callbacks) {
  DeviceConfig& config = live_init(DeviceInit, "WdfFdoInitSetEventCallbacks").config;
  require_pointer(Callbacks, "WdfFdoInitSetEventCallbacks' FdoEventCallbacks");
  if (Callbacks->Size != sizeof(WDF_FDO_EVENT_CALLBACKS))
    return ignored("WDF-413", "WdfFdoInitSetEventCallbacks", "its Size is no version's");
  if (Callbacks->EvtDeviceFilterAddResourceRequirements && !Callbacks->EvtDeviceRemoveAddedResources)
    return ignored("WDF-009", "WdfFdoInitSetEventCallbacks", "what it adds nobody would remove");
  config.fdo = *Callbacks;
}

VOID NTAPI WdfFdoInitSetFilter(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit) {
  live_init(DeviceInit, "WdfFdoInitSetFilter").config.filter = true;
}

VOID NTAPI WdfFdoInitSetDefaultChildListConfig(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit,
                                               PWDF_CHILD_LIST_CONFIG Config,
                                               PWDF_OBJECT_ATTRIBUTES DefaultChildListAttributes) {
  DeviceConfig& config = live_init(DeviceInit, "WdfFdoInitSetDefaultChildListConfig").config;
  require_pointer(Config, "WdfFdoInitSetDefaultChildListConfig's Config");
  if (Config->Size != sizeof(WDF_CHILD_LIST_CONFIG) || !Config->EvtChildListCreateDevice)
    return ignored("WDF-413", "WdfFdoInitSetDefaultChildListConfig", "its Size is no version's, or it creates nothing");
  config.default_child_list = *Config;
  config.default_child_list_attributes = keep(DefaultChildListAttributes);
}

// ---- PDO ----

VOID NTAPI WdfPdoInitSetEventCallbacks(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit,
                                       PWDF_PDO_EVENT_CALLBACKS DispatchTable) {
  DeviceConfig& config = live_init(DeviceInit, "WdfPdoInitSetEventCallbacks").config;
  require_pointer(DispatchTable, "WdfPdoInitSetEventCallbacks' DispatchTable");
  if (DispatchTable->Size != sizeof(WDF_PDO_EVENT_CALLBACKS) && DispatchTable->Size != kPdoCallbacksSize19)
    return ignored("WDF-413", "WdfPdoInitSetEventCallbacks", "its Size is no version's");
  config.pdo = {};
  std::memcpy(static_cast<void*>(&config.pdo), DispatchTable, DispatchTable->Size);
}

NTSTATUS NTAPI WdfPdoInitAssignDeviceID(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING DeviceID) {
  live_init(DeviceInit, "WdfPdoInitAssignDeviceID").config.device_id = text_of(DeviceID);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI WdfPdoInitAssignInstanceID(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit,
                                          PCUNICODE_STRING InstanceID) {
  live_init(DeviceInit, "WdfPdoInitAssignInstanceID").config.instance_id = text_of(InstanceID);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI WdfPdoInitAddHardwareID(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING HardwareID) {
  live_init(DeviceInit, "WdfPdoInitAddHardwareID").config.hardware_ids.push_back(text_of(HardwareID));
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI WdfPdoInitAddCompatibleID(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit,
                                         PCUNICODE_STRING CompatibleID) {
  live_init(DeviceInit, "WdfPdoInitAddCompatibleID").config.compatible_ids.push_back(text_of(CompatibleID));
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI WdfPdoInitAssignContainerID(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit,
                                           PCUNICODE_STRING ContainerID) {
  live_init(DeviceInit, "WdfPdoInitAssignContainerID").config.container_id = text_of(ContainerID);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI WdfPdoInitAddDeviceText(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit,
                                       PCUNICODE_STRING DeviceDescription, PCUNICODE_STRING DeviceLocation,
                                       LCID LocaleId) {
  live_init(DeviceInit, "WdfPdoInitAddDeviceText")
      .config.texts.push_back({text_of(DeviceDescription), text_of(DeviceLocation), LocaleId});
  return STATUS_SUCCESS;
}

VOID NTAPI WdfPdoInitSetDefaultLocale(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit, LCID LocaleId) {
  live_init(DeviceInit, "WdfPdoInitSetDefaultLocale").config.default_locale = LocaleId;
}

NTSTATUS NTAPI WdfPdoInitAssignRawDevice(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit, const GUID* DeviceClassGuid) {
  DeviceConfig& config = live_init(DeviceInit, "WdfPdoInitAssignRawDevice").config;
  require_pointer(DeviceClassGuid, "WdfPdoInitAssignRawDevice's DeviceClassGuid");
  config.raw = true;
  config.raw_class = *DeviceClassGuid;
  return STATUS_SUCCESS;
}

VOID NTAPI WdfPdoInitAllowForwardingRequestToParent(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit) {
  live_init(DeviceInit, "WdfPdoInitAllowForwardingRequestToParent").config.allows_forward_to_parent = true;
}

VOID NTAPI WdfPdoInitRemovePowerDependencyOnParent(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit) {
  live_init(DeviceInit, "WdfPdoInitRemovePowerDependencyOnParent").config.no_power_dependency = true;
}

// ---- Control devices ----

PWDFDEVICE_INIT NTAPI WdfControlDeviceInitAllocate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver,
                                                   const UNICODE_STRING* SDDLString) {
  object_from(Driver, ObjectType::Driver);
  require_pointer(SDDLString, "WdfControlDeviceInitAllocate's SDDLString");
  WDFDEVICE_INIT* init = new_init(framework().client(DriverGlobals));
  init->config.kind = DeviceKind::Control;
  init->made_by_framework = false;
  init->sddl = text_of(SDDLString);
  return init;
}

VOID NTAPI WdfControlDeviceInitSetShutdownNotification(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT DeviceInit,
                                                       PFN_WDF_DEVICE_SHUTDOWN_NOTIFICATION Notification, UCHAR Flags) {
  DeviceConfig& config = live_init(DeviceInit, "WdfControlDeviceInitSetShutdownNotification").config;
  config.shutdown = Notification;
  config.shutdown_flags = Flags;
}

// clang-format off
const image::ExportFamily kDeviceInitApi{kFrameworkModule, {
    // name                                            entry                                           caller's IRQL
    {"WdfDeviceInitFree",                              WdfDeviceInitFree,                              at_most(DISPATCH_LEVEL)},
    {"WdfDeviceInitSetPnpPowerEventCallbacks",         WdfDeviceInitSetPnpPowerEventCallbacks,         at_most(DISPATCH_LEVEL)},
    {"WdfDeviceInitSetPowerPolicyEventCallbacks",      WdfDeviceInitSetPowerPolicyEventCallbacks,      at_most(DISPATCH_LEVEL)},
    {"WdfDeviceInitSetPowerPolicyOwnership",           WdfDeviceInitSetPowerPolicyOwnership,           at_most(DISPATCH_LEVEL)},
    {"WdfDeviceInitSetReleaseHardwareOrderOnFailure",  WdfDeviceInitSetReleaseHardwareOrderOnFailure,  at_most(DISPATCH_LEVEL)},
    {"WdfDeviceInitRegisterPnpStateChangeCallback",    WdfDeviceInitRegisterPnpStateChangeCallback,    exactly(PASSIVE_LEVEL)},
    {"WdfDeviceInitRegisterPowerStateChangeCallback",  WdfDeviceInitRegisterPowerStateChangeCallback,  exactly(PASSIVE_LEVEL)},
    {"WdfDeviceInitRegisterPowerPolicyStateChangeCallback", WdfDeviceInitRegisterPowerPolicyStateChangeCallback, exactly(PASSIVE_LEVEL)},
    {"WdfDeviceInitSetIoType",                         WdfDeviceInitSetIoType,                         at_most(DISPATCH_LEVEL)},
    {"WdfDeviceInitSetIoTypeEx",                       WdfDeviceInitSetIoTypeEx,                       at_most(DISPATCH_LEVEL)},
    {"WdfDeviceInitSetExclusive",                      WdfDeviceInitSetExclusive,                      at_most(DISPATCH_LEVEL)},
    {"WdfDeviceInitSetPowerNotPageable",               WdfDeviceInitSetPowerNotPageable,               at_most(DISPATCH_LEVEL)},
    {"WdfDeviceInitSetPowerPageable",                  WdfDeviceInitSetPowerPageable,                  at_most(DISPATCH_LEVEL)},
    {"WdfDeviceInitSetPowerInrush",                    WdfDeviceInitSetPowerInrush,                    at_most(DISPATCH_LEVEL)},
    {"WdfDeviceInitSetDeviceType",                     WdfDeviceInitSetDeviceType,                     at_most(DISPATCH_LEVEL)},
    {"WdfDeviceInitAssignName",                        WdfDeviceInitAssignName,                        exactly(PASSIVE_LEVEL)},
    {"WdfDeviceInitAssignSDDLString",                  WdfDeviceInitAssignSDDLString,                  exactly(PASSIVE_LEVEL)},
    {"WdfDeviceInitSetDeviceClass",                    WdfDeviceInitSetDeviceClass,                    at_most(DISPATCH_LEVEL)},
    {"WdfDeviceInitSetCharacteristics",                WdfDeviceInitSetCharacteristics,                at_most(DISPATCH_LEVEL)},
    {"WdfDeviceInitSetFileObjectConfig",               WdfDeviceInitSetFileObjectConfig,               at_most(DISPATCH_LEVEL)},
    {"WdfDeviceInitSetRequestAttributes",              WdfDeviceInitSetRequestAttributes,              at_most(DISPATCH_LEVEL)},
    {"WdfDeviceInitAssignWdmIrpPreprocessCallback",    WdfDeviceInitAssignWdmIrpPreprocessCallback,    exactly(PASSIVE_LEVEL)},
    {"WdfDeviceInitSetIoInCallerContextCallback",      WdfDeviceInitSetIoInCallerContextCallback,      at_most(DISPATCH_LEVEL)},
    {"WdfDeviceInitSetRemoveLockOptions",              WdfDeviceInitSetRemoveLockOptions,              at_most(DISPATCH_LEVEL)},
    {"WdfFdoInitWdmGetPhysicalDevice",                 WdfFdoInitWdmGetPhysicalDevice,                 at_most(DISPATCH_LEVEL)},
    {"WdfFdoInitQueryProperty",                        WdfFdoInitQueryProperty,                        exactly(PASSIVE_LEVEL)},
    {"WdfFdoInitSetEventCallbacks",                    WdfFdoInitSetEventCallbacks,                    at_most(DISPATCH_LEVEL)},
    {"WdfFdoInitSetFilter",                            WdfFdoInitSetFilter,                            at_most(DISPATCH_LEVEL)},
    {"WdfFdoInitSetDefaultChildListConfig",            WdfFdoInitSetDefaultChildListConfig,            at_most(DISPATCH_LEVEL)},
    {"WdfPdoInitSetEventCallbacks",                    WdfPdoInitSetEventCallbacks,                    at_most(DISPATCH_LEVEL)},
    {"WdfPdoInitAssignDeviceID",                       WdfPdoInitAssignDeviceID,                       exactly(PASSIVE_LEVEL)},
    {"WdfPdoInitAssignInstanceID",                     WdfPdoInitAssignInstanceID,                     exactly(PASSIVE_LEVEL)},
    {"WdfPdoInitAddHardwareID",                        WdfPdoInitAddHardwareID,                        exactly(PASSIVE_LEVEL)},
    {"WdfPdoInitAddCompatibleID",                      WdfPdoInitAddCompatibleID,                      exactly(PASSIVE_LEVEL)},
    {"WdfPdoInitAssignContainerID",                    WdfPdoInitAssignContainerID,                    exactly(PASSIVE_LEVEL)},
    {"WdfPdoInitAddDeviceText",                        WdfPdoInitAddDeviceText,                        exactly(PASSIVE_LEVEL)},
    {"WdfPdoInitSetDefaultLocale",                     WdfPdoInitSetDefaultLocale,                     at_most(DISPATCH_LEVEL)},
    {"WdfPdoInitAssignRawDevice",                      WdfPdoInitAssignRawDevice,                      at_most(DISPATCH_LEVEL)},
    {"WdfPdoInitAllowForwardingRequestToParent",       WdfPdoInitAllowForwardingRequestToParent,       at_most(DISPATCH_LEVEL)},
    {"WdfPdoInitRemovePowerDependencyOnParent",        WdfPdoInitRemovePowerDependencyOnParent,        at_most(DISPATCH_LEVEL)},
    {"WdfControlDeviceInitAllocate",                   WdfControlDeviceInitAllocate,                   exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfControlDeviceInitSetShutdownNotification",    WdfControlDeviceInitSetShutdownNotification,    exactly(PASSIVE_LEVEL)},
}, "wdf/device_init"};
// clang-format on

}  // namespace drydock::wdf
