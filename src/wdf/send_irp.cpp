#include "wdf/send_irp.h"

namespace drydock::wdf {

namespace {

NTSTATUS NTAPI come_back(DEVICE_OBJECT*, IRP*, PVOID context) {
  KeSetEvent(static_cast<KEVENT*>(context), 0, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

}  // namespace

NTSTATUS send_and_wait(DEVICE_OBJECT* device, IRP* irp) {
  KEVENT back;
  KeInitializeEvent(&back, NotificationEvent, FALSE);
  IoSetCompletionRoutine(irp, come_back, &back, true, true, true);
  if (IofCallDriver(device, irp) == STATUS_PENDING) KeWaitForSingleObject(&back, Executive, KernelMode, FALSE, nullptr);
  return irp->IoStatus.Status;
}

NTSTATUS send_pnp_query(DEVICE_OBJECT* device, UCHAR minor, const std::function<void(IO_STACK_LOCATION&)>& fill,
                        bool to_top) {
  DEVICE_OBJECT* top = device;
  if (to_top)
    top = IoGetAttachedDeviceReference(device);
  else
    ObfReferenceObject(device);
  IRP* irp = IoAllocateIrp(top->StackSize, FALSE);
  if (!irp) {
    ObfDereferenceObject(top);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
  IO_STACK_LOCATION* location = IoGetNextIrpStackLocation(irp);
  location->MajorFunction = IRP_MJ_PNP;
  location->MinorFunction = minor;
  fill(*location);
  const NTSTATUS status = send_and_wait(top, irp);
  IoFreeIrp(irp);
  ObfDereferenceObject(top);
  return status;
}

NTSTATUS query_interface(DEVICE_OBJECT* device, const GUID& type, USHORT size, USHORT version, INTERFACE* interface,
                         PVOID specific, bool to_top) {
  return send_pnp_query(
      device, IRP_MN_QUERY_INTERFACE,
      [&](IO_STACK_LOCATION& location) {
        auto& query = location.Parameters.QueryInterface;
        query.InterfaceType = &type;
        query.Size = size;
        query.Version = version;
        query.Interface = interface;
        query.InterfaceSpecificData = specific;
      },
      to_top);
}

}  // namespace drydock::wdf
