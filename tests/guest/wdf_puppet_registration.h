// Part of wdf_puppet.c: what a device registers before it is created, and the ways to do it that do not count.
#pragma once

static const GUID kPuppetInterface = {0x7A1F0A32, 0x5C1B, 0x4B55, {0x9E, 0x1D, 0x21, 0x0C, 0x51, 0x83, 0x0A, 0x03}};

static VOID NTAPI OnRelationsQuery(WDFDEVICE Device, DEVICE_RELATION_TYPE Type) {
  Play(ContextOf(Device), PuppetRelationsQuery, Type);
}
static VOID NTAPI OnUsage(WDFDEVICE Device, WDF_SPECIAL_FILE_TYPE Type, BOOLEAN InPath) {
  Play(ContextOf(Device), PuppetUsage, Type * 10 + InPath);
}
static NTSTATUS NTAPI OnUsageEx(WDFDEVICE Device, WDF_SPECIAL_FILE_TYPE Type, BOOLEAN InPath) {
  return Play(ContextOf(Device), PuppetUsageEx, Type * 10 + InPath);
}
static NTSTATUS NTAPI OnArmSxReason(WDFDEVICE Device, BOOLEAN DeviceWakeEnabled, BOOLEAN ChildrenArmedForWake) {
  return Play(ContextOf(Device), PuppetArmSxReason, DeviceWakeEnabled * 10 + ChildrenArmedForWake);
}
static VOID NTAPI OnPnpState(WDFDEVICE Device, PCWDF_DEVICE_PNP_NOTIFICATION_DATA Data) {
  (void)Device;
  (void)Data;
}
static VOID NTAPI OnPowerState(WDFDEVICE Device, PCWDF_DEVICE_POWER_NOTIFICATION_DATA Data) {
  (void)Device;
  (void)Data;
}
static VOID NTAPI OnPolicyState(WDFDEVICE Device, PCWDF_DEVICE_POWER_POLICY_NOTIFICATION_DATA Data) {
  (void)Device;
  (void)Data;
}

static VOID FillCallbacks(PWDF_PNPPOWER_EVENT_CALLBACKS Pnp, const PUPPET_ORDERS* Orders) {
  WDF_PNPPOWER_EVENT_CALLBACKS_INIT(Pnp);
#define REGISTER(member, name) if (!Orders->Omits[Puppet##name]) Pnp->member = On##name
  REGISTER(EvtDeviceD0Entry, D0Entry);
  REGISTER(EvtDeviceD0EntryPostInterruptsEnabled, PostInt);
  REGISTER(EvtDeviceD0Exit, D0Exit);
  REGISTER(EvtDeviceD0ExitPreInterruptsDisabled, PreInt);
  if (!Orders->NoPrepare) REGISTER(EvtDevicePrepareHardware, PrepareHardware);
  REGISTER(EvtDeviceReleaseHardware, ReleaseHardware);
  REGISTER(EvtDeviceSelfManagedIoInit, SmInit);
  REGISTER(EvtDeviceSelfManagedIoSuspend, SmSuspend);
  REGISTER(EvtDeviceSelfManagedIoRestart, SmRestart);
  REGISTER(EvtDeviceSelfManagedIoFlush, SmFlush);
  REGISTER(EvtDeviceSelfManagedIoCleanup, SmCleanup);
  REGISTER(EvtDeviceSurpriseRemoval, SurpriseRemoval);
  REGISTER(EvtDeviceQueryRemove, QueryRemove);
  REGISTER(EvtDeviceQueryStop, QueryStop);
  // The rest is registered only by devices that are asked for it: most tests do not want to see them.
#undef REGISTER
#define REGISTER(member, name) if (Orders->Omits[Puppet##name] == PUPPET_WANTED) Pnp->member = On##name
  REGISTER(EvtDeviceRelationsQuery, RelationsQuery);
  REGISTER(EvtDeviceUsageNotification, Usage);
  REGISTER(EvtDeviceUsageNotificationEx, UsageEx);
#undef REGISTER
}

static VOID SetPolicyCallbacks(PWDFDEVICE_INIT DeviceInit, const PUPPET_ORDERS* Orders) {
  WDF_POWER_POLICY_EVENT_CALLBACKS policy;
  WDF_POWER_POLICY_EVENT_CALLBACKS_INIT(&policy);
  policy.EvtDeviceArmWakeFromS0 = OnArmS0;
  policy.EvtDeviceDisarmWakeFromS0 = OnDisarmS0;
  policy.EvtDeviceWakeFromS0Triggered = OnTriggeredS0;
  if (Orders->WithReason)
    policy.EvtDeviceArmWakeFromSxWithReason = OnArmSxReason;
  else
    policy.EvtDeviceArmWakeFromSx = OnArmSx;
  policy.EvtDeviceDisarmWakeFromSx = OnDisarmSx;
  policy.EvtDeviceWakeFromSxTriggered = OnTriggeredSx;
  WdfDeviceInitSetPowerPolicyEventCallbacks(DeviceInit, &policy);
  if (Orders->Registration != PuppetRegistersBothArms) return;
  WDF_POWER_POLICY_EVENT_CALLBACKS_INIT(&policy);
  policy.EvtDeviceArmWakeFromSx = OnArmSx;
  policy.EvtDeviceArmWakeFromSxWithReason = OnArmSxReason;
  WdfDeviceInitSetPowerPolicyEventCallbacks(DeviceInit, &policy);
}

