// An upper filter that catches what the drivers below raise, and passes everything on.
#include "seh.h"

static NTSTATUS NTAPI PassOn(PDEVICE_OBJECT Device, PIRP Irp) {
  PDEVICE_OBJECT lower = *(PDEVICE_OBJECT*)Device->DeviceExtension;
  BOOLEAN removed = IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_PNP &&
                    IoGetCurrentIrpStackLocation(Irp)->MinorFunction == IRP_MN_REMOVE_DEVICE;
  NTSTATUS status;
  IoSkipCurrentIrpStackLocation(Irp);
  __try {
    status = IoCallDriver(lower, Irp);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    status = STATUS_PENDING;  // who raised had completed it
  }
  if (removed) {
    IoDetachDevice(lower);
    IoDeleteDevice(Device);
  }
  return status;
}

static NTSTATUS NTAPI AddDevice(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Physical) {
  PDEVICE_OBJECT device;
  NTSTATUS status = IoCreateDevice(Driver, sizeof(PVOID), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  *(PDEVICE_OBJECT*)device->DeviceExtension = IoAttachDeviceToDeviceStack(device, Physical);
  device->Flags |= DO_POWER_PAGABLE;
  device->Flags &= ~DO_DEVICE_INITIALIZING;
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; ++i) DriverObject->MajorFunction[i] = PassOn;
  DriverObject->DriverExtension->AddDevice = AddDevice;
  DriverObject->DriverUnload = GuestUnload;
  return STATUS_SUCCESS;
}
