/// Loading, and adding a device.
#include "edu.h"

static const GUID InterfaceClass = EDU_INTERFACE_CLASS;

/// The framework has ended all that used the interface; the bus is still below us.
static VOID NTAPI EduCleanup(WDFOBJECT Device) {
  EduForgetReset(EduDevice(Device));
}

static VOID EduSetCallbacks(PWDFDEVICE_INIT DeviceInit) {
  WDF_PNPPOWER_EVENT_CALLBACKS callbacks;
  WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&callbacks);
  callbacks.EvtDevicePrepareHardware = EduPrepareHardware;
  callbacks.EvtDeviceReleaseHardware = EduReleaseHardware;
  callbacks.EvtDeviceD0Entry = EduD0Entry;
  callbacks.EvtDeviceD0EntryPostInterruptsEnabled = EduD0EntryPostInterruptsEnabled;
  callbacks.EvtDeviceD0ExitPreInterruptsDisabled = EduD0ExitPreInterruptsDisabled;
  callbacks.EvtDeviceD0Exit = EduD0Exit;
  callbacks.EvtDeviceQueryRemove = EduQueryRemove;
  WdfDeviceInitSetPnpPowerEventCallbacks(DeviceInit, &callbacks);
}

static NTSTATUS EduCreateInterrupt(EDU_DEVICE* Edu) {
  WDF_INTERRUPT_CONFIG config;
  WDF_INTERRUPT_CONFIG_INIT(&config, EduInterruptIsr, EduInterruptDpc);
  config.EvtInterruptEnable = EduInterruptEnable;
  config.EvtInterruptDisable = EduInterruptDisable;
  config.AutomaticSerialization = TRUE;
  return WdfInterruptCreate(Edu->Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &Edu->Interrupt);
}

/// The device cannot wake itself: a request does.
static NTSTATUS EduAssignIdleSettings(EDU_DEVICE* Edu) {
  WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS settings;
  WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&settings, IdleCannotWakeFromS0);
  settings.IdleTimeout = EDU_IDLE_TIMEOUT_MS;
  return WdfDeviceAssignS0IdleSettings(Edu->Device, &settings);
}

static NTSTATUS NTAPI EduDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDFDEVICE device;
  UNREFERENCED_PARAMETER(Driver);
  EduSetCallbacks(DeviceInit);
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, EDU_DEVICE);
  attributes.SynchronizationScope = WdfSynchronizationScopeDevice;
  attributes.EvtCleanupCallback = EduCleanup;
  NTSTATUS status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
  if (!NT_SUCCESS(status)) return status;
  EDU_DEVICE* edu = EduDevice(device);
  edu->Device = device;
  status = EduCreateDma(edu);
  if (NT_SUCCESS(status)) status = EduCreateInterrupt(edu);
  if (NT_SUCCESS(status)) status = EduCreateWatchdog(edu);
  if (NT_SUCCESS(status)) status = EduCreateRecovery(edu);
  if (NT_SUCCESS(status)) status = EduCreateQueues(edu);
  if (NT_SUCCESS(status)) status = EduAssignIdleSettings(edu);
  if (NT_SUCCESS(status)) status = WdfDeviceCreateDeviceInterface(device, &InterfaceClass, NULL);
  return status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, EduDeviceAdd);
  config.DriverPoolTag = EDU_TAG;
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
