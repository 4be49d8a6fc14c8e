/// A raw child, which goes to sleep when nobody uses it and wakes itself, once.
#include "hungry.h"

#define CHILD_IDLE_MS 100
#define CHILD_WAKES_AFTER_MS 2000

// {4D36E97D-E325-11CE-BFC1-08002BE10318}, system devices
static const GUID SetupClass = {0x4D36E97D, 0xE325, 0x11CE, {0xBF, 0xC1, 0x08, 0x00, 0x2B, 0xE1, 0x03, 0x18}};

/// By now the framework knows from which state the child can wake.
static NTSTATUS NTAPI ChildInit(WDFDEVICE Device) {
  WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS idle;
  WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&idle, IdleCanWakeFromS0);
  idle.IdleTimeout = CHILD_IDLE_MS;
  return WdfDeviceAssignS0IdleSettings(Device, &idle);
}

static NTSTATUS NTAPI ChildReleaseHardware(WDFDEVICE Device, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Translated);
  WdfTimerStop(Hungry(Device)->Waker, TRUE);
  HungryGiveBack(Device, PlateArmed);  // one that is taken away asleep is not disarmed
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI ChildD0Exit(WDFDEVICE Device, WDF_POWER_DEVICE_STATE TargetState) {
  HUNGRY* child = Hungry(Device);
  if (TargetState == WdfPowerDeviceD3Final || child->Woken) return STATUS_SUCCESS;
  child->Woken = TRUE;
  WdfTimerStart(child->Waker, WDF_REL_TIMEOUT_IN_MS(CHILD_WAKES_AFTER_MS));
  return STATUS_SUCCESS;
}

/// It is its own bus that sees the signal. Nobody waits for one if the system has put the child to sleep.
static VOID NTAPI ChildWakes(WDFTIMER Timer) {
  (VOID) WdfDeviceIndicateWakeStatus(WdfTimerGetParentObject(Timer), STATUS_SUCCESS);
}

static NTSTATUS NTAPI ChildArm(WDFDEVICE Device) {
  return HungryTake(Device, PlateArmed);
}

static VOID NTAPI ChildDisarm(WDFDEVICE Device) {
  HungryGiveBack(Device, PlateArmed);
}

static VOID NTAPI ChildTriggered(WDFDEVICE Device) {
  UNREFERENCED_PARAMETER(Device);
}

static NTSTATUS NTAPI ChildRestart(WDFDEVICE Device) {
  return HungryTake(Device, PlateRestart);
}

static NTSTATUS NTAPI ChildSuspend(WDFDEVICE Device) {
  HungryGiveBack(Device, PlateRestart);
  return STATUS_SUCCESS;
}

static VOID ChildSetCallbacks(PWDFDEVICE_INIT Init) {
  WDF_PNPPOWER_EVENT_CALLBACKS callbacks;
  WDF_POWER_POLICY_EVENT_CALLBACKS policy;
  WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&callbacks);
  callbacks.EvtDeviceReleaseHardware = ChildReleaseHardware;
  callbacks.EvtDeviceD0Exit = ChildD0Exit;
  callbacks.EvtDeviceSelfManagedIoInit = ChildInit;
  callbacks.EvtDeviceSelfManagedIoRestart = ChildRestart;
  callbacks.EvtDeviceSelfManagedIoSuspend = ChildSuspend;
  WdfDeviceInitSetPnpPowerEventCallbacks(Init, &callbacks);
  WDF_POWER_POLICY_EVENT_CALLBACKS_INIT(&policy);
  policy.EvtDeviceArmWakeFromS0 = ChildArm;
  policy.EvtDeviceDisarmWakeFromS0 = ChildDisarm;
  policy.EvtDeviceWakeFromS0Triggered = ChildTriggered;
  WdfDeviceInitSetPowerPolicyEventCallbacks(Init, &policy);
}

static VOID ChildSetCapabilities(WDFDEVICE Device) {
  WDF_DEVICE_POWER_CAPABILITIES capabilities;
  WDF_DEVICE_POWER_CAPABILITIES_INIT(&capabilities);
  capabilities.WakeFromD3 = WdfTrue;
  capabilities.DeviceWake = PowerDeviceD3;
  capabilities.SystemWake = PowerSystemSleeping3;
  WdfDeviceSetPowerCapabilities(Device, &capabilities);
}

static NTSTATUS ChildAssignIds(PWDFDEVICE_INIT Init) {
  DECLARE_CONST_UNICODE_STRING(id, L"HUNGRY\\Child");
  DECLARE_CONST_UNICODE_STRING(instance, L"0");
  NTSTATUS status = WdfPdoInitAssignDeviceID(Init, &id);
  if (NT_SUCCESS(status)) status = WdfPdoInitAddHardwareID(Init, &id);
  if (NT_SUCCESS(status)) status = WdfPdoInitAssignInstanceID(Init, &instance);
  if (NT_SUCCESS(status)) status = WdfPdoInitAssignRawDevice(Init, &SetupClass);
  return status;
}

static NTSTATUS ChildCreateWaker(WDFDEVICE Device) {
  WDF_TIMER_CONFIG config;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_TIMER_CONFIG_INIT(&config, ChildWakes);
  config.AutomaticSerialization = FALSE;
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = Device;
  return WdfTimerCreate(&config, &attributes, &Hungry(Device)->Waker);
}

NTSTATUS HungryAddChild(WDFDEVICE Parent) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDFDEVICE device = NULL;
  PWDFDEVICE_INIT init = WdfPdoInitAllocate(Parent);
  if (!init) return STATUS_INSUFFICIENT_RESOURCES;
  ChildSetCallbacks(init);
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, HUNGRY);
  attributes.EvtCleanupCallback = HungryCleanup;
  NTSTATUS status = ChildAssignIds(init);
  if (NT_SUCCESS(status)) status = WdfDeviceCreate(&init, &attributes, &device);
  if (init) WdfDeviceInitFree(init);
  if (!NT_SUCCESS(status)) return status;
  ChildSetCapabilities(device);
  status = ChildCreateWaker(device);
  if (NT_SUCCESS(status)) status = WdfFdoAddStaticChild(Parent, device);
  if (!NT_SUCCESS(status)) WdfObjectDelete(device);
  return status;
}
