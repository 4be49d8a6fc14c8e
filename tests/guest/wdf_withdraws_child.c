// kmdf: 1.15
// A bus driver that takes its child back while it creates its device. WithdrawnChildren counts.

#include <ntddk.h>
#include <wdf.h>

typedef struct _CHILD_ID {
  WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Header;
  ULONG Number;
} CHILD_ID;

ULONG WithdrawnChildren;

static NTSTATUS NTAPI CreateChild(WDFCHILDLIST List, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Id,
                                  PWDFDEVICE_INIT Init) {
  DECLARE_CONST_UNICODE_STRING(id, L"WITHDRAWN\\Child");
  DECLARE_CONST_UNICODE_STRING(instance, L"0");
  WDFDEVICE device;
  NTSTATUS status = WdfPdoInitAssignDeviceID(Init, &id);
  if (NT_SUCCESS(status)) status = WdfPdoInitAssignInstanceID(Init, &instance);
  if (NT_SUCCESS(status)) status = WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, &device);
  if (NT_SUCCESS(WdfChildListUpdateChildDescriptionAsMissing(List, Id))) ++WithdrawnChildren;
  return status;
}

static VOID NTAPI Scan(WDFCHILDLIST List) {
  CHILD_ID id;
  WdfChildListBeginScan(List);
  WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&id.Header, sizeof(id));
  for (id.Number = 0; id.Number < 3; ++id.Number)
    (VOID) WdfChildListAddOrUpdateChildDescriptionAsPresent(List, &id.Header, NULL);
  WdfChildListEndScan(List);
}

static NTSTATUS NTAPI DeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init) {
  WDF_CHILD_LIST_CONFIG config;
  WDFDEVICE device;
  UNREFERENCED_PARAMETER(Driver);
  WDF_CHILD_LIST_CONFIG_INIT(&config, sizeof(CHILD_ID), CreateChild);
  config.EvtChildListScanForChildren = Scan;
  WdfFdoInitSetDefaultChildListConfig(Init, &config, WDF_NO_OBJECT_ATTRIBUTES);
  return WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, &device);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, DeviceAdd);
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
