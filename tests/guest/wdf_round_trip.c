// kmdf: 1.15
// What a framework request costs: IRPs of the driver's own through its queue, back and forth, as irp_round_trip.sys
// sends them through a bare dispatch routine. Device control IOCTL_IRP_ROUND_TRIP, \Device\WdfRoundTrip.

#include <ntddk.h>
#include <wdf.h>

#include "guest_ioctl.h"

static WDFDEVICE ControlDevice;

static NTSTATUS NTAPI Done(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context) {
  (void)Device;
  (void)Irp;
  ++*(ULONGLONG*)Context;
  return STATUS_MORE_PROCESSING_REQUIRED;
}

static ULONGLONG RoundTrips(ULONGLONG Count) {
  PDEVICE_OBJECT device = WdfDeviceWdmGetDeviceObject(ControlDevice);
  ULONGLONG done = 0;
  for (ULONGLONG i = 0; i < Count; ++i) {
    PIRP irp = IoAllocateIrp(device->StackSize, FALSE);
    if (irp == NULL) break;
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_WRITE;
    IoGetNextIrpStackLocation(irp)->Parameters.Write.Length = 4;
    IoSetCompletionRoutine(irp, Done, &done, TRUE, TRUE, TRUE);
    IoCallDriver(device, irp);
    IoFreeIrp(irp);
  }
  return done;
}

static VOID NTAPI EvtIoWrite(WDFQUEUE Queue, WDFREQUEST Request, size_t Length) {
  (void)Queue;
  WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, Length);
}

static VOID NTAPI EvtIoDeviceControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputBufferLength,
                                     size_t InputBufferLength, ULONG IoControlCode) {
  PVOID buffer;
  (void)Queue;
  (void)OutputBufferLength;
  (void)InputBufferLength;
  (void)IoControlCode;
  NTSTATUS status = WdfRequestRetrieveInputBuffer(Request, sizeof(ULONGLONG), &buffer, NULL);
  if (NT_SUCCESS(status)) status = WdfRequestRetrieveOutputBuffer(Request, sizeof(ULONGLONG), &buffer, NULL);
  if (NT_SUCCESS(status)) *(ULONGLONG*)buffer = RoundTrips(*(ULONGLONG*)buffer);
  WdfRequestCompleteWithInformation(Request, status, NT_SUCCESS(status) ? sizeof(ULONGLONG) : 0);
}

static VOID NTAPI EvtUnload(WDFDRIVER Driver) {
  (void)Driver;
  WdfObjectDelete(ControlDevice);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  DECLARE_CONST_UNICODE_STRING(name, L"\\Device\\WdfRoundTrip");
  DECLARE_CONST_UNICODE_STRING(sddl, L"D:P(A;;GA;;;SY)(A;;GA;;;BA)");
  WDF_DRIVER_CONFIG config;
  WDF_IO_QUEUE_CONFIG queue;
  WDFDRIVER driver;
  WDF_DRIVER_CONFIG_INIT(&config, WDF_NO_EVENT_CALLBACK);
  config.DriverInitFlags = WdfDriverInitNonPnpDriver;
  config.EvtDriverUnload = EvtUnload;
  NTSTATUS status = WdfDriverCreate(DriverObject, RegistryPath, NULL, &config, &driver);
  if (!NT_SUCCESS(status)) return status;
  PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(driver, &sddl);
  if (init == NULL) return STATUS_INSUFFICIENT_RESOURCES;
  status = WdfDeviceInitAssignName(init, &name);
  if (NT_SUCCESS(status)) status = WdfDeviceCreate(&init, NULL, &ControlDevice);
  if (!NT_SUCCESS(status)) {
    WdfDeviceInitFree(init);
    return status;
  }
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queue, WdfIoQueueDispatchParallel);
  queue.EvtIoWrite = EvtIoWrite;
  queue.EvtIoDeviceControl = EvtIoDeviceControl;
  status = WdfIoQueueCreate(ControlDevice, &queue, NULL, NULL);
  if (NT_SUCCESS(status)) WdfControlFinishInitializing(ControlDevice);
  return status;
}
