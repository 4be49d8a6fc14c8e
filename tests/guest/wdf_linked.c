// kmdf: 1.33
// A device with a symbolic link, made before the last thing that AddDevice may fail at.

#include <ntddk.h>
#include <wdf.h>

static const GUID kInterface = {0x8d2f70a1, 0x6e0b, 0x4f7c, {0x9e, 0x1d, 0x34, 0x4b, 0x7a, 0x02, 0x5c, 0x13}};

static NTSTATUS NTAPI OnDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  DECLARE_CONST_UNICODE_STRING(name, L"\\Device\\Linked");
  DECLARE_CONST_UNICODE_STRING(link, L"\\DosDevices\\Linked");
  WDFDEVICE device;
  (void)Driver;
  NTSTATUS status = WdfDeviceInitAssignName(DeviceInit, &name);
  if (NT_SUCCESS(status)) status = WdfDeviceCreate(&DeviceInit, WDF_NO_OBJECT_ATTRIBUTES, &device);
  if (NT_SUCCESS(status)) status = WdfDeviceCreateSymbolicLink(device, &link);
  return NT_SUCCESS(status) ? WdfDeviceCreateDeviceInterface(device, &kInterface, NULL) : status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, OnDeviceAdd);
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
