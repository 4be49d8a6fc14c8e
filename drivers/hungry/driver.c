/// Loading, and adding a device.
#include "hungry.h"

// {5E0C7D13-98B4-4F26-A1D7-3B62C80E9F45}
static const GUID WmiGuid = {0x5E0C7D13, 0x98B4, 0x4F26, {0xA1, 0xD7, 0x3B, 0x62, 0xC8, 0x0E, 0x9F, 0x45}};

static NTSTATUS HungryCreateWmiProvider(WDFDEVICE Device) {
  WDF_WMI_PROVIDER_CONFIG config;
  WDFWMIPROVIDER provider;
  WDF_WMI_PROVIDER_CONFIG_INIT(&config, &WmiGuid);
  return WdfWmiProviderCreate(Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &provider);
}

static NTSTATUS NTAPI HungryDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDFDEVICE device;
  UNREFERENCED_PARAMETER(Driver);
  HungrySetCallbacks(DeviceInit);
  // Its child is there until the last moment.
  WdfDeviceInitSetReleaseHardwareOrderOnFailure(DeviceInit, WdfReleaseHardwareOrderOnFailureAfterDescendants);
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, HUNGRY);
  attributes.EvtCleanupCallback = HungryCleanup;
  NTSTATUS status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
  if (NT_SUCCESS(status)) status = HungryCreateInterrupt(device);
  if (NT_SUCCESS(status)) status = HungryCreateEnablers(device);
  if (NT_SUCCESS(status)) status = HungryCreateWmiProvider(device);
  if (NT_SUCCESS(status)) status = HungryAddChild(device);
  return status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, HungryDeviceAdd);
  config.DriverPoolTag = HUNGRY_TAG;
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
