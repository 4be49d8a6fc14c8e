#include "class/disk/disk_driver.h"

#include "class/disk/fdo.h"
#include "class/disk/kernel.h"
#include "machine/machine.h"
#include "ntos/io/driver.h"
#include "ntos/kernel.h"
#include "ntos/pnp/driver_store.h"
#include "ntos/pnp/manager.h"

namespace drydock::class_::disk {

using machine::Machine;
using machine::PartId;

namespace {

constexpr GUID kDiskDriveClass{0x4D36E967, 0xE325, 0x11CE, {0xBF, 0xC1, 0x08, 0x00, 0x2B, 0xE1, 0x03, 0x18}};

NTSTATUS NTAPI DiskCreateClose(DEVICE_OBJECT* DeviceObject, IRP* Irp) {
  Fdo& fdo = fdo_of(DeviceObject);
  // Closing has to work for as long as there are handles, removed or not.
  const bool opens = IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_CREATE;
  if (opens && fdo.is_gone()) return complete(Irp, STATUS_DEVICE_DOES_NOT_EXIST);
  return complete(Irp, STATUS_SUCCESS);
}

NTSTATUS NTAPI DiskPassDown(DEVICE_OBJECT* DeviceObject, IRP* Irp) {
  Fdo& fdo = fdo_of(DeviceObject);
  return enter(fdo, Irp) ? pass_down(fdo, Irp) : STATUS_DEVICE_DOES_NOT_EXIST;
}

void fill(DRIVER_OBJECT* driver) {
  driver->DriverExtension->AddDevice = DiskAddDevice;
  driver->MajorFunction[IRP_MJ_CREATE] = DiskCreateClose;
  driver->MajorFunction[IRP_MJ_CLEANUP] = DiskCreateClose;
  driver->MajorFunction[IRP_MJ_CLOSE] = DiskCreateClose;
  driver->MajorFunction[IRP_MJ_READ] = DiskReadWrite;
  driver->MajorFunction[IRP_MJ_WRITE] = DiskReadWrite;
  driver->MajorFunction[IRP_MJ_FLUSH_BUFFERS] = DiskShutdownFlush;
  driver->MajorFunction[IRP_MJ_SHUTDOWN] = DiskShutdownFlush;
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = DiskDeviceControl;
  driver->MajorFunction[IRP_MJ_SCSI] = DiskPassDown;
  driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = DiskPassDown;
  driver->MajorFunction[IRP_MJ_POWER] = DiskPower;
  driver->MajorFunction[IRP_MJ_PNP] = DiskPnp;
}

NTSTATUS load(DRIVER_OBJECT** driver) {
  *driver = ntos::io::create_host_driver("disk", fill);
  return STATUS_SUCCESS;
}

}  // namespace

DiskClass& disk_class() {
  return Machine::current().part<DiskClass>(PartId::Disk);
}

std::span<const DiskStatistics> disk_statistics(Machine& machine) {
  const auto* part = machine.find_part<DiskClass>(PartId::Disk);
  return part != nullptr ? std::span<const DiskStatistics>(part->statistics) : std::span<const DiskStatistics>();
}

void install_disk(ntos::Kernel& kernel) {
  Machine::current().set_part(PartId::Disk, new DiskClass);
  ntos::pnp::DriverStore& store = kernel.pnp->store();
  store.add(ntos::pnp::Service{.name = u"disk", .load = load, .stays_loaded = true});
  store.add(ntos::pnp::DriverPackage{.service = u"disk",
                                     .ids = {u"GenDisk", u"SCSI\\Disk"},
                                     .class_name = u"DiskDrive",
                                     .class_guid = kDiskDriveClass,
                                     .description = u"Disk drive"});
}

}  // namespace drydock::class_::disk
