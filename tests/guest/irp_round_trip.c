// For measuring one IRP round trip inside a driver: allocate, set completion, call, complete, free. See guest_ioctl.h.
#include "guest_check.h"

static NTSTATUS NTAPI Completed(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context) {
  UNREFERENCED_PARAMETER(Device);
  UNREFERENCED_PARAMETER(Irp);
  ++*(ULONG64*)Context;
  return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS NTAPI InternalDeviceControl(PDEVICE_OBJECT Device, PIRP Irp) {
  UNREFERENCED_PARAMETER(Device);
  return GuestComplete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS RoundTrips(PDEVICE_OBJECT Device, ULONG64 Count, ULONG64* Completions) {
  for (ULONG64 i = 0; i < Count; ++i) {
    PIRP irp = IoAllocateIrp(Device->StackSize, FALSE);
    if (!irp) return STATUS_INSUFFICIENT_RESOURCES;
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
    IoSetCompletionRoutine(irp, Completed, Completions, TRUE, TRUE, TRUE);
    IoCallDriver(Device, irp);
    IoFreeIrp(irp);
  }
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI DeviceControl(PDEVICE_OBJECT Device, PIRP Irp) {
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
  ULONG64* buffer = Irp->AssociatedIrp.SystemBuffer;
  if (stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_IRP_ROUND_TRIP)
    return GuestComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
  if (stack->Parameters.DeviceIoControl.InputBufferLength < sizeof(*buffer) ||
      stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(*buffer))
    return GuestComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
  ULONG64 completions = 0;
  NTSTATUS status = RoundTrips(Device, *buffer, &completions);
  *buffer = completions;
  return GuestComplete(Irp, status, sizeof(*buffer));
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  DriverObject->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = InternalDeviceControl;
  return GuestCreateDevice(DriverObject, L"\\Device\\IrpRoundTrip", DeviceControl);
}
