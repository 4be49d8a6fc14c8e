/// Loading and unloading.
#include "wdm_echo.h"

static VOID NTAPI EchoUnload(PDRIVER_OBJECT DriverObject) {
  PDEVICE_OBJECT device = DriverObject->DeviceObject;
  ECHO_EXTENSION* ext = device->DeviceExtension;
  UNICODE_STRING link = RTL_CONSTANT_STRING(WDM_ECHO_LINK_NAME);
  IoDeleteSymbolicLink(&link);

  IoAcquireRemoveLock(&ext->RemoveLock, DriverObject);
  EchoBackgroundStop(ext);
  EchoQueuePurge(&ext->Reads, NULL);
  EchoQueuePurge(&ext->AtTick, NULL);
  IoReleaseRemoveLockAndWait(&ext->RemoveLock, DriverObject);

  IoFreeWorkItem(ext->WorkItem);
  ExFreePoolWithTag(ext->Ring, ECHO_TAG);
  IoDeleteDevice(device);
}

static NTSTATUS EchoInitialize(ECHO_EXTENSION* Ext) {
  IoInitializeRemoveLock(&Ext->RemoveLock, ECHO_TAG, 0, 0);
  KeInitializeSpinLock(&Ext->RingLock);
  NTSTATUS status = EchoQueueInitialize(&Ext->Reads, Ext);
  if (NT_SUCCESS(status)) status = EchoQueueInitialize(&Ext->AtTick, Ext);
  if (!NT_SUCCESS(status)) return status;

  Ext->Ring = ExAllocatePoolWithTag(NonPagedPoolNx, WDM_ECHO_RING_BYTES, ECHO_TAG);
  if (!Ext->Ring) return STATUS_INSUFFICIENT_RESOURCES;
  status = EchoBackgroundStart(Ext);
  if (!NT_SUCCESS(status)) ExFreePoolWithTag(Ext->Ring, ECHO_TAG);
  return status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(WDM_ECHO_DEVICE_NAME);
  UNICODE_STRING link = RTL_CONSTANT_STRING(WDM_ECHO_LINK_NAME);
  UNREFERENCED_PARAMETER(RegistryPath);

  PDEVICE_OBJECT device;
  NTSTATUS status = IoCreateDevice(DriverObject, sizeof(ECHO_EXTENSION), &name, FILE_DEVICE_UNKNOWN,
                                   FILE_DEVICE_SECURE_OPEN, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  device->Flags |= DO_DIRECT_IO;
  ECHO_EXTENSION* ext = device->DeviceExtension;
  ext->Device = device;
  status = EchoInitialize(ext);
  if (!NT_SUCCESS(status)) {
    IoDeleteDevice(device);
    return status;
  }

  DriverObject->MajorFunction[IRP_MJ_CREATE] = EchoCreateClose;
  DriverObject->MajorFunction[IRP_MJ_CLOSE] = EchoCreateClose;
  DriverObject->MajorFunction[IRP_MJ_CLEANUP] = EchoCleanup;
  DriverObject->MajorFunction[IRP_MJ_READ] = EchoRead;
  DriverObject->MajorFunction[IRP_MJ_WRITE] = EchoWrite;
  DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = EchoDeviceControl;
  DriverObject->DriverUnload = EchoUnload;

  // Last, since from here on the device can be opened by its public name.
  status = IoCreateSymbolicLink(&link, &name);
  if (!NT_SUCCESS(status)) {
    EchoBackgroundStop(ext);
    IoFreeWorkItem(ext->WorkItem);
    ExFreePoolWithTag(ext->Ring, ECHO_TAG);
    IoDeleteDevice(device);
  }
  return status;
}
