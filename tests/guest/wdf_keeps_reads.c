// kmdf: 1.33
// A device with a protocol of its own: a read waits until something arrives, which it never does, and a write is a
// record of eight bytes.

#include <ntddk.h>
#include <wdf.h>

static const GUID kInterface = {0x3a7d1c52, 0x5b0e, 0x4b6f, {0x9a, 0x51, 0x0e, 0x6c, 0x2f, 0x8d, 0x44, 0x17}};

static WDFQUEUE waiting;  // of the one device

static VOID NTAPI OnRead(WDFQUEUE Queue, WDFREQUEST Request, size_t Length) {
  (void)Queue;
  (void)Length;
  NTSTATUS status = WdfRequestForwardToIoQueue(Request, waiting);
  if (!NT_SUCCESS(status)) WdfRequestComplete(Request, status);
}

static VOID NTAPI OnWrite(WDFQUEUE Queue, WDFREQUEST Request, size_t Length) {
  (void)Queue;
  WdfRequestComplete(Request, Length == 8 ? STATUS_SUCCESS : STATUS_INVALID_BUFFER_SIZE);
}

static NTSTATUS NTAPI OnDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  (void)Driver;
  WDFDEVICE device;
  NTSTATUS status = WdfDeviceCreate(&DeviceInit, WDF_NO_OBJECT_ATTRIBUTES, &device);
  if (!NT_SUCCESS(status)) return status;
  WDF_IO_QUEUE_CONFIG config;
  WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
  status = WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &waiting);
  if (!NT_SUCCESS(status)) return status;
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
  config.EvtIoRead = OnRead;
  config.EvtIoWrite = OnWrite;
  status = WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
  if (!NT_SUCCESS(status)) return status;
  return WdfDeviceCreateDeviceInterface(device, &kInterface, NULL);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, OnDeviceAdd);
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
