// The PnP IRPs of a disk.

#include "class/disk/fdo.h"
#include "class/disk/kernel.h"
#include "class/disk/send.h"
#include "class/disk/transfer.h"

namespace drydock::class_::disk {

namespace {

NTSTATUS complete_and_leave(Fdo& fdo, IRP* irp, NTSTATUS status) {
  const ULONG_PTR information = irp->IoStatus.Information;
  complete(irp, status, information);
  leave(fdo, irp);
  return status;
}

NTSTATUS agree(Fdo& fdo, IRP* irp) {
  irp->IoStatus.Status = STATUS_SUCCESS;
  return pass_down(fdo, irp);
}

void set_interface(Fdo& fdo, bool on) {
  if (fdo.interface_on == on || fdo.interface_link.Buffer == nullptr) return;
  fdo.interface_on = on;
  IoSetDeviceInterfaceState(&fdo.interface_link, on ? TRUE : FALSE);
}

NTSTATUS start(Fdo& fdo, IRP* irp) {
  IoForwardIrpSynchronously(fdo.lower, irp);
  NTSTATUS status = irp->IoStatus.Status;
  if (NT_SUCCESS(status)) status = start_disk(fdo);
  if (NT_SUCCESS(status)) {
    fdo.stage = Stage::Started;
    set_interface(fdo, true);
  }
  return complete_and_leave(fdo, irp, status);
}

/// What the system pages or boots from stays.
NTSTATUS query_end(Fdo& fdo, IRP* irp) {
  if (fdo.paging_paths != 0) return complete_and_leave(fdo, irp, STATUS_DEVICE_BUSY);
  return agree(fdo, irp);
}

/// Nothing of ours is to be tried or sent any more.
void end_own_queues(Fdo& fdo) {
  end_waiting(fdo);
  end_deferred(fdo);
}

NTSTATUS surprise_removal(Fdo& fdo, IRP* irp) {
  fdo.stage = Stage::SurpriseRemoved;
  set_interface(fdo, false);
  end_own_queues(fdo);
  return agree(fdo, irp);
}

NTSTATUS remove(Fdo& fdo, IRP* irp) {
  fdo.stage = Stage::Removed;
  set_interface(fdo, false);
  end_own_queues(fdo);
  IoReleaseRemoveLockAndWaitEx(&fdo.remove_lock, irp, sizeof(IO_REMOVE_LOCK));
  if (fdo.claimed) send_function(fdo, SRB_FUNCTION_RELEASE_DEVICE);

  irp->IoStatus.Status = STATUS_SUCCESS;
  IoSkipCurrentIrpStackLocation(irp);
  const NTSTATUS status = IofCallDriver(fdo.lower, irp);

  IoDetachDevice(fdo.lower);
  free_packets(fdo);
  drop_names(fdo.names);
  RtlFreeUnicodeString(&fdo.interface_link);
  fdo.statistics().present = false;
  --IoGetConfigurationInformation()->DiskCount;
  IoDeleteDevice(fdo.device);
  return status;
}

NTSTATUS usage_notification(Fdo& fdo, IRP* irp) {
  const auto& usage = IoGetCurrentIrpStackLocation(irp)->Parameters.UsageNotification;
  const LONG change = usage.InPath ? 1 : -1;
  IoForwardIrpSynchronously(fdo.lower, irp);
  if (NT_SUCCESS(irp->IoStatus.Status)) fdo.paging_paths += change;
  return complete_and_leave(fdo, irp, irp->IoStatus.Status);
}

}  // namespace

NTSTATUS NTAPI DiskPnp(DEVICE_OBJECT* DeviceObject, IRP* Irp) {
  Fdo& fdo = fdo_of(DeviceObject);
  const UCHAR minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
  // Requests of the PnP manager are served in every stage; only what comes after the remove finds nobody.
  if (!NT_SUCCESS(IoAcquireRemoveLockEx(&fdo.remove_lock, Irp, nullptr, 0, sizeof(IO_REMOVE_LOCK))))
    return complete(Irp, STATUS_DEVICE_DOES_NOT_EXIST);
  switch (minor) {
    case IRP_MN_START_DEVICE:
      return start(fdo, Irp);
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
      return query_end(fdo, Irp);
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
      return agree(fdo, Irp);
    case IRP_MN_STOP_DEVICE:
      fdo.stage = Stage::Stopped;
      return agree(fdo, Irp);
    case IRP_MN_SURPRISE_REMOVAL:
      return surprise_removal(fdo, Irp);
    case IRP_MN_REMOVE_DEVICE:
      return remove(fdo, Irp);
    case IRP_MN_DEVICE_USAGE_NOTIFICATION:
      return usage_notification(fdo, Irp);
    default:
      return pass_down(fdo, Irp);
  }
}

}  // namespace drydock::class_::disk
