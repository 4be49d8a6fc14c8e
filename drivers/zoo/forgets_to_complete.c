// Pends a request and forgets it, while its own DriverEntry waits for the end of it.
// Expected: the run ends because nothing can ever happen again, with the lost request named.
#include "zoo_device.h"

static NTSTATUS NTAPI DeviceControl(PDEVICE_OBJECT Device, PIRP Irp) {
  UNREFERENCED_PARAMETER(Device);
  IoMarkIrpPending(Irp);
#ifdef FIXED
  Irp->IoStatus.Status = STATUS_SUCCESS;
  Irp->IoStatus.Information = 0;
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
#endif
  return STATUS_PENDING;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  NTSTATUS status = ZooCreateDevice(DriverObject, DeviceControl);
  return NT_SUCCESS(status) ? ZooSendToSelf(DriverObject) : status;
}
