// The lower of two drivers: \Device\SehLower raises in its dispatch routine where seh_upper.c catches. An internal
// device control raises the status found in the first argument of its stack location.
#include "seh.h"

static NTSTATUS NTAPI InternalDeviceControl(PDEVICE_OBJECT Device, PIRP Irp) {
  UNREFERENCED_PARAMETER(Device);
  NTSTATUS status = (NTSTATUS)(LONG_PTR)IoGetCurrentIrpStackLocation(Irp)->Parameters.Others.Argument1;
  if (!NT_SUCCESS(status)) ExRaiseStatus(status);
  return GuestComplete(Irp, status, 0);
}

static NTSTATUS NTAPI DeviceControl(PDEVICE_OBJECT Device, PIRP Irp) {
  UNREFERENCED_PARAMETER(Device);
  return GuestComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  DriverObject->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = InternalDeviceControl;
  return GuestCreateDevice(DriverObject, L"\\Device\\SehLower", DeviceControl);
}
