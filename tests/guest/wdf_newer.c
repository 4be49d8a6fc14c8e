// libs: kmdf:1.35:1.25 guest:wdf_orders
// A driver newer than the library it runs on: it asks before it calls. Variant: 1 calls what is missing, where a status is
// expected; 2 where none is.

#include <ntddk.h>
#include <wdfavailability.h>

#include "wdf_diary.h"

enum { kMissing = 459 };  // of some later version

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, WDF_NO_EVENT_CALLBACK);
  config.DriverInitFlags = WdfDriverInitNonPnpDriver;
  NTSTATUS status = WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
  if (!NT_SUCCESS(status)) return status;
  WriteDown(1, PuppetDriverEntry, 0);
  MUST(WdfClientVersionHigherThanFramework && WdfFunctionCount == 458);
  MUST(WDF_IS_FUNCTION_AVAILABLE(WdfDeviceCreate) && WDF_IS_FUNCTION_AVAILABLE(WdfDeviceSetDeviceInterfaceStateEx));
  MUST(WDF_IS_INDEX_AVAILABLE(452) && WDF_IS_INDEX_AVAILABLE(457) && !WDF_IS_INDEX_AVAILABLE(kMissing));
  if (OrdersOf(1)->Variant == 1)
    MUST(WdfDriverErrorReportApiMissing(WdfGetDriver(), NULL, kMissing, TRUE) == STATUS_PROCEDURE_NOT_FOUND);
  if (OrdersOf(1)->Variant == 2) WdfDriverErrorReportApiMissing(WdfGetDriver(), NULL, kMissing, FALSE);
  return STATUS_UNSUCCESSFUL;  // it has said all it had to say
}
