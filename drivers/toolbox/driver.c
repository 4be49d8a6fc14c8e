/// Loading, and adding a toolbox.
#include "toolbox.h"

static const GUID InterfaceClass = TOOLBOX_INTERFACE_CLASS;
// {7C3D2E91-60AF-4B18-9D54-F1E08B6C2A73}
static const GUID BusType = {0x7C3D2E91, 0x60AF, 0x4B18, {0x9D, 0x54, 0xF1, 0xE0, 0x8B, 0x6C, 0x2A, 0x73}};

static NTSTATUS NTAPI ToolboxDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDFDEVICE device;
  UNREFERENCED_PARAMETER(Driver);
  WdfDeviceInitSetDeviceType(DeviceInit, FILE_DEVICE_BUS_EXTENDER);
  ToolboxSetChildList(DeviceInit);
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, TOOLBOX);
  NTSTATUS status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
  if (!NT_SUCCESS(status)) return status;
  ToolboxFill(Toolbox(device), TOOLBOX_SLOTS_FILLED);
  PNP_BUS_INFORMATION information = {BusType, PNPBus, 0};
  WdfDeviceSetBusInformationForChildren(device, &information);
  status = ToolboxCreateQueue(device);
  if (NT_SUCCESS(status)) status = WdfDeviceCreateDeviceInterface(device, &InterfaceClass, NULL);
  return status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, ToolboxDeviceAdd);
  config.DriverPoolTag = TOOLBOX_TAG;
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
