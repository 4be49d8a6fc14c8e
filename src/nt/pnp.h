#pragma once
// Plug and Play: capabilities, relations, identities, properties, notifications.

#include "nt/base.h"
#include "nt/device_object.h"
#include "nt/guid.h"
#include "nt/interface.h"
#include "nt/power.h"
#include "nt/resource.h"
#include "nt/string.h"

namespace drydock::nt {

struct DEVICE_CAPABILITIES {
  USHORT Size;
  USHORT Version;
  ULONG DeviceD1 : 1;
  ULONG DeviceD2 : 1;
  ULONG LockSupported : 1;
  ULONG EjectSupported : 1;
  ULONG Removable : 1;
  ULONG DockDevice : 1;
  ULONG UniqueID : 1;
  ULONG SilentInstall : 1;
  ULONG RawDeviceOK : 1;
  ULONG SurpriseRemovalOK : 1;
  ULONG WakeFromD0 : 1;
  ULONG WakeFromD1 : 1;
  ULONG WakeFromD2 : 1;
  ULONG WakeFromD3 : 1;
  ULONG HardwareDisabled : 1;
  ULONG NonDynamic : 1;
  ULONG WarmEjectSupported : 1;
  ULONG NoDisplayInUI : 1;
  ULONG Reserved1 : 1;
  ULONG WakeFromInterrupt : 1;
  ULONG SecureDevice : 1;
  ULONG ChildOfVgaEnabledBridge : 1;
  ULONG DecodeIoOnBoot : 1;
  ULONG Reserved : 9;
  ULONG Address;
  ULONG UINumber;
  DEVICE_POWER_STATE DeviceState[POWER_SYSTEM_MAXIMUM];
  SYSTEM_POWER_STATE SystemWake;
  DEVICE_POWER_STATE DeviceWake;
  ULONG D1Latency;
  ULONG D2Latency;
  ULONG D3Latency;
};
static_assert(sizeof(DEVICE_CAPABILITIES) == 64 && offsetof(DEVICE_CAPABILITIES, Address) == 8 &&
              offsetof(DEVICE_CAPABILITIES, DeviceState) == 16 && offsetof(DEVICE_CAPABILITIES, SystemWake) == 44);
using PDEVICE_CAPABILITIES = DEVICE_CAPABILITIES*;

enum DEVICE_RELATION_TYPE : LONG {
  BusRelations,
  EjectionRelations,
  PowerRelations,
  RemovalRelations,
  TargetDeviceRelation,
  SingleBusRelations,
  TransportRelations
};

struct DEVICE_RELATIONS {
  ULONG Count;
  DEVICE_OBJECT* Objects[1];
};
static_assert(sizeof(DEVICE_RELATIONS) == 16 && offsetof(DEVICE_RELATIONS, Objects) == 8);
using PDEVICE_RELATIONS = DEVICE_RELATIONS*;

enum BUS_QUERY_ID_TYPE : LONG {
  BusQueryDeviceID,
  BusQueryHardwareIDs,
  BusQueryCompatibleIDs,
  BusQueryInstanceID,
  BusQueryDeviceSerialNumber,
  BusQueryContainerID
};

enum DEVICE_TEXT_TYPE : LONG { DeviceTextDescription, DeviceTextLocationInformation };

enum DEVICE_USAGE_NOTIFICATION_TYPE : LONG {
  DeviceUsageTypeUndefined,
  DeviceUsageTypePaging,
  DeviceUsageTypeHibernation,
  DeviceUsageTypeDumpFile,
  DeviceUsageTypeBoot,
  DeviceUsageTypePostDisplay
};

using PNP_DEVICE_STATE = ULONG;
using PPNP_DEVICE_STATE = PNP_DEVICE_STATE*;
inline constexpr PNP_DEVICE_STATE PNP_DEVICE_DISABLED = 0x00000001;
inline constexpr PNP_DEVICE_STATE PNP_DEVICE_DONT_DISPLAY_IN_UI = 0x00000002;
inline constexpr PNP_DEVICE_STATE PNP_DEVICE_FAILED = 0x00000004;
inline constexpr PNP_DEVICE_STATE PNP_DEVICE_REMOVED = 0x00000008;
inline constexpr PNP_DEVICE_STATE PNP_DEVICE_RESOURCE_REQUIREMENTS_CHANGED = 0x00000010;
inline constexpr PNP_DEVICE_STATE PNP_DEVICE_NOT_DISABLEABLE = 0x00000020;
inline constexpr PNP_DEVICE_STATE PNP_DEVICE_DISCONNECTED = 0x00000040;
inline constexpr PNP_DEVICE_STATE PNP_DEVICE_RESOURCE_UPDATED = 0x00000080;
inline constexpr PNP_DEVICE_STATE PNP_DEVICE_ASSIGNED_TO_GUEST = 0x00000100;

struct PNP_BUS_INFORMATION {
  GUID BusTypeGuid;
  INTERFACE_TYPE LegacyBusType;
  ULONG BusNumber;
};
static_assert(sizeof(PNP_BUS_INFORMATION) == 24);
using PPNP_BUS_INFORMATION = PNP_BUS_INFORMATION*;

inline constexpr GUID GUID_BUS_TYPE_PCI = {
    0xC8EBDFB0, 0xB510, 0x11D0, {0x80, 0xE5, 0x00, 0xA0, 0xC9, 0x25, 0x42, 0xE3}};
inline constexpr GUID GUID_BUS_TYPE_ACPI = {
    0xD7B46895, 0x001A, 0x4942, {0x89, 0x1F, 0xA7, 0xD4, 0x66, 0x10, 0xA8, 0x43}};

enum DEVICE_REGISTRY_PROPERTY : LONG {
  DevicePropertyDeviceDescription = 0x0,
  DevicePropertyHardwareID = 0x1,
  DevicePropertyCompatibleIDs = 0x2,
  DevicePropertyBootConfiguration = 0x3,
  DevicePropertyBootConfigurationTranslated = 0x4,
  DevicePropertyClassName = 0x5,
  DevicePropertyClassGuid = 0x6,
  DevicePropertyDriverKeyName = 0x7,
  DevicePropertyManufacturer = 0x8,
  DevicePropertyFriendlyName = 0x9,
  DevicePropertyLocationInformation = 0xA,
  DevicePropertyPhysicalDeviceObjectName = 0xB,
  DevicePropertyBusTypeGuid = 0xC,
  DevicePropertyLegacyBusType = 0xD,
  DevicePropertyBusNumber = 0xE,
  DevicePropertyEnumeratorName = 0xF,
  DevicePropertyAddress = 0x10,
  DevicePropertyUINumber = 0x11,
  DevicePropertyInstallState = 0x12,
  DevicePropertyRemovalPolicy = 0x13,
  DevicePropertyResourceRequirements = 0x14,
  DevicePropertyAllocatedResources = 0x15,
  DevicePropertyContainerID = 0x16
};

enum DEVICE_INSTALL_STATE : LONG {
  InstallStateInstalled,
  InstallStateNeedsReinstall,
  InstallStateFailedInstall,
  InstallStateFinishInstall
};

enum DEVICE_REMOVAL_POLICY : LONG {
  RemovalPolicyExpectNoRemoval = 1,
  RemovalPolicyExpectOrderlyRemoval = 2,
  RemovalPolicyExpectSurpriseRemoval = 3
};

inline constexpr ULONG PLUGPLAY_REGKEY_DEVICE = 1;
inline constexpr ULONG PLUGPLAY_REGKEY_DRIVER = 2;
inline constexpr ULONG PLUGPLAY_REGKEY_CURRENT_HWPROFILE = 4;

enum IO_NOTIFICATION_EVENT_CATEGORY : LONG {
  EventCategoryReserved,
  EventCategoryHardwareProfileChange,
  EventCategoryDeviceInterfaceChange,
  EventCategoryTargetDeviceChange,
  EventCategoryKernelSoftRestart
};
inline constexpr ULONG PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES = 1;

using PDRIVER_NOTIFICATION_CALLBACK_ROUTINE = NTSTATUS(NTAPI*)(PVOID NotificationStructure, PVOID Context);
using PDEVICE_CHANGE_COMPLETE_CALLBACK = VOID(NTAPI*)(PVOID Context);

struct PLUGPLAY_NOTIFICATION_HEADER {
  USHORT Version;
  USHORT Size;
  GUID Event;
};
static_assert(sizeof(PLUGPLAY_NOTIFICATION_HEADER) == 20);
using PPLUGPLAY_NOTIFICATION_HEADER = PLUGPLAY_NOTIFICATION_HEADER*;

struct DEVICE_INTERFACE_CHANGE_NOTIFICATION {
  USHORT Version;
  USHORT Size;
  GUID Event;
  GUID InterfaceClassGuid;
  UNICODE_STRING* SymbolicLinkName;
};
static_assert(sizeof(DEVICE_INTERFACE_CHANGE_NOTIFICATION) == 48);
using PDEVICE_INTERFACE_CHANGE_NOTIFICATION = DEVICE_INTERFACE_CHANGE_NOTIFICATION*;

struct HWPROFILE_CHANGE_NOTIFICATION {
  USHORT Version;
  USHORT Size;
  GUID Event;
};
static_assert(sizeof(HWPROFILE_CHANGE_NOTIFICATION) == 20);

struct TARGET_DEVICE_REMOVAL_NOTIFICATION {
  USHORT Version;
  USHORT Size;
  GUID Event;
  FILE_OBJECT* FileObject;
};
static_assert(sizeof(TARGET_DEVICE_REMOVAL_NOTIFICATION) == 32);
using PTARGET_DEVICE_REMOVAL_NOTIFICATION = TARGET_DEVICE_REMOVAL_NOTIFICATION*;

struct TARGET_DEVICE_CUSTOM_NOTIFICATION {
  USHORT Version;
  USHORT Size;
  GUID Event;
  FILE_OBJECT* FileObject;
  LONG NameBufferOffset;
  UCHAR CustomDataBuffer[1];
};
static_assert(sizeof(TARGET_DEVICE_CUSTOM_NOTIFICATION) == 40);
using PTARGET_DEVICE_CUSTOM_NOTIFICATION = TARGET_DEVICE_CUSTOM_NOTIFICATION*;

inline constexpr GUID GUID_DEVICE_INTERFACE_ARRIVAL = {
    0xCB3A4004, 0x46F0, 0x11D0, {0xB0, 0x8F, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3F}};
inline constexpr GUID GUID_DEVICE_INTERFACE_REMOVAL = {
    0xCB3A4005, 0x46F0, 0x11D0, {0xB0, 0x8F, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3F}};
inline constexpr GUID GUID_TARGET_DEVICE_QUERY_REMOVE = {
    0xCB3A4006, 0x46F0, 0x11D0, {0xB0, 0x8F, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3F}};
inline constexpr GUID GUID_TARGET_DEVICE_REMOVE_CANCELLED = {
    0xCB3A4007, 0x46F0, 0x11D0, {0xB0, 0x8F, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3F}};
inline constexpr GUID GUID_TARGET_DEVICE_REMOVE_COMPLETE = {
    0xCB3A4008, 0x46F0, 0x11D0, {0xB0, 0x8F, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3F}};
inline constexpr GUID GUID_PNP_CUSTOM_NOTIFICATION = {
    0xACA73F8E, 0x8D23, 0x11D1, {0xAC, 0x7D, 0x00, 0x00, 0xF8, 0x75, 0x71, 0xD0}};
inline constexpr GUID GUID_DEVINTERFACE_DISK = {
    0x53F56307, 0xB6BF, 0x11D0, {0x94, 0xF2, 0x00, 0xA0, 0xC9, 0x1E, 0xFB, 0x8B}};
inline constexpr GUID GUID_DEVINTERFACE_STORAGEPORT = {
    0x2ACCFE60, 0xC130, 0x11D2, {0xB0, 0x82, 0x00, 0xA0, 0xC9, 0x1E, 0xFB, 0x8B}};

// Problem codes a devnode can carry.
inline constexpr ULONG CM_PROB_FAILED_START = 10;
inline constexpr ULONG CM_PROB_NORMAL_CONFLICT = 12;
inline constexpr ULONG CM_PROB_DISABLED = 22;
inline constexpr ULONG CM_PROB_FAILED_INSTALL = 28;
inline constexpr ULONG CM_PROB_FAILED_ADD = 31;
inline constexpr ULONG CM_PROB_FAILED_DRIVER_ENTRY = 37;
inline constexpr ULONG CM_PROB_DRIVER_FAILED_LOAD = 39;
inline constexpr ULONG CM_PROB_FAILED_POST_START = 43;
inline constexpr ULONG CM_PROB_DEVICE_NOT_THERE = 24;
inline constexpr ULONG CM_PROB_HELD_FOR_EJECT = 47;
inline constexpr ULONG CM_PROB_DEVICE_RESET = 54;

constexpr const char* device_relation_name(DEVICE_RELATION_TYPE type) {
  switch (type) {
    case BusRelations:
      return "BusRelations";
    case EjectionRelations:
      return "EjectionRelations";
    case PowerRelations:
      return "PowerRelations";
    case RemovalRelations:
      return "RemovalRelations";
    case TargetDeviceRelation:
      return "TargetDeviceRelation";
    case SingleBusRelations:
      return "SingleBusRelations";
    case TransportRelations:
      return "TransportRelations";
    default:
      return nullptr;
  }
}

constexpr const char* bus_query_id_name(BUS_QUERY_ID_TYPE type) {
  switch (type) {
    case BusQueryDeviceID:
      return "BusQueryDeviceID";
    case BusQueryHardwareIDs:
      return "BusQueryHardwareIDs";
    case BusQueryCompatibleIDs:
      return "BusQueryCompatibleIDs";
    case BusQueryInstanceID:
      return "BusQueryInstanceID";
    case BusQueryDeviceSerialNumber:
      return "BusQueryDeviceSerialNumber";
    case BusQueryContainerID:
      return "BusQueryContainerID";
    default:
      return nullptr;
  }
}

}  // namespace drydock::nt