static VOID RegisterStateChanges(PWDFDEVICE_INIT DeviceInit) {
  Puppet.Seen[SeenStateChange] =
      (PU32)WdfDeviceInitRegisterPnpStateChangeCallback(DeviceInit, WdfDevStatePnpStarted, OnPnpState,
                                                        StateNotificationEnterState);
  Puppet.Seen[SeenStateChange + 1] =
      (PU32)WdfDeviceInitRegisterPowerStateChangeCallback(DeviceInit, WdfDevStatePowerD0, OnPowerState,
                                                          StateNotificationEnterState);
  Puppet.Seen[SeenStateChange + 2] = (PU32)WdfDeviceInitRegisterPowerPolicyStateChangeCallback(
      DeviceInit, WdfDevStatePwrPolStarted, OnPolicyState, StateNotificationEnterState);
}

static VOID SetCallbacks(PWDFDEVICE_INIT DeviceInit, const PUPPET_ORDERS* Orders) {
  enum { kSizeOf19 = 0x88 };
  WDF_PNPPOWER_EVENT_CALLBACKS pnp;
  FillCallbacks(&pnp, Orders);
  if (Orders->Registration == PuppetRegistersOldSize) pnp.Size = kSizeOf19;
  WdfDeviceInitSetPnpPowerEventCallbacks(DeviceInit, &pnp);
  if (Orders->Registration == PuppetRegistersOldSize) RtlZeroMemory(&pnp, sizeof(pnp));
  SetPolicyCallbacks(DeviceInit, Orders);

  WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
  switch (Orders->Registration) {
    case PuppetRegistersWrongSize:
      pnp.Size = 0x80;
      break;
    case PuppetRegistersBothUsages:
      pnp.EvtDeviceUsageNotification = OnUsage;
      pnp.EvtDeviceUsageNotificationEx = OnUsageEx;
      break;
    case PuppetRegistersAgainOld:
      pnp.Size = kSizeOf19;  // fall through
    case PuppetRegistersAgain:
      pnp.EvtDeviceD0Entry = OnD0Entry;
      pnp.EvtDeviceD0Exit = OnD0Exit;
      break;
    case PuppetRegistersBadOrder:
      WdfDeviceInitSetReleaseHardwareOrderOnFailure(DeviceInit, (WDF_RELEASE_HARDWARE_ORDER_ON_FAILURE)7);
      return;
    case PuppetRegistersStateChange:
      RegisterStateChanges(DeviceInit);
      return;
    default:
      return;
  }
  WdfDeviceInitSetPnpPowerEventCallbacks(DeviceInit, &pnp);
}

static VOID SetCapabilities(WDFDEVICE Device, const PUPPET_ORDERS* Orders) {
  if (Orders->WakeCapable) {
    WDF_DEVICE_POWER_CAPABILITIES power;
    WDF_DEVICE_POWER_CAPABILITIES_INIT(&power);
    power.WakeFromD3 = WdfTrue;
    power.DeviceWake = PowerDeviceD3;
    power.SystemWake = PowerSystemSleeping3;
    WdfDeviceSetPowerCapabilities(Device, &power);
  }
  if (Orders->Ejectable) {
    WDF_DEVICE_PNP_CAPABILITIES pnp;
    WDF_DEVICE_PNP_CAPABILITIES_INIT(&pnp);
    pnp.EjectSupported = pnp.Removable = WdfTrue;
    WdfDeviceSetPnpCapabilities(Device, &pnp);
  }
}

#ifndef UMDF_VERSION_MAJOR

static VOID SetFdoCallbacks(PWDFDEVICE_INIT DeviceInit, const PUPPET_ORDERS* Orders) {
  WDF_FDO_EVENT_CALLBACKS fdo;
  WDF_FDO_EVENT_CALLBACKS_INIT(&fdo);
  if (!Orders->Omits[PuppetRemoveAdded]) fdo.EvtDeviceRemoveAddedResources = OnRemoveAdded;
  if (Orders->Omits[PuppetFilterAdd] == PUPPET_WANTED) fdo.EvtDeviceFilterAddResourceRequirements = OnFilterAdd;
  if (Orders->Omits[PuppetFilterRemove] == PUPPET_WANTED) fdo.EvtDeviceFilterRemoveResourceRequirements = OnFilterRemove;
  WdfFdoInitSetEventCallbacks(DeviceInit, &fdo);
}

static NTSTATUS MakeWmiProvider(WDFDEVICE Device) {
  static const GUID guid = {0x7A1F0A33, 0x5C1B, 0x4B55, {0x9E, 0x1D, 0x21, 0x0C, 0x51, 0x83, 0x0A, 0x04}};
  WDF_WMI_PROVIDER_CONFIG config;
  WDF_WMI_PROVIDER_CONFIG_INIT(&config, &guid);
  WDFWMIPROVIDER provider;
  return WdfWmiProviderCreate(Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &provider);
}

#endif  // UMDF_VERSION_MAJOR
