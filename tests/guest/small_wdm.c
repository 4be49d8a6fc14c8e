// The smallest driver with a device: for measuring load and unload.
#include "guest_check.h"

static NTSTATUS NTAPI DeviceControl(PDEVICE_OBJECT Device, PIRP Irp) {
  UNREFERENCED_PARAMETER(Device);
  return GuestComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  return GuestCreateDevice(DriverObject, L"\\Device\\SmallWdm", DeviceControl);
}
