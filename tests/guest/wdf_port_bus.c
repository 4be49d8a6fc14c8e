// kmdf: 1.33
// A bus with one device, which another driver serves.

#include <ntddk.h>
#include <wdf.h>

typedef struct _PORT_ID {
  WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Header;
} PORT_ID;

static NTSTATUS NTAPI CreatePort(WDFCHILDLIST List, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Id,
                                 PWDFDEVICE_INIT Init) {
  DECLARE_CONST_UNICODE_STRING(id, L"PORTBUS\\Port");
  DECLARE_CONST_UNICODE_STRING(instance, L"0");
  WDFDEVICE device;
  (void)List;
  (void)Id;
  NTSTATUS status = WdfPdoInitAssignDeviceID(Init, &id);
  if (NT_SUCCESS(status)) status = WdfPdoInitAddHardwareID(Init, &id);
  if (NT_SUCCESS(status)) status = WdfPdoInitAssignInstanceID(Init, &instance);
  return NT_SUCCESS(status) ? WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, &device) : status;
}

static VOID NTAPI Scan(WDFCHILDLIST List) {
  PORT_ID id;
  WdfChildListBeginScan(List);
  WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&id.Header, sizeof(id));
  (VOID) WdfChildListAddOrUpdateChildDescriptionAsPresent(List, &id.Header, NULL);
  WdfChildListEndScan(List);
}

static NTSTATUS NTAPI OnDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  WDF_CHILD_LIST_CONFIG config;
  WDFDEVICE device;
  (void)Driver;
  WDF_CHILD_LIST_CONFIG_INIT(&config, sizeof(PORT_ID), CreatePort);
  config.EvtChildListScanForChildren = Scan;
  WdfFdoInitSetDefaultChildListConfig(DeviceInit, &config, WDF_NO_OBJECT_ATTRIBUTES);
  return WdfDeviceCreate(&DeviceInit, WDF_NO_OBJECT_ATTRIBUTES, &device);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, OnDeviceAdd);
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
