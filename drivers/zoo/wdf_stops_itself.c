// kmdf: 1.33
// Sends its own stack an IRP_MN_STOP_DEVICE.
// Expected: pnp-request-out-of-order (WDF-459), WDF_VIOLATION (0x10D) with 0xC.
#define ZOO_IO Io
#include "zoo_wdf.h"

static VOID NTAPI Ask(WDFDEVICE Device) {
  KEVENT done;
  IO_STATUS_BLOCK io;
  PDEVICE_OBJECT top = IoGetAttachedDeviceReference(WdfDeviceWdmGetDeviceObject(Device));
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, top, NULL, 0, NULL, &done, &io);
  if (irp) {
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(irp);
#ifndef FIXED
    next->MinorFunction = IRP_MN_STOP_DEVICE;
#else
    next->MinorFunction = IRP_MN_QUERY_PNP_DEVICE_STATE;
#endif
    if (IoCallDriver(top, irp) == STATUS_PENDING) KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
  }
  ObDereferenceObject(top);
}

static VOID Io(ZOO* Zoo, WDFREQUEST Request) {
  if (InterlockedIncrement(&Zoo->Count) == 1) Ask(Zoo->Device);
  WdfRequestComplete(Request, STATUS_SUCCESS);
}
