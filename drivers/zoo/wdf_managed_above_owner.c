// kmdf: 1.33
// A filter for above the driver that owns the stack's power policy. Its queue is power-managed, though nobody brings the
// device up for it.
// Expected: power-managed-queue-above-owner (WDF-284).
#include <ntddk.h>
#include <wdf.h>

DRIVER_INITIALIZE DriverEntry;

static VOID NTAPI PassOn(WDFQUEUE Queue, WDFREQUEST Request) {
  WDF_REQUEST_SEND_OPTIONS options;
  WdfRequestFormatRequestUsingCurrentType(Request);
  WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET);
  if (!WdfRequestSend(Request, WdfDeviceGetIoTarget(WdfIoQueueGetDevice(Queue)), &options))
    WdfRequestComplete(Request, WdfRequestGetStatus(Request));
}

static NTSTATUS NTAPI DeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  WDF_IO_QUEUE_CONFIG config;
  WDFDEVICE device;
  UNREFERENCED_PARAMETER(Driver);
  WdfFdoInitSetFilter(DeviceInit);
  NTSTATUS status = WdfDeviceCreate(&DeviceInit, WDF_NO_OBJECT_ATTRIBUTES, &device);
  if (!NT_SUCCESS(status)) return status;
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
  config.EvtIoDefault = PassOn;
#ifdef FIXED
  config.PowerManaged = WdfFalse;
#else
  config.PowerManaged = WdfTrue;
#endif
  return WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, DeviceAdd);
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
