// Device control of a disk. What concerns the port (pass-through, addresses, resets, properties) goes down as it is.

#include <algorithm>
#include <cstring>

#include "class/disk/fdo.h"
#include "class/disk/kernel.h"
#include "class/disk/send.h"
#include "class/disk/trim.h"
#include "nt/data_set.h"
#include "nt/ioctl.h"
#include "nt/storage.h"

namespace drydock::class_::disk {

namespace {

// The geometry of all disks that have none.
constexpr ULONG kHeads = 255, kSectorsPerTrack = 63;

NTSTATUS end(Fdo& fdo, IRP* irp, NTSTATUS status, ULONG_PTR information = 0) {
  complete(irp, status, information);
  leave(fdo, irp);
  return status;
}

struct Ioctl {
  ULONG code;
  void* buffer;
  ULONG input, output;
};
Ioctl ioctl_of(const IRP* irp) {
  const auto& parameters = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl;
  return {parameters.IoControlCode, irp->AssociatedIrp.SystemBuffer, parameters.InputBufferLength,
          parameters.OutputBufferLength};
}

/// Answers with `value`, of which at least `bytes_min` have to fit.
template <class T>
NTSTATUS answer(Fdo& fdo, IRP* irp, const T& value, ULONG bytes_min = sizeof(T)) {
  const Ioctl ioctl = ioctl_of(irp);
  if (ioctl.output < bytes_min) return end(fdo, irp, STATUS_BUFFER_TOO_SMALL);
  const ULONG bytes = std::min<ULONG>(ioctl.output, sizeof(T));
  std::memcpy(ioctl.buffer, &value, bytes);
  return end(fdo, irp, STATUS_SUCCESS, bytes);
}

DISK_GEOMETRY geometry_of(const Fdo& fdo) {
  DISK_GEOMETRY geometry{};
  geometry.MediaType = fdo.removable ? RemovableMedia : FixedMedia;
  geometry.TracksPerCylinder = kHeads;
  geometry.SectorsPerTrack = kSectorsPerTrack;
  geometry.BytesPerSector = fdo.capacity.block_bytes;
  geometry.Cylinders.QuadPart = static_cast<LONGLONG>(fdo.capacity.blocks / (kHeads * kSectorsPerTrack));
  return geometry;
}

NTSTATUS get_length(Fdo& fdo, IRP* irp) {
  if (ioctl_of(irp).output < sizeof(GET_LENGTH_INFORMATION)) return end(fdo, irp, STATUS_BUFFER_TOO_SMALL);
  const NTSTATUS status = read_capacity(fdo);
  if (!NT_SUCCESS(status)) return end(fdo, irp, status);
  GET_LENGTH_INFORMATION length{};
  length.Length.QuadPart = static_cast<LONGLONG>(fdo.capacity.bytes());
  return answer(fdo, irp, length);
}

NTSTATUS get_geometry(Fdo& fdo, IRP* irp, bool extended) {
  const ULONG needed = extended ? offsetof(DISK_GEOMETRY_EX, Data) : sizeof(DISK_GEOMETRY);
  if (ioctl_of(irp).output < needed) return end(fdo, irp, STATUS_BUFFER_TOO_SMALL);
  const NTSTATUS status = read_capacity(fdo);
  if (!NT_SUCCESS(status)) return end(fdo, irp, status);
  if (!extended) return answer(fdo, irp, geometry_of(fdo));
  DISK_GEOMETRY_EX geometry{};
  geometry.Geometry = geometry_of(fdo);
  geometry.DiskSize.QuadPart = static_cast<LONGLONG>(fdo.capacity.bytes());
  return answer(fdo, irp, geometry, needed);
}

NTSTATUS check_verify(Fdo& fdo, IRP* irp) {
  const UCHAR cdb[CDB6GENERIC_LENGTH] = {SCSIOP_TEST_UNIT_READY};
  const NTSTATUS status = send_command(fdo, cdb, nullptr, fdo.timeout_s);
  if (!NT_SUCCESS(status) || ioctl_of(irp).output < sizeof(ULONG)) return end(fdo, irp, status);
  return answer(fdo, irp, static_cast<ULONG>(fdo.statistics().media_changes));
}

/// SP-228: as long for each 128 sectors begun.
NTSTATUS verify(Fdo& fdo, IRP* irp) {
  constexpr ULONG kSectorsPerTimeout = 128;
  const Ioctl ioctl = ioctl_of(irp);
  if (ioctl.input < sizeof(VERIFY_INFORMATION)) return end(fdo, irp, STATUS_INFO_LENGTH_MISMATCH);
  VERIFY_INFORMATION range;
  std::memcpy(&range, ioctl.buffer, sizeof(range));
  const auto start = static_cast<ULONGLONG>(range.StartingOffset.QuadPart);
  const ULONGLONG size = fdo.capacity.bytes();
  if (range.StartingOffset.QuadPart < 0 || start > size || range.Length > size - start)
    return end(fdo, irp, STATUS_NONEXISTENT_SECTOR);
  const ULONGLONG block = start >> fdo.capacity.shift;
  const ULONG blocks = range.Length >> fdo.capacity.shift;
  UCHAR cdb[16] = {};
  UCHAR length = CDB10GENERIC_LENGTH;
  if (fdo.wide() || blocks > 0xFFFF) {
    length = 16;
    cdb[0] = SCSIOP_VERIFY16;
    put_big_endian_64(cdb + 2, block);
    put_big_endian_32(cdb + 10, blocks);
  } else {
    cdb[0] = SCSIOP_VERIFY;
    put_big_endian_32(cdb + 2, static_cast<ULONG>(block));
    put_big_endian_16(cdb + 7, blocks);
  }
  const ULONG timeout_s = (blocks + kSectorsPerTimeout - 1) / kSectorsPerTimeout * fdo.timeout_s;
  return end(fdo, irp, send_command(fdo, {cdb, length}, nullptr, std::max(timeout_s, fdo.timeout_s)));
}

NTSTATUS get_device_number(Fdo& fdo, IRP* irp) {
  return answer(fdo, irp, STORAGE_DEVICE_NUMBER{FILE_DEVICE_DISK, fdo.names.number, 0});
}

/// What the port knows nothing of.
bool asks_about_trim(const IRP* irp) {
  const Ioctl ioctl = ioctl_of(irp);
  STORAGE_PROPERTY_QUERY query{};
  if (ioctl.input < offsetof(STORAGE_PROPERTY_QUERY, AdditionalParameters)) return false;
  std::memcpy(&query, ioctl.buffer, offsetof(STORAGE_PROPERTY_QUERY, AdditionalParameters));
  return query.PropertyId == StorageDeviceTrimProperty && query.QueryType == PropertyStandardQuery;
}

NTSTATUS trim_property(Fdo& fdo, IRP* irp) {
  DEVICE_TRIM_DESCRIPTOR descriptor{};
  descriptor.Version = descriptor.Size = sizeof(descriptor);
  descriptor.TrimEnabled = can_trim(fdo);
  return answer(fdo, irp, descriptor, sizeof(STORAGE_DESCRIPTOR_HEADER));
}

/// SP-317: marked as having come through a class driver.
NTSTATUS pass_through(Fdo& fdo, IRP* irp) {
  DEVICE_OBJECT* lower = fdo.lower;
  IoGetCurrentIrpStackLocation(irp)->MinorFunction = IRP_MN_SCSI_CLASS;
  IoSkipCurrentIrpStackLocation(irp);
  const NTSTATUS status = IofCallDriver(lower, irp);
  leave(fdo, irp);
  return status;
}

}  // namespace

NTSTATUS NTAPI DiskDeviceControl(DEVICE_OBJECT* DeviceObject, IRP* Irp) {
  Fdo& fdo = fdo_of(DeviceObject);
  if (!enter(fdo, Irp)) return STATUS_DEVICE_DOES_NOT_EXIST;
  switch (ioctl_of(Irp).code) {
    case IOCTL_DISK_GET_LENGTH_INFO:
      return get_length(fdo, Irp);
    case IOCTL_DISK_GET_DRIVE_GEOMETRY:
      return get_geometry(fdo, Irp, false);
    case IOCTL_DISK_GET_DRIVE_GEOMETRY_EX:
      return get_geometry(fdo, Irp, true);
    case IOCTL_DISK_VERIFY:
      return verify(fdo, Irp);
    case IOCTL_DISK_IS_WRITABLE:
      return end(fdo, Irp, fdo.write_protected ? STATUS_MEDIA_WRITE_PROTECTED : STATUS_SUCCESS);
    case IOCTL_STORAGE_CHECK_VERIFY:
    case IOCTL_STORAGE_CHECK_VERIFY2:
      return check_verify(fdo, Irp);
    case IOCTL_STORAGE_GET_DEVICE_NUMBER:
      return get_device_number(fdo, Irp);
    case IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES:
      return end(fdo, Irp, trim(fdo, Irp));
    case IOCTL_STORAGE_QUERY_PROPERTY:
      return asks_about_trim(Irp) ? trim_property(fdo, Irp) : pass_down(fdo, Irp);
    case IOCTL_SCSI_PASS_THROUGH:
    case IOCTL_SCSI_PASS_THROUGH_DIRECT:
    case IOCTL_SCSI_MINIPORT:
      return pass_through(fdo, Irp);
    default:
      return pass_down(fdo, Irp);
  }
}

}  // namespace drydock::class_::disk
