// kmdf: 1.33
// Calls WdfDriverCreate in all the ways there are, and remembers what came of it.

#include <ntddk.h>
#include <wdf.h>

#include "wdf_driver_create.h"

__declspec(dllexport) DRIVER_CREATE Created;

static NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  (void)Driver;
  (void)DeviceInit;
  return STATUS_SUCCESS;
}

static VOID NTAPI EvtUnload(WDFDRIVER Driver) {
  (void)Driver;
  DbgPrint("EvtDriverUnload at %u\n", KeGetCurrentIrql());
}

static VOID NTAPI OwnUnload(PDRIVER_OBJECT DriverObject) {
  (void)DriverObject;
  DbgPrint("DriverUnload\n");
}

static NTSTATUS MakeControlDevice(WDFDRIVER Driver) {
  DECLARE_CONST_UNICODE_STRING(everybody, L"D:P(A;;GA;;;WD)");
  WDFDEVICE device;
  PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(Driver, &everybody);
  if (!init) return STATUS_INSUFFICIENT_RESOURCES;
  NTSTATUS status = WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &device);
  if (!NT_SUCCESS(status)) return status;
  WdfControlFinishInitializing(device);
  return status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  const WCHAR way = RegistryPath->Buffer[RegistryPath->Length / sizeof(WCHAR) - 1];
  WDF_DRIVER_CONFIG config;
  WDFDRIVER driver = NULL;
  PDRIVER_UNLOAD before = DriverObject->DriverUnload;
#define TRY(attempt) \
  Created.Status[attempt] = (ULONG)WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, &driver)
  WDF_DRIVER_CONFIG_INIT(&config, EvtDeviceAdd);
  config.Size -= 8;
  TRY(kCreateWrongSize);
  WDF_DRIVER_CONFIG_INIT(&config, EvtDeviceAdd);
  config.DriverInitFlags = 0x40000000;
  TRY(kCreateUnknownFlag);
  config.DriverInitFlags = WdfDriverInitNonPnpDriver;
  TRY(kCreateNonPnpWithAdd);

  WDF_DRIVER_CONFIG_INIT(&config, way == kCreateNonPnp || way == kCreateNonPnpUnload ? NULL : EvtDeviceAdd);
  if (way != kCreateNonPnp) config.EvtDriverUnload = EvtUnload;
  if (way != kCreatePlain) config.DriverInitFlags = WdfDriverInitNonPnpDriver;
  if (way == kCreateNoOverride) {
    config.DriverInitFlags |= WdfDriverInitNoDispatchOverride;
    DriverObject->DriverUnload = before = OwnUnload;
  }
  TRY(kCreateLegal);
  Created.DriverIsSet = driver && WdfGetDriver() == driver;
  WDFDRIVER first = driver;
  TRY(kCreateAgain);
#undef TRY
  Created.HasUnload = DriverObject->DriverUnload != before;
  Created.Displaces = WdfDriverGlobals->DisplaceDriverUnload;
  return way == kCreateNonPnpUnload ? MakeControlDevice(first) : STATUS_SUCCESS;
}
