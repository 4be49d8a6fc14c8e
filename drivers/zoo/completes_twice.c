// Completes a request twice.
// Expected: MULTIPLE_IRP_COMPLETE_REQUESTS (0x44).
#include "zoo_device.h"

static NTSTATUS NTAPI DeviceControl(PDEVICE_OBJECT Device, PIRP Irp) {
  UNREFERENCED_PARAMETER(Device);
  Irp->IoStatus.Status = STATUS_SUCCESS;
  Irp->IoStatus.Information = 0;
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
#ifndef FIXED
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
#endif
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  NTSTATUS status = ZooCreateDevice(DriverObject, DeviceControl);
  return NT_SUCCESS(status) ? ZooSendToSelf(DriverObject) : status;
}
