#pragma once
// Structures of devices (wdfdevice.h, wdffdo.h, wdfpdo.h, wdfqueryinterface.h, wdfcontrol.h).

#include "nt/guid.h"
#include "nt/interface.h"
#include "nt/irp.h"
#include "nt/power.h"
#include "wdf/object_structures.h"

namespace drydock::wdf {

enum WDF_POWER_DEVICE_STATE : LONG {
  WdfPowerDeviceInvalid,
  WdfPowerDeviceD0,
  WdfPowerDeviceD1,
  WdfPowerDeviceD2,
  WdfPowerDeviceD3,
  WdfPowerDeviceD3Final,
  WdfPowerDevicePrepareForHibernation,
  WdfPowerDeviceMaximum
};
enum WDF_RELEASE_HARDWARE_ORDER_ON_FAILURE : LONG {
  WdfReleaseHardwareOrderOnFailureInvalid,
  WdfReleaseHardwareOrderOnFailureEarly,
  WdfReleaseHardwareOrderOnFailureAfterDescendants
};
enum WDF_DEVICE_FAILED_ACTION : LONG {
  WdfDeviceFailedUndefined,
  WdfDeviceFailedAttemptRestart,
  WdfDeviceFailedNoRestart
};
enum WDF_SPECIAL_FILE_TYPE : LONG {
  WdfSpecialFileUndefined,
  WdfSpecialFilePaging,
  WdfSpecialFileHibernation,
  WdfSpecialFileDump,
  WdfSpecialFileBoot,
  WdfSpecialFilePostDisplay,
  WdfSpecialFileGuestAssigned,
  WdfSpecialFileMax
};
enum WDF_DEVICE_IO_TYPE : LONG {
  WdfDeviceIoUndefined,
  WdfDeviceIoNeither,
  WdfDeviceIoBuffered,
  WdfDeviceIoDirect,
  WdfDeviceIoBufferedOrDirect,
  WdfDeviceIoMaximum
};

using PFN_WDF_DEVICE_D0_ENTRY = NTSTATUS(NTAPI*)(WDFDEVICE Device, WDF_POWER_DEVICE_STATE PreviousState);
using PFN_WDF_DEVICE_D0_EXIT = NTSTATUS(NTAPI*)(WDFDEVICE Device, WDF_POWER_DEVICE_STATE TargetState);
using PFN_WDF_DEVICE_PREPARE_HARDWARE = NTSTATUS(NTAPI*)(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated);
using PFN_WDF_DEVICE_RELEASE_HARDWARE = NTSTATUS(NTAPI*)(WDFDEVICE Device, WDFCMRESLIST Translated);
using PFN_WDF_DEVICE_NOTICE = VOID(NTAPI*)(WDFDEVICE Device);
using PFN_WDF_DEVICE_QUESTION = NTSTATUS(NTAPI*)(WDFDEVICE Device);
using PFN_WDF_DEVICE_USAGE_NOTIFICATION = VOID(NTAPI*)(WDFDEVICE Device, WDF_SPECIAL_FILE_TYPE Type, BOOLEAN InPath);
using PFN_WDF_DEVICE_USAGE_NOTIFICATION_EX = NTSTATUS(NTAPI*)(WDFDEVICE Device, WDF_SPECIAL_FILE_TYPE Type,
                                                             BOOLEAN InPath);
using PFN_WDF_DEVICE_RELATIONS_QUERY = VOID(NTAPI*)(WDFDEVICE Device, DEVICE_RELATION_TYPE Type);

struct WDF_PNPPOWER_EVENT_CALLBACKS {
  ULONG Size;
  PFN_WDF_DEVICE_D0_ENTRY EvtDeviceD0Entry;
  PFN_WDF_DEVICE_D0_ENTRY EvtDeviceD0EntryPostInterruptsEnabled;
  PFN_WDF_DEVICE_D0_EXIT EvtDeviceD0Exit;
  PFN_WDF_DEVICE_D0_EXIT EvtDeviceD0ExitPreInterruptsDisabled;
  PFN_WDF_DEVICE_PREPARE_HARDWARE EvtDevicePrepareHardware;
  PFN_WDF_DEVICE_RELEASE_HARDWARE EvtDeviceReleaseHardware;
  PFN_WDF_DEVICE_NOTICE EvtDeviceSelfManagedIoCleanup;
  PFN_WDF_DEVICE_NOTICE EvtDeviceSelfManagedIoFlush;
  PFN_WDF_DEVICE_QUESTION EvtDeviceSelfManagedIoInit;
  PFN_WDF_DEVICE_QUESTION EvtDeviceSelfManagedIoSuspend;
  PFN_WDF_DEVICE_QUESTION EvtDeviceSelfManagedIoRestart;
  PFN_WDF_DEVICE_NOTICE EvtDeviceSurpriseRemoval;
  PFN_WDF_DEVICE_QUESTION EvtDeviceQueryRemove;
  PFN_WDF_DEVICE_QUESTION EvtDeviceQueryStop;
  PFN_WDF_DEVICE_USAGE_NOTIFICATION EvtDeviceUsageNotification;
  PFN_WDF_DEVICE_RELATIONS_QUERY EvtDeviceRelationsQuery;
  PFN_WDF_DEVICE_USAGE_NOTIFICATION_EX EvtDeviceUsageNotificationEx;
};
static_assert(sizeof(WDF_PNPPOWER_EVENT_CALLBACKS) == 0x90 &&
              offsetof(WDF_PNPPOWER_EVENT_CALLBACKS, EvtDeviceReleaseHardware) == 0x30 &&
              offsetof(WDF_PNPPOWER_EVENT_CALLBACKS, EvtDeviceUsageNotificationEx) == 0x88);
inline constexpr ULONG kPnpCallbacksSize19 = 0x88;  ///< up to 1.9: without the last member

using PFN_WDF_DEVICE_ARM_WAKE_WITH_REASON = NTSTATUS(NTAPI*)(WDFDEVICE Device, BOOLEAN DeviceWakeEnabled,
                                                            BOOLEAN ChildrenArmedForWake);

struct WDF_POWER_POLICY_EVENT_CALLBACKS {
  ULONG Size;
  PFN_WDF_DEVICE_QUESTION EvtDeviceArmWakeFromS0;
  PFN_WDF_DEVICE_NOTICE EvtDeviceDisarmWakeFromS0;
  PFN_WDF_DEVICE_NOTICE EvtDeviceWakeFromS0Triggered;
  PFN_WDF_DEVICE_QUESTION EvtDeviceArmWakeFromSx;
  PFN_WDF_DEVICE_NOTICE EvtDeviceDisarmWakeFromSx;
  PFN_WDF_DEVICE_NOTICE EvtDeviceWakeFromSxTriggered;
  PFN_WDF_DEVICE_ARM_WAKE_WITH_REASON EvtDeviceArmWakeFromSxWithReason;
};
static_assert(sizeof(WDF_POWER_POLICY_EVENT_CALLBACKS) == 0x40);
inline constexpr ULONG kPolicyCallbacksSize15 = 0x38;  ///< up to 1.5

enum WDF_POWER_POLICY_S0_IDLE_CAPABILITIES : LONG {
  IdleCapsInvalid,
  IdleCannotWakeFromS0,
  IdleCanWakeFromS0,
  IdleUsbSelectiveSuspend
};
enum WDF_POWER_POLICY_S0_IDLE_USER_CONTROL : LONG {
  IdleUserControlInvalid,
  IdleDoNotAllowUserControl,
  IdleAllowUserControl
};
enum WDF_POWER_POLICY_SX_WAKE_USER_CONTROL : LONG {
  WakeUserControlInvalid,
  WakeDoNotAllowUserControl,
  WakeAllowUserControl
};
enum WDF_POWER_POLICY_IDLE_TIMEOUT_TYPE : LONG {
  DriverManagedIdleTimeout,
  SystemManagedIdleTimeout,
  SystemManagedIdleTimeoutWithHint
};
inline constexpr ULONG kIdleTimeoutDefault_ms = 5000;  ///< what IdleTimeoutDefaultValue 0 means

struct WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS {
  ULONG Size;
  WDF_POWER_POLICY_S0_IDLE_CAPABILITIES IdleCaps;
  DEVICE_POWER_STATE DxState;
  ULONG IdleTimeout;
  WDF_POWER_POLICY_S0_IDLE_USER_CONTROL UserControlOfIdleSettings;
  WDF_TRI_STATE Enabled;
  WDF_TRI_STATE PowerUpIdleDeviceOnSystemWake;
  WDF_POWER_POLICY_IDLE_TIMEOUT_TYPE IdleTimeoutType;
  WDF_TRI_STATE ExcludeD3Cold;
};
static_assert(sizeof(WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS) == 0x24);
inline constexpr ULONG kIdleSettingsSize17 = 0x18;  ///< up to 1.7
inline constexpr ULONG kIdleSettingsSize19 = 0x1C;  ///< 1.9

struct WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS {
  ULONG Size;
  DEVICE_POWER_STATE DxState;
  WDF_POWER_POLICY_SX_WAKE_USER_CONTROL UserControlOfWakeSettings;
  WDF_TRI_STATE Enabled;
  BOOLEAN ArmForWakeIfChildrenAreArmedForWake;
  BOOLEAN IndicateChildWakeOnParentWake;
};
static_assert(sizeof(WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS) == 0x14);
inline constexpr ULONG kWakeSettingsSize15 = 0x10;  ///< up to 1.5

struct WDF_DEVICE_STATE {
  ULONG Size;
  WDF_TRI_STATE Disabled;
  WDF_TRI_STATE DontDisplayInUI;
  WDF_TRI_STATE Failed;
  WDF_TRI_STATE NotDisableable;
  WDF_TRI_STATE Removed;
  WDF_TRI_STATE ResourcesChanged;
  WDF_TRI_STATE AssignedToGuest;
};
static_assert(sizeof(WDF_DEVICE_STATE) == 0x20);
inline constexpr ULONG kDeviceStateSize25 = 0x1C;  ///< before AssignedToGuest

struct WDF_DEVICE_PNP_CAPABILITIES {
  ULONG Size;
  WDF_TRI_STATE LockSupported;
  WDF_TRI_STATE EjectSupported;
  WDF_TRI_STATE Removable;
  WDF_TRI_STATE DockDevice;
  WDF_TRI_STATE UniqueID;
  WDF_TRI_STATE SilentInstall;
  WDF_TRI_STATE SurpriseRemovalOK;
  WDF_TRI_STATE HardwareDisabled;
  WDF_TRI_STATE NoDisplayInUI;
  ULONG Address;
  ULONG UINumber;
};
static_assert(sizeof(WDF_DEVICE_PNP_CAPABILITIES) == 0x30);

struct WDF_DEVICE_POWER_CAPABILITIES {
  ULONG Size;
  WDF_TRI_STATE DeviceD1;
  WDF_TRI_STATE DeviceD2;
  WDF_TRI_STATE WakeFromD0;
  WDF_TRI_STATE WakeFromD1;
  WDF_TRI_STATE WakeFromD2;
  WDF_TRI_STATE WakeFromD3;
  DEVICE_POWER_STATE DeviceState[POWER_SYSTEM_MAXIMUM];
  DEVICE_POWER_STATE DeviceWake;
  SYSTEM_POWER_STATE SystemWake;
  ULONG D1Latency;
  ULONG D2Latency;
  ULONG D3Latency;
  DEVICE_POWER_STATE IdealDxStateForSx;
};
static_assert(sizeof(WDF_DEVICE_POWER_CAPABILITIES) == 0x50);

using PFN_WDF_DEVICE_FILTER_RESOURCE_REQUIREMENTS = NTSTATUS(NTAPI*)(WDFDEVICE Device, WDFIORESREQLIST List);
using PFN_WDF_DEVICE_REMOVE_ADDED_RESOURCES = NTSTATUS(NTAPI*)(WDFDEVICE Device, WDFCMRESLIST Raw,
                                                              WDFCMRESLIST Translated);
struct WDF_FDO_EVENT_CALLBACKS {
  ULONG Size;
  PFN_WDF_DEVICE_FILTER_RESOURCE_REQUIREMENTS EvtDeviceFilterAddResourceRequirements;
  PFN_WDF_DEVICE_FILTER_RESOURCE_REQUIREMENTS EvtDeviceFilterRemoveResourceRequirements;
  PFN_WDF_DEVICE_REMOVE_ADDED_RESOURCES EvtDeviceRemoveAddedResources;
};
static_assert(sizeof(WDF_FDO_EVENT_CALLBACKS) == 0x20);

using PFN_WDF_DEVICE_RESOURCES_QUERY = NTSTATUS(NTAPI*)(WDFDEVICE Device, WDFCMRESLIST Resources);
using PFN_WDF_DEVICE_RESOURCE_REQUIREMENTS_QUERY = NTSTATUS(NTAPI*)(WDFDEVICE Device, WDFIORESREQLIST List);
using PFN_WDF_DEVICE_SET_LOCK = NTSTATUS(NTAPI*)(WDFDEVICE Device, BOOLEAN IsLocked);
using PFN_WDF_DEVICE_ENABLE_WAKE_AT_BUS = NTSTATUS(NTAPI*)(WDFDEVICE Device, SYSTEM_POWER_STATE PowerState);
struct WDF_PDO_EVENT_CALLBACKS {
  ULONG Size;
  PFN_WDF_DEVICE_RESOURCES_QUERY EvtDeviceResourcesQuery;
  PFN_WDF_DEVICE_RESOURCE_REQUIREMENTS_QUERY EvtDeviceResourceRequirementsQuery;
  PFN_WDF_DEVICE_QUESTION EvtDeviceEject;
  PFN_WDF_DEVICE_SET_LOCK EvtDeviceSetLock;
  PFN_WDF_DEVICE_ENABLE_WAKE_AT_BUS EvtDeviceEnableWakeAtBus;
  PFN_WDF_DEVICE_NOTICE EvtDeviceDisableWakeAtBus;
  PFN_WDF_DEVICE_NOTICE EvtDeviceReportedMissing;
};
static_assert(sizeof(WDF_PDO_EVENT_CALLBACKS) == 0x40);
inline constexpr ULONG kPdoCallbacksSize19 = 0x38;  ///< up to 1.9: without ReportedMissing

using PFN_WDF_DEVICE_PROCESS_QUERY_INTERFACE_REQUEST = NTSTATUS(NTAPI*)(WDFDEVICE Device, GUID* InterfaceType,
                                                                       INTERFACE* ExposedInterface,
                                                                       PVOID ExposedInterfaceSpecificData);
struct WDF_QUERY_INTERFACE_CONFIG {
  ULONG Size;
  INTERFACE* Interface;
  const GUID* InterfaceType;
  BOOLEAN SendQueryToParentStack;
  PFN_WDF_DEVICE_PROCESS_QUERY_INTERFACE_REQUEST EvtDeviceProcessQueryInterfaceRequest;
  BOOLEAN ImportInterface;
};
static_assert(sizeof(WDF_QUERY_INTERFACE_CONFIG) == 0x30);

using PFN_WDF_DEVICE_FILE_CREATE = VOID(NTAPI*)(WDFDEVICE Device, WDFREQUEST Request, WDFFILEOBJECT FileObject);
using PFN_WDF_FILE_CLOSE = VOID(NTAPI*)(WDFFILEOBJECT FileObject);
using PFN_WDF_FILE_CLEANUP = VOID(NTAPI*)(WDFFILEOBJECT FileObject);
struct WDF_FILEOBJECT_CONFIG {
  ULONG Size;
  PFN_WDF_DEVICE_FILE_CREATE EvtDeviceFileCreate;
  PFN_WDF_FILE_CLOSE EvtFileClose;
  PFN_WDF_FILE_CLEANUP EvtFileCleanup;
  WDF_TRI_STATE AutoForwardCleanupClose;
  ULONG FileObjectClass;
};
static_assert(sizeof(WDF_FILEOBJECT_CONFIG) == 0x28 || sizeof(WDF_FILEOBJECT_CONFIG) == 0x30);

struct WDF_REMOVE_LOCK_OPTIONS {
  ULONG Size;
  ULONG Flags;
};
struct WDF_IO_TYPE_CONFIG {
  ULONG Size;
  WDF_DEVICE_IO_TYPE ReadWriteIoType;
  WDF_DEVICE_IO_TYPE DeviceControlIoType;
  ULONG DirectTransferThreshold;
};

using PFN_WDFDEVICE_WDM_IRP_PREPROCESS = NTSTATUS(NTAPI*)(WDFDEVICE Device, IRP* Irp);
using PFN_WDF_IO_IN_CALLER_CONTEXT = VOID(NTAPI*)(WDFDEVICE Device, WDFREQUEST Request);
using PFN_WDF_DEVICE_SHUTDOWN_NOTIFICATION = VOID(NTAPI*)(WDFDEVICE Device);

}  // namespace drydock::wdf
