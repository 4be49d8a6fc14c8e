// Flush and shutdown: SYNCHRONIZE CACHE to the disk if it caches writes, then the same request to the adapter.

#include "class/disk/kernel.h"
#include "class/disk/transfer.h"

namespace drydock::class_::disk {

namespace {

constexpr ULONG kTimeoutFactor = 4;

void adapter_flushed(Packet& packet, NTSTATUS status) {
  Fdo& fdo = *packet.fdo;
  IRP* irp = packet.original;
  give_back(packet);
  end_request(fdo, irp, status, 0);
}

void flush_adapter(Packet& packet) {
  Fdo& fdo = *packet.fdo;
  IRP* irp = packet.original;
  const bool shutdown = IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_SHUTDOWN;
  prepare(packet, shutdown ? SRB_FUNCTION_SHUTDOWN : SRB_FUNCTION_FLUSH, adapter_flushed);
  packet.srb.TimeOutValue = fdo.timeout_s * kTimeoutFactor;
  packet.original = irp;
  submit(packet);
}

void disk_flushed(Packet& packet, NTSTATUS status) {
  if (NT_SUCCESS(status)) return flush_adapter(packet);
  adapter_flushed(packet, status);
}

}  // namespace

void start_flush(Fdo& fdo, IRP* irp, Packet& packet) {
  if (!fdo.write_cache) {
    packet.original = irp;
    return flush_adapter(packet);
  }
  UCHAR* cdb = prepare_command(packet, CDB10GENERIC_LENGTH, disk_flushed);
  cdb[0] = SCSIOP_SYNCHRONIZE_CACHE;
  packet.srb.TimeOutValue = fdo.timeout_s * kTimeoutFactor;
  packet.original = irp;
  submit(packet);
}

NTSTATUS NTAPI DiskShutdownFlush(DEVICE_OBJECT* DeviceObject, IRP* Irp) {
  Fdo& fdo = fdo_of(DeviceObject);
  DiskStatistics& account = fdo.statistics();
  ++account.requests_received;
  if (!enter(fdo, Irp)) {
    ++account.requests_failed;
    return STATUS_DEVICE_DOES_NOT_EXIST;
  }
  if (fdo.stage == Stage::Added) {
    end_request(fdo, Irp, STATUS_DEVICE_NOT_READY, 0);
    return STATUS_DEVICE_NOT_READY;
  }
  IoMarkIrpPending(Irp);
  progress_of(Irp) = {};
  Packet* packet = IsListEmpty(&fdo.deferred) ? take_packet(fdo) : nullptr;
  if (packet != nullptr)
    start_flush(fdo, Irp, *packet);
  else
    defer(fdo, Irp);
  return STATUS_PENDING;
}

}  // namespace drydock::class_::disk
