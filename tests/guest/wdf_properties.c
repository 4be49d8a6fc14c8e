// libs: kmdf:1.33 guest:wdf_orders
// Asks for properties of its device by key, and for the framework's version.

#include "wdf_diary.h"

static const GUID kDevice = {0xA45C254E, 0xDF1C, 0x4EFD, {0x80, 0x20, 0x67, 0xD1, 0x46, 0xA8, 0x50, 0xE0}};

static NTSTATUS Ask(WDFDEVICE Device, ULONG Pid, PVOID Buffer, ULONG Size, ULONG* Needed, DEVPROPTYPE* Type) {
  DEVPROPKEY key = {kDevice, Pid};
  WDF_DEVICE_PROPERTY_DATA data;
  WDF_DEVICE_PROPERTY_DATA_INIT(&data, &key);
  *Needed = *Type = 0x77;
  return WdfDeviceQueryPropertyEx(Device, &data, Size, Buffer, Needed, Type);
}

static NTSTATUS NTAPI OnPrepareHardware(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  WCHAR text[256];
  ULONG number, needed;
  DEVPROPTYPE type;
  GUID guid;
  (void)Raw;
  (void)Translated;
  MUST(Ask(Device, 3, text, sizeof(text), &needed, &type) == STATUS_SUCCESS && type == 0x2012);  // HardwareIds
  MUST(needed > 8 && text[0] == L'P' && text[1] == L'C' && text[needed / 2 - 1] == 0 && text[needed / 2 - 2] == 0);
  MUST(Ask(Device, 3, text, 4, &number, &type) == STATUS_BUFFER_TOO_SMALL && number == needed && type == 0x2012);
  MUST(Ask(Device, 24, text, sizeof(text), &needed, &type) == STATUS_SUCCESS && needed == 8 && type == 0x12);
  MUST(Ask(Device, 23, &number, 4, &needed, &type) == STATUS_SUCCESS && number == 0 && type == 7);  // BusNumber
  MUST(Ask(Device, 30, &number, 4, &needed, &type) == STATUS_SUCCESS && number == 0x00050000);      // Address
  MUST(Ask(Device, 10, &guid, sizeof(guid), &needed, &type) == STATUS_SUCCESS && type == 0x0D && needed == 16);
  MUST(Ask(Device, 999, &number, 4, &needed, &type) == STATUS_OBJECT_NAME_NOT_FOUND && needed == 0 && type == 0);

  WDFSTRING version;
  UNICODE_STRING said;
  MUST(NT_SUCCESS(WdfStringCreate(NULL, WDF_NO_OBJECT_ATTRIBUTES, &version)));
  MUST(NT_SUCCESS(WdfDriverRetrieveVersionString(WdfGetDriver(), version)));
  WdfStringGetUnicodeString(version, &said);
  MUST(said.Length == 41 * sizeof(WCHAR) && said.Buffer[37] == L'1' && said.Buffer[39] == L'3');
  WdfObjectDelete(version);

  DECLARE_CONST_UNICODE_STRING(name, L"\\Device\\WdfProperties");
  WDFSTRING string;
  MUST(NT_SUCCESS(WdfStringCreate(NULL, WDF_NO_OBJECT_ATTRIBUTES, &string)));
  MUST(WdfDeviceRetrieveDeviceName(Device, string) == STATUS_SUCCESS);
  WdfStringGetUnicodeString(string, &said);
  MUST(RtlEqualUnicodeString(&said, &name, FALSE));
  WdfObjectDelete(string);
  WdfDeviceSetCharacteristics(Device, FILE_REMOVABLE_MEDIA);
  MUST(WdfDeviceGetCharacteristics(Device) == (FILE_REMOVABLE_MEDIA | FILE_DEVICE_SECURE_OPEN));
  WdfVerifierDbgBreakPoint();
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI OnDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  WDF_PNPPOWER_EVENT_CALLBACKS callbacks;
  WDFDEVICE device;
  (void)Driver;
  WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&callbacks);
  callbacks.EvtDevicePrepareHardware = OnPrepareHardware;
  WdfDeviceInitSetPnpPowerEventCallbacks(DeviceInit, &callbacks);
  DECLARE_CONST_UNICODE_STRING(name, L"\\Device\\WdfProperties");
  MUST(NT_SUCCESS(WdfDeviceInitAssignName(DeviceInit, &name)));
  return WdfDeviceCreate(&DeviceInit, WDF_NO_OBJECT_ATTRIBUTES, &device);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, OnDeviceAdd);
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
