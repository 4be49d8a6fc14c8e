// kmdf: 1.33
// A device that its class installer has given a name: without it the driver does not want it.

#include <ntddk.h>
#include <wdf.h>

static const GUID kInterface = {0x6d5f0a0e, 0x71c8, 0x4a5d, {0x8b, 0x34, 0x55, 0x1e, 0x0b, 0x0f, 0x9c, 0x62}};

static NTSTATUS ReadName(PWDFDEVICE_INIT DeviceInit) {
  DECLARE_CONST_UNICODE_STRING(nameValue, L"PortName");
  DECLARE_CONST_UNICODE_STRING(sizeValue, L"Size");
  DECLARE_CONST_UNICODE_STRING(wanted, L"COM7");
  WCHAR buffer[16];
  UNICODE_STRING name = {0, sizeof(buffer), buffer};
  ULONG size = 0;
  WDFKEY key;
  NTSTATUS status = WdfFdoInitOpenRegistryKey(DeviceInit, PLUGPLAY_REGKEY_DEVICE, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &key);
  if (!NT_SUCCESS(status)) return status;
  status = WdfRegistryQueryUnicodeString(key, &nameValue, NULL, &name);
  if (NT_SUCCESS(status)) status = WdfRegistryQueryULong(key, &sizeValue, &size);
  WdfRegistryClose(key);
  if (!NT_SUCCESS(status)) return status;
  return RtlEqualUnicodeString(&name, &wanted, FALSE) && size == 16 ? STATUS_SUCCESS : STATUS_OBJECT_NAME_INVALID;
}

static NTSTATUS NTAPI OnDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  (void)Driver;
  WDFDEVICE device;
  NTSTATUS status = ReadName(DeviceInit);
  if (NT_SUCCESS(status)) status = WdfDeviceCreate(&DeviceInit, WDF_NO_OBJECT_ATTRIBUTES, &device);
  return NT_SUCCESS(status) ? WdfDeviceCreateDeviceInterface(device, &kInterface, NULL) : status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, OnDeviceAdd);
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
