#include "class/disk/fdo.h"

#include <new>

#include "class/disk/disk_driver.h"
#include "class/disk/kernel.h"
#include "class/disk/send.h"

namespace drydock::class_::disk {

DiskStatistics& Fdo::statistics() const {
  return disk_class().statistics[statistics_index];
}

NTSTATUS complete(IRP* irp, NTSTATUS status, ULONG_PTR information) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IofCompleteRequest(irp, NT_SUCCESS(status) ? IO_DISK_INCREMENT : IO_NO_INCREMENT);
  return status;
}

bool enter(Fdo& fdo, IRP* irp) {
  if (NT_SUCCESS(IoAcquireRemoveLockEx(&fdo.remove_lock, irp, nullptr, 0, sizeof(IO_REMOVE_LOCK)))) [[likely]] {
    if (!fdo.is_gone()) [[likely]]
      return true;
    leave(fdo, irp);
  }
  complete(irp, STATUS_DEVICE_DOES_NOT_EXIST);
  return false;
}

void leave(Fdo& fdo, IRP* irp) {
  IoReleaseRemoveLockEx(&fdo.remove_lock, irp, sizeof(IO_REMOVE_LOCK));
}

NTSTATUS pass_down(Fdo& fdo, IRP* irp) {
  DEVICE_OBJECT* lower = fdo.lower;
  IoSkipCurrentIrpStackLocation(irp);
  const NTSTATUS status = IofCallDriver(lower, irp);
  leave(fdo, irp);
  return status;
}

namespace {

void undo_add(Fdo& fdo) {
  if (fdo.claimed) send_function(fdo, SRB_FUNCTION_RELEASE_DEVICE);
  free_packets(fdo);
  drop_names(fdo.names);
  fdo.statistics().present = false;
  if (fdo.lower != nullptr) IoDetachDevice(fdo.lower);
  IoDeleteDevice(fdo.device);
}

}  // namespace

NTSTATUS NTAPI DiskAddDevice(DRIVER_OBJECT* DriverObject, DEVICE_OBJECT* PhysicalDeviceObject) {
  auto& all = disk_class().statistics;
  const auto serial = static_cast<ULONG>(all.size());
  DiskNames names;
  NTSTATUS status = take_number(names);
  if (!NT_SUCCESS(status)) return status;
  const std::u16string text = device_name(names, serial);
  const auto bytes = static_cast<USHORT>(text.size() * sizeof(WCHAR));
  UNICODE_STRING name{bytes, bytes, const_cast<PWCH>(text.data())};
  DEVICE_OBJECT* device = nullptr;
  status = IoCreateDevice(DriverObject, sizeof(Fdo), &name, FILE_DEVICE_DISK, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
  if (!NT_SUCCESS(status)) {
    drop_names(names);
    return status;
  }
  auto& fdo = *new (device->DeviceExtension) Fdo;
  fdo.device = device;
  fdo.pdo = PhysicalDeviceObject;
  fdo.names = names;
  fdo.statistics_index = serial;
  all.push_back({.number = names.number});
  IoInitializeRemoveLockEx(&fdo.remove_lock, kPoolTag, 0, 0, sizeof(IO_REMOVE_LOCK));

  fdo.lower = IoAttachDeviceToDeviceStack(device, PhysicalDeviceObject);
  status = fdo.lower == nullptr ? STATUS_NO_SUCH_DEVICE
           : make_packets(fdo)  ? STATUS_SUCCESS
                                : STATUS_INSUFFICIENT_RESOURCES;
  if (NT_SUCCESS(status)) status = send_function(fdo, SRB_FUNCTION_CLAIM_DEVICE);
  fdo.claimed = NT_SUCCESS(status);
  if (fdo.claimed)
    status = IoRegisterDeviceInterface(PhysicalDeviceObject, &GUID_DEVINTERFACE_DISK, nullptr, &fdo.interface_link);
  if (!NT_SUCCESS(status)) {
    undo_add(fdo);
    return status;
  }
  make_links(fdo.names, serial);
  ++IoGetConfigurationInformation()->DiskCount;
  device->Flags |= DO_DIRECT_IO | (fdo.lower->Flags & (DO_POWER_PAGABLE | DO_POWER_INRUSH));
  device->Flags &= ~DO_DEVICE_INITIALIZING;
  return STATUS_SUCCESS;
}

}  // namespace drydock::class_::disk
