// A device of the driver's own, and a request sent to it.
#pragma once

#include "zoo.h"

static inline NTSTATUS ZooCreateDevice(PDRIVER_OBJECT DriverObject, PDRIVER_DISPATCH DeviceControl) {
  PDEVICE_OBJECT device;
  NTSTATUS status = IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = DeviceControl;
  DriverObject->DriverUnload = ZooUnload;
  return STATUS_SUCCESS;
}

/// Sends an empty device control and waits for its end.
static inline NTSTATUS ZooSendToSelf(PDRIVER_OBJECT DriverObject) {
  KEVENT done;
  IO_STATUS_BLOCK io;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  PIRP irp = IoBuildDeviceIoControlRequest(CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS),
                                           DriverObject->DeviceObject, NULL, 0, NULL, 0, FALSE, &done, &io);
  if (!irp) return STATUS_INSUFFICIENT_RESOURCES;
  NTSTATUS status = IoCallDriver(DriverObject->DeviceObject, irp);
  if (status != STATUS_PENDING) return status;
  KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
  return io.Status;
}
