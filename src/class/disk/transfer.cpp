#include "class/disk/transfer.h"

#include <algorithm>

#include "class/disk/cdb.h"
#include "class/disk/kernel.h"

namespace drydock::class_::disk {

namespace {

bool is_write(const IRP* irp) {
  return IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_WRITE;
}

/// The whole request has been issued and has come back.
void finish(Fdo& fdo, IRP* irp) {
  const Progress& progress = progress_of(irp);
  const NTSTATUS status = irp->IoStatus.Status;
  if (!NT_SUCCESS(status)) return end_request(fdo, irp, status, 0);
  const ULONG moved = progress.moved;
  (is_write(irp) ? fdo.statistics().bytes_written : fdo.statistics().bytes_read) += moved;
  end_request(fdo, irp, STATUS_SUCCESS, moved);
}

void transfer_ended(Packet& packet, NTSTATUS status) {
  Fdo& fdo = *packet.fdo;
  IRP* irp = packet.original;
  Progress& progress = progress_of(irp);
  if (NT_SUCCESS(status)) {
    progress.moved += packet.srb.DataTransferLength;
  } else {
    const auto at = static_cast<ULONGLONG>(static_cast<UCHAR*>(packet.buffer) -
                                           static_cast<UCHAR*>(MmGetMdlVirtualAddress(irp->MdlAddress)));
    if (!progress.failed || at < progress.failed_at) {
      progress.failed = TRUE;
      progress.failed_at = at;
      irp->IoStatus.Status = status;
    }
  }
  const ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length;
  const bool last = --progress.packets_out == 0 && (progress.failed || progress.issued == length);
  if (last && progress.deferred) RemoveEntryList(&irp->Tail.Overlay.ListEntry);
  give_back(packet);
  if (last) finish(fdo, irp);
}

void send_part(Fdo& fdo, IRP* irp, Packet& packet, ULONG offset, ULONG length) {
  const IO_STACK_LOCATION* location = IoGetCurrentIrpStackLocation(irp);
  const bool write = location->MajorFunction == IRP_MJ_WRITE;
  const bool through = write && (location->Flags & SL_WRITE_THROUGH) != 0;
  const auto first = static_cast<ULONGLONG>(location->Parameters.Read.ByteOffset.QuadPart) + offset;
  const Extent extent{first >> fdo.capacity.shift, length >> fdo.capacity.shift};

  prepare_command(packet, 0, transfer_ended);
  packet.srb.CdbLength = put_read_write(packet.srb.Cdb, write, extent, fdo.wide(), through && fdo.force_unit_access);
  packet.srb.QueueSortKey = static_cast<ULONG>(extent.block);
  packet.flags |= write ? SRB_FLAGS_DATA_OUT : SRB_FLAGS_DATA_IN;
  if (!through) packet.flags |= SRB_FLAGS_ADAPTER_CACHE_ENABLE;
  packet.original = irp;
  packet.mdl = irp->MdlAddress;
  packet.buffer = static_cast<UCHAR*>(MmGetMdlVirtualAddress(irp->MdlAddress)) + offset;
  packet.length = length;
  submit(packet);
}

/// What is wrong with a request before anything is sent.
NTSTATUS check_request(const Fdo& fdo, const IRP* irp) {
  const IO_STACK_LOCATION* location = IoGetCurrentIrpStackLocation(irp);
  const ULONG length = location->Parameters.Read.Length;
  const LONGLONG offset = location->Parameters.Read.ByteOffset.QuadPart;
  if (fdo.stage == Stage::Added) return STATUS_DEVICE_NOT_READY;
  if (offset < 0) return STATUS_INVALID_PARAMETER;
  if (fdo.capacity.blocks == 0 && !NT_SUCCESS(fdo.ready_status)) return fdo.ready_status;
  const ULONGLONG size = fdo.capacity.bytes();
  if (static_cast<ULONGLONG>(offset) > size || length > size - static_cast<ULONGLONG>(offset))
    return STATUS_INVALID_PARAMETER;
  const ULONG inside = fdo.capacity.block_bytes - 1;
  if (((static_cast<ULONG>(offset) | length) & inside) != 0) return STATUS_INVALID_PARAMETER;
  if (length != 0 && irp->MdlAddress == nullptr) return STATUS_INVALID_PARAMETER;
  if (fdo.write_protected && is_write(irp)) return STATUS_MEDIA_WRITE_PROTECTED;
  return STATUS_SUCCESS;
}

/// Sends what is left of a request. False: no packet is free for the rest.
bool issue(Fdo& fdo, IRP* irp) {
  Progress& progress = progress_of(irp);
  const ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length;
  ++progress.packets_out;
  while (progress.issued < length && !progress.failed) {
    Packet* packet = take_packet(fdo);
    if (packet == nullptr) {
      --progress.packets_out;
      return false;
    }
    const ULONG offset = progress.issued;
    const ULONG part = std::min(length - offset, fdo.transfer_bytes_max);
    progress.issued += part;
    ++progress.packets_out;
    send_part(fdo, irp, *packet, offset, part);
  }
  if (--progress.packets_out == 0) finish(fdo, irp);
  return true;
}

bool is_transfer(const IRP* irp) {
  const UCHAR major = IoGetCurrentIrpStackLocation(irp)->MajorFunction;
  return major == IRP_MJ_READ || major == IRP_MJ_WRITE;
}

}  // namespace

NTSTATUS NTAPI DiskReadWrite(DEVICE_OBJECT* DeviceObject, IRP* Irp) {
  Fdo& fdo = fdo_of(DeviceObject);
  DiskStatistics& account = fdo.statistics();
  ++account.requests_received;
  if (!enter(fdo, Irp)) {
    ++account.requests_failed;
    return STATUS_DEVICE_DOES_NOT_EXIST;
  }
  const NTSTATUS status = check_request(fdo, Irp);
  if (!NT_SUCCESS(status) || IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length == 0) {
    end_request(fdo, Irp, status, 0);
    return status;
  }
  IoMarkIrpPending(Irp);
  Irp->IoStatus.Status = STATUS_SUCCESS;
  progress_of(Irp) = {};
  if (!IsListEmpty(&fdo.deferred) || !issue(fdo, Irp)) defer(fdo, Irp);
  return STATUS_PENDING;
}

void end_request(Fdo& fdo, IRP* irp, NTSTATUS status, ULONG_PTR information) {
  DiskStatistics& account = fdo.statistics();
  ++(NT_SUCCESS(status) ? account.requests_succeeded : account.requests_failed);
  complete(irp, status, information);
  leave(fdo, irp);
}

void defer(Fdo& fdo, IRP* irp) {
  progress_of(irp).deferred = true;
  InsertTailList(&fdo.deferred, &irp->Tail.Overlay.ListEntry);
}

void serve_deferred(Fdo& fdo) {
  if (fdo.serving_deferred) return;  // a packet came back while it was being sent
  fdo.serving_deferred = true;
  while (!IsListEmpty(&fdo.deferred) && fdo.free != nullptr) {
    LIST_ENTRY* entry = RemoveHeadList(&fdo.deferred);
    IRP* irp = NT_CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
    progress_of(irp).deferred = false;
    if (!is_transfer(irp)) {
      start_flush(fdo, irp, *take_packet(fdo));
    } else if (!issue(fdo, irp)) {
      progress_of(irp).deferred = true;
      InsertHeadList(&fdo.deferred, entry);
    }
  }
  fdo.serving_deferred = false;
}

void end_deferred(Fdo& fdo) {
  while (!IsListEmpty(&fdo.deferred)) {
    IRP* irp = NT_CONTAINING_RECORD(RemoveHeadList(&fdo.deferred), IRP, Tail.Overlay.ListEntry);
    Progress& progress = progress_of(irp);
    progress.deferred = false;
    if (progress.packets_out == 0) {
      end_request(fdo, irp, STATUS_DEVICE_DOES_NOT_EXIST, 0);
      continue;
    }
    progress.failed = true;  // its last packet ends it
    progress.failed_at = progress.issued;
    irp->IoStatus.Status = STATUS_DEVICE_DOES_NOT_EXIST;
  }
}

}  // namespace drydock::class_::disk
