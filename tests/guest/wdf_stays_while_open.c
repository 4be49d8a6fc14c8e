// kmdf: 1.33
// A device that may not be stopped or removed while somebody has it open, as a serial port's.

#include <ntddk.h>
#include <wdf.h>

static const GUID kInterface = {0xb1c1a3f4, 0x62ce, 0x4d0b, {0xa7, 0x5e, 0x0f, 0x3d, 0x90, 0x41, 0x6b, 0x2a}};

static VOID NTAPI OnCreate(WDFDEVICE Device, WDFREQUEST Request, WDFFILEOBJECT FileObject) {
  (void)FileObject;
  WdfDeviceSetStaticStopRemove(Device, FALSE);
  WdfRequestComplete(Request, STATUS_SUCCESS);
}

static VOID NTAPI OnClose(WDFFILEOBJECT FileObject) {
  WdfDeviceSetStaticStopRemove(WdfFileObjectGetDevice(FileObject), TRUE);
}

static NTSTATUS NTAPI OnDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  (void)Driver;
  WDF_FILEOBJECT_CONFIG config;
  WDFDEVICE device;
  WDF_FILEOBJECT_CONFIG_INIT(&config, OnCreate, OnClose, NULL);
  WdfDeviceInitSetFileObjectConfig(DeviceInit, &config, WDF_NO_OBJECT_ATTRIBUTES);
  NTSTATUS status = WdfDeviceCreate(&DeviceInit, WDF_NO_OBJECT_ATTRIBUTES, &device);
  return NT_SUCCESS(status) ? WdfDeviceCreateDeviceInterface(device, &kInterface, NULL) : status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, OnDeviceAdd);
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
