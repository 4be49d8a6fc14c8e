// Device control of adapters and units (contract, section 13).

#include <algorithm>
#include <cstring>

#include "nt/storage.h"
#include "port/scsiport/fdo.h"
#include "port/scsiport/kernel.h"
#include "port/scsiport/reset.h"
#include "port/scsiport/scan.h"
#include "port/scsiport/start_io.h"

namespace drydock::port::scsiport {

namespace {

/// SP-330: the codes as headers before Windows 2000 had them, with read and write access.
constexpr ULONG kObsoleteResetBus = 0x2DD000;
constexpr ULONG kObsoleteResetDevice = 0x2DD004;

struct Ioctl {
  ULONG code;
  void* buffer;  ///< METHOD_BUFFERED: input and output
  ULONG input, output;
};
Ioctl ioctl_of(IRP* irp) {
  const auto& parameters = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl;
  return {parameters.IoControlCode, irp->AssociatedIrp.SystemBuffer, parameters.InputBufferLength,
          parameters.OutputBufferLength};
}

/// Copies as much of `answer` as fits and says how much that was.
template <class T>
ULONG put(const Ioctl& ioctl, const T& answer) {
  const ULONG bytes = std::min<ULONG>(ioctl.output, sizeof(T));
  std::memcpy(ioctl.buffer, &answer, bytes);
  return bytes;
}

// ---- reset ----

/// SP-325 to SP-327.
NTSTATUS reset_bus(Adapter& adapter, IRP* irp, UCHAR path) {
  if (path >= adapter.config.NumberOfBuses) return complete_irp(irp, STATUS_INVALID_PARAMETER);
  bool result;
  Afterwards afterwards;
  {
    PortLock lock(adapter);
    result = adapter.ready_to_run && reset_buses(adapter, 1u << path, ResetCause::Ioctl, nullptr, afterwards);
  }
  finish(adapter, afterwards);
  return complete_irp(irp, result ? STATUS_SUCCESS : STATUS_IO_DEVICE_ERROR);
}

NTSTATUS reset_bus_request(Adapter& adapter, const Ioctl& ioctl, IRP* irp) {
  if (ioctl.input < sizeof(STORAGE_BUS_RESET_REQUEST)) return complete_irp(irp, STATUS_INVALID_PARAMETER);
  return reset_bus(adapter, irp, static_cast<const STORAGE_BUS_RESET_REQUEST*>(ioctl.buffer)->PathId);
}

NTSTATUS break_reservation(Adapter& adapter, const Ioctl& ioctl, IRP* irp) {
  if (ioctl.input < sizeof(STORAGE_BREAK_RESERVATION_REQUEST)) return complete_irp(irp, STATUS_INVALID_PARAMETER);
  return reset_bus(adapter, irp, static_cast<const STORAGE_BREAK_RESERVATION_REQUEST*>(ioctl.buffer)->PathId);
}

// ---- what the adapter is ----

ULONG transfer_max(const Adapter& adapter) {
  return adapter.config.MaximumTransferLength;
}

/// SP-332.
NTSTATUS get_capabilities(const Adapter& adapter, const Ioctl& ioctl, IRP* irp) {
  if (ioctl.output < sizeof(IO_SCSI_CAPABILITIES)) return complete_irp(irp, STATUS_BUFFER_TOO_SMALL);
  IO_SCSI_CAPABILITIES answer{};
  answer.Length = sizeof(answer);
  answer.MaximumTransferLength = transfer_max(adapter);
  answer.MaximumPhysicalPages = adapter.config.NumberOfPhysicalBreaks;
  answer.AlignmentMask = adapter.config.AlignmentMask;
  answer.TaggedQueuing = adapter.tagged_queuing;
  answer.AdapterScansDown = adapter.config.AdapterScansDown;
  answer.AdapterUsesPio = adapter.map_buffers;
  return complete_irp(irp, STATUS_SUCCESS, put(ioctl, answer));
}

/// SP-331.
NTSTATUS get_inquiry_data(Adapter& adapter, const Ioctl& ioctl, IRP* irp) {
  const ULONG entry_bytes =
      static_cast<ULONG>(align_up(offsetof(SCSI_INQUIRY_DATA, InquiryData) + INQUIRYDATABUFFERSIZE, sizeof(ULONG)));
  const ULONG buses = adapter.config.NumberOfBuses;
  const ULONG header_bytes =
      static_cast<ULONG>(offsetof(SCSI_ADAPTER_BUS_INFO, BusData) + buses * sizeof(SCSI_BUS_DATA));
  std::vector<const LogicalUnit*> units;
  for (const LogicalUnit* unit : adapter.units)
    if (unit->pdo && !unit->missing) units.push_back(unit);
  const ULONG needed = header_bytes + static_cast<ULONG>(units.size()) * entry_bytes;
  if (ioctl.output < needed) return complete_irp(irp, STATUS_BUFFER_TOO_SMALL);
  auto* base = static_cast<std::byte*>(ioctl.buffer);
  std::memset(base, 0, needed);
  auto* info = reinterpret_cast<SCSI_ADAPTER_BUS_INFO*>(base);
  info->NumberOfBuses = static_cast<UCHAR>(buses);
  SCSI_BUS_DATA* bus_data = info->BusData;
  ULONG at = header_bytes;
  SCSI_INQUIRY_DATA* previous = nullptr;
  for (UCHAR path = 0; path < buses; ++path) {
    bus_data[path].InitiatorBusId = static_cast<UCHAR>(adapter.config.InitiatorBusId[path]);
    previous = nullptr;
    for (const LogicalUnit* unit : units) {
      if (unit->address.path != path) continue;
      auto* entry = reinterpret_cast<SCSI_INQUIRY_DATA*>(base + at);
      if (previous)
        previous->NextInquiryDataOffset = at;
      else
        bus_data[path].InquiryDataOffset = at;
      ++bus_data[path].NumberOfLogicalUnits;
      entry->PathId = unit->address.path;
      entry->TargetId = unit->address.target;
      entry->Lun = unit->address.lun;
      entry->DeviceClaimed = unit->claimed;
      entry->InquiryDataLength = INQUIRYDATABUFFERSIZE;
      std::memcpy(entry->InquiryData, &unit->inquiry, INQUIRYDATABUFFERSIZE);
      previous = entry;
      at += entry_bytes;
    }
  }
  return complete_irp(irp, STATUS_SUCCESS, needed);
}

/// SP-334.
NTSTATUS rescan(Adapter& adapter, IRP* irp) {
  if (scan_buses(adapter)) IoInvalidateDeviceRelations(adapter.pdo, BusRelations);
  return complete_irp(irp, STATUS_SUCCESS);
}

// ---- properties ----

NTSTATUS adapter_property(const Adapter& adapter, const Ioctl& ioctl, IRP* irp) {
  STORAGE_ADAPTER_DESCRIPTOR answer{};
  answer.Version = sizeof(answer);
  answer.Size = sizeof(answer);
  answer.MaximumTransferLength = transfer_max(adapter);
  answer.MaximumPhysicalPages = adapter.config.NumberOfPhysicalBreaks;
  answer.AlignmentMask = adapter.config.AlignmentMask;
  answer.AdapterUsesPio = adapter.map_buffers;
  answer.AdapterScansDown = adapter.config.AdapterScansDown;
  answer.CommandQueueing = adapter.tagged_queuing;
  answer.AcceleratedTransfer = TRUE;
  answer.BusType = BusTypeScsi;
  answer.BusMajorVersion = 2;
  return complete_irp(irp, STATUS_SUCCESS, put(ioctl, answer));
}

NTSTATUS device_property(const LogicalUnit& unit, const Ioctl& ioctl, IRP* irp) {
  const INQUIRYDATA& inquiry = unit.inquiry;
  struct Answer {
    STORAGE_DEVICE_DESCRIPTOR descriptor;
    char vendor[9], product[17], revision[5];
  } answer{};
  STORAGE_DEVICE_DESCRIPTOR& descriptor = answer.descriptor;
  descriptor.Version = sizeof(descriptor);
  descriptor.Size = sizeof(answer);
  descriptor.DeviceType = inquiry.DeviceType;
  descriptor.DeviceTypeModifier = inquiry.DeviceTypeModifier;
  descriptor.RemovableMedia = inquiry.RemovableMedia;
  descriptor.CommandQueueing = inquiry.CommandQueue;
  descriptor.BusType = BusTypeScsi;
  descriptor.VendorIdOffset = offsetof(Answer, vendor);
  descriptor.ProductIdOffset = offsetof(Answer, product);
  descriptor.ProductRevisionOffset = offsetof(Answer, revision);
  std::memcpy(answer.vendor, inquiry.VendorId, sizeof(inquiry.VendorId));
  std::memcpy(answer.product, inquiry.ProductId, sizeof(inquiry.ProductId));
  std::memcpy(answer.revision, inquiry.ProductRevisionLevel, sizeof(inquiry.ProductRevisionLevel));
  return complete_irp(irp, STATUS_SUCCESS, put(ioctl, answer));
}

/// SP-335. `unit` is null on the adapter.
NTSTATUS query_property(const Adapter& adapter, const LogicalUnit* unit, const Ioctl& ioctl, IRP* irp) {
  if (ioctl.input < offsetof(STORAGE_PROPERTY_QUERY, AdditionalParameters))
    return complete_irp(irp, STATUS_INVALID_PARAMETER);
  const STORAGE_PROPERTY_QUERY query = *static_cast<const STORAGE_PROPERTY_QUERY*>(ioctl.buffer);
  const bool known = query.PropertyId == StorageAdapterProperty || (unit && query.PropertyId == StorageDeviceProperty);
  if (query.PropertyId == StorageDeviceProperty && !unit) return complete_irp(irp, STATUS_INVALID_DEVICE_REQUEST);
  if (!known) return complete_irp(irp, STATUS_NOT_SUPPORTED);
  if (query.QueryType == PropertyExistsQuery) return complete_irp(irp, STATUS_SUCCESS);
  if (query.QueryType != PropertyStandardQuery) return complete_irp(irp, STATUS_NOT_SUPPORTED);
  if (ioctl.output < sizeof(STORAGE_DESCRIPTOR_HEADER)) return complete_irp(irp, STATUS_INVALID_PARAMETER);
  return query.PropertyId == StorageAdapterProperty ? adapter_property(adapter, ioctl, irp)
                                                    : device_property(*unit, ioctl, irp);
}

// ---- pass-through ----

/// Pass-through as the buffered and the direct form have it in common.
struct PassThrough {
  SCSI_PASS_THROUGH* header;
  PVOID data;
  MDL* mdl;
  UCHAR* sense;
};

/// SP-320: the data and sense areas of the buffered form lie inside the buffers, behind the header.
bool areas_fit(const SCSI_PASS_THROUGH& header, const Ioctl& ioctl, bool direct) {
  const ULONG sense_end = header.SenseInfoLength ? header.SenseInfoOffset + header.SenseInfoLength : 0;
  if (header.SenseInfoLength && (header.SenseInfoOffset < sizeof(header) || sense_end > ioctl.output)) return false;
  if (direct || !header.DataTransferLength) return true;
  const std::uint64_t data_end = std::uint64_t{header.DataBufferOffset} + header.DataTransferLength;
  const ULONG room = header.DataIn == SCSI_IOCTL_DATA_OUT ? ioctl.input : ioctl.output;
  return header.DataBufferOffset >= sizeof(header) && data_end <= room;
}

NTSTATUS send_pass_through(LogicalUnit& unit, const Ioctl& ioctl, IRP* irp, const PassThrough& pass) {
  SCSI_PASS_THROUGH& header = *pass.header;
  OwnRequest request;
  request.cdb_length = header.CdbLength;
  std::memcpy(request.cdb, header.Cdb, sizeof(request.cdb));
  request.flags = SRB_FLAGS_NO_QUEUE_FREEZE;  // SP-323
  if (header.DataTransferLength)
    request.flags |= header.DataIn == SCSI_IOCTL_DATA_IN    ? SRB_FLAGS_DATA_IN
                     : header.DataIn == SCSI_IOCTL_DATA_OUT ? SRB_FLAGS_DATA_OUT
                                                            : SRB_FLAGS_UNSPECIFIED_DIRECTION;
  request.timeout_s = header.TimeOutValue;
  request.buffer = header.DataTransferLength ? pass.data : nullptr;
  request.length = header.DataTransferLength;
  request.mdl = pass.mdl;
  request.sense = header.SenseInfoLength ? pass.sense : nullptr;
  request.sense_length = header.SenseInfoLength;
  request.irp = irp;
  const OwnResult result = send_and_wait(unit, request);
  header.ScsiStatus = result.scsi_status;
  header.DataTransferLength = result.length;
  header.SenseInfoLength = result.srb_status & SRB_STATUS_AUTOSENSE_VALID ? result.sense_length : 0;
  // SP-322: what the unit answered is the caller's business; only what did not get there fails.
  const UCHAR status = SRB_STATUS(result.srb_status);
  const bool answered = status == SRB_STATUS_SUCCESS || status == SRB_STATUS_DATA_OVERRUN ||
                        (status == SRB_STATUS_ERROR && result.scsi_status != SCSISTAT_GOOD);
  ULONG_PTR information = sizeof(header);
  if (header.SenseInfoLength)
    information = std::max<ULONG_PTR>(information, header.SenseInfoOffset + header.SenseInfoLength);
  if (pass.data && !pass.mdl && header.DataIn != SCSI_IOCTL_DATA_OUT && header.DataTransferLength)
    information = std::max<ULONG_PTR>(information, header.DataBufferOffset + header.DataTransferLength);
  return complete_irp(irp, answered ? STATUS_SUCCESS : result.status,
                      answered ? std::min<ULONG_PTR>(information, ioctl.output) : 0);
}

NTSTATUS pass_through(LogicalUnit& unit, const Ioctl& ioctl, IRP* irp) {
  if (ioctl.input < sizeof(SCSI_PASS_THROUGH)) return complete_irp(irp, STATUS_BUFFER_TOO_SMALL);
  auto* header = static_cast<SCSI_PASS_THROUGH*>(ioctl.buffer);
  if (header->Length != sizeof(*header) || header->CdbLength > sizeof(header->Cdb) || !areas_fit(*header, ioctl, false))
    return complete_irp(irp, STATUS_INVALID_PARAMETER);
  auto* base = static_cast<std::byte*>(ioctl.buffer);
  return send_pass_through(
      unit, ioctl, irp,
      {header, base + header->DataBufferOffset, nullptr, reinterpret_cast<UCHAR*>(base + header->SenseInfoOffset)});
}

/// SP-321: the caller's own buffer, locked while the request is out.
NTSTATUS pass_through_direct(LogicalUnit& unit, const Ioctl& ioctl, IRP* irp) {
  if (ioctl.input < sizeof(SCSI_PASS_THROUGH_DIRECT)) return complete_irp(irp, STATUS_BUFFER_TOO_SMALL);
  auto* header = static_cast<SCSI_PASS_THROUGH_DIRECT*>(ioctl.buffer);
  const ULONG mask = unit.adapter->config.AlignmentMask;
  if (header->Length != sizeof(*header) || header->CdbLength > sizeof(header->Cdb) ||
      !areas_fit(*reinterpret_cast<SCSI_PASS_THROUGH*>(header), ioctl, true) ||
      (header->DataTransferLength && (!header->DataBuffer || (reinterpret_cast<ULONG_PTR>(header->DataBuffer) & mask))))
    return complete_irp(irp, STATUS_INVALID_PARAMETER);
  MDL* mdl = nullptr;
  if (header->DataTransferLength) {
    mdl = IoAllocateMdl(header->DataBuffer, header->DataTransferLength, FALSE, FALSE, nullptr);
    if (!mdl) return complete_irp(irp, STATUS_INSUFFICIENT_RESOURCES);
    const NTSTATUS locked = lock_pages(mdl, header->DataIn == SCSI_IOCTL_DATA_OUT ? IoReadAccess : IoWriteAccess);
    if (!NT_SUCCESS(locked)) {
      IoFreeMdl(mdl);
      return complete_irp(irp, locked);
    }
  }
  auto* sense = reinterpret_cast<UCHAR*>(static_cast<std::byte*>(ioctl.buffer) + header->SenseInfoOffset);
  const NTSTATUS status = send_pass_through(
      unit, ioctl, irp, {reinterpret_cast<SCSI_PASS_THROUGH*>(header), header->DataBuffer, mdl, sense});
  if (mdl) {
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
  }
  return status;
}

/// SP-336: to whichever unit stands first; a miniport looks at the buffer only.
NTSTATUS scsi_miniport(Adapter& adapter, LogicalUnit* unit, const Ioctl& ioctl, IRP* irp) {
  auto* control = static_cast<SRB_IO_CONTROL*>(ioctl.buffer);
  if (ioctl.input < sizeof(SRB_IO_CONTROL) || control->HeaderLength != sizeof(SRB_IO_CONTROL))
    return complete_irp(irp, STATUS_INVALID_PARAMETER);
  const std::uint64_t needed = std::uint64_t{control->HeaderLength} + control->Length;
  if (needed > std::max(ioctl.input, ioctl.output)) return complete_irp(irp, STATUS_INVALID_PARAMETER);
  if (!unit) unit = unit_for_adapter(adapter);
  if (!unit) return complete_irp(irp, STATUS_DEVICE_DOES_NOT_EXIST);
  OwnRequest request;
  request.function = SRB_FUNCTION_IO_CONTROL;
  request.timeout_s = control->Timeout;
  request.buffer = control;
  request.length = static_cast<ULONG>(needed);
  request.irp = irp;
  const OwnResult result = send_and_wait(*unit, request);
  return complete_irp(irp, result.status, NT_SUCCESS(result.status) ? std::min(result.length, ioctl.output) : 0);
}

NTSTATUS get_address(const LogicalUnit& unit, const Ioctl& ioctl, IRP* irp) {
  if (ioctl.output < sizeof(SCSI_ADDRESS)) return complete_irp(irp, STATUS_BUFFER_TOO_SMALL);
  SCSI_ADDRESS answer{};
  answer.Length = sizeof(answer);
  answer.PortNumber = static_cast<UCHAR>(unit.adapter->number);
  answer.PathId = unit.address.path;
  answer.TargetId = unit.address.target;
  answer.Lun = unit.address.lun;
  return complete_irp(irp, STATUS_SUCCESS, put(ioctl, answer));
}

/// The unit a pass-through request on the adapter names.
LogicalUnit* named_unit(Adapter& adapter, const Ioctl& ioctl) {
  if (ioctl.input < sizeof(SCSI_PASS_THROUGH)) return nullptr;
  const auto* header = static_cast<const SCSI_PASS_THROUGH*>(ioctl.buffer);
  return find_unit(adapter, {header->PathId, header->TargetId, header->Lun});
}

}  // namespace

NTSTATUS fdo_device_control(Adapter& adapter, DEVICE_OBJECT*, IRP* irp) {
  const Ioctl ioctl = ioctl_of(irp);
  if (adapter.lifecycle == Lifecycle::SurpriseRemoved) return complete_irp(irp, STATUS_DEVICE_DOES_NOT_EXIST);
  switch (ioctl.code) {
    case IOCTL_STORAGE_RESET_BUS:
    case kObsoleteResetBus:
      return reset_bus_request(adapter, ioctl, irp);
    case IOCTL_STORAGE_BREAK_RESERVATION:
      return break_reservation(adapter, ioctl, irp);
    case IOCTL_STORAGE_RESET_DEVICE:
    case kObsoleteResetDevice:
      return complete_irp(irp, STATUS_INVALID_DEVICE_REQUEST);  // SP-328
    case IOCTL_SCSI_GET_CAPABILITIES:
      return get_capabilities(adapter, ioctl, irp);
    case IOCTL_SCSI_GET_INQUIRY_DATA:
      return get_inquiry_data(adapter, ioctl, irp);
    case IOCTL_SCSI_RESCAN_BUS:
      return rescan(adapter, irp);
    case IOCTL_SCSI_GET_ADDRESS:
      return complete_irp(irp, STATUS_INVALID_DEVICE_REQUEST);  // SP-333
    case IOCTL_SCSI_MINIPORT:
      return scsi_miniport(adapter, nullptr, ioctl, irp);
    case IOCTL_STORAGE_QUERY_PROPERTY:
      return query_property(adapter, nullptr, ioctl, irp);
    case IOCTL_SCSI_PASS_THROUGH:
    case IOCTL_SCSI_PASS_THROUGH_DIRECT: {
      if (ioctl.input < sizeof(SCSI_PASS_THROUGH)) return complete_irp(irp, STATUS_BUFFER_TOO_SMALL);
      LogicalUnit* unit = named_unit(adapter, ioctl);
      if (!unit || !unit->pdo) return complete_irp(irp, STATUS_DEVICE_DOES_NOT_EXIST);
      return ioctl.code == IOCTL_SCSI_PASS_THROUGH ? pass_through(*unit, ioctl, irp)
                                                   : pass_through_direct(*unit, ioctl, irp);
    }
    default:
      return complete_irp(irp, STATUS_NOT_SUPPORTED);  // SP-337
  }
}

NTSTATUS pdo_device_control(LogicalUnit& unit, DEVICE_OBJECT*, IRP* irp) {
  Adapter& adapter = *unit.adapter;
  const Ioctl ioctl = ioctl_of(irp);
  if (unit.removed || adapter.lifecycle == Lifecycle::SurpriseRemoved)
    return complete_irp(irp, STATUS_DEVICE_DOES_NOT_EXIST);
  switch (ioctl.code) {
    case IOCTL_SCSI_GET_ADDRESS:
      return get_address(unit, ioctl, irp);
    case IOCTL_SCSI_PASS_THROUGH:
      return pass_through(unit, ioctl, irp);
    case IOCTL_SCSI_PASS_THROUGH_DIRECT:
      return pass_through_direct(unit, ioctl, irp);
    case IOCTL_SCSI_MINIPORT:
      return scsi_miniport(adapter, &unit, ioctl, irp);
    case IOCTL_STORAGE_QUERY_PROPERTY:
      return query_property(adapter, &unit, ioctl, irp);
    case IOCTL_SCSI_GET_CAPABILITIES:
      return complete_irp(irp, STATUS_INVALID_DEVICE_REQUEST);  // SP-332
    default:
      return fdo_device_control(adapter, adapter.fdo, irp);  // SP-337: passed down
  }
}

}  // namespace drydock::port::scsiport
