#include "class/disk/send.h"

#include <algorithm>

#include "class/disk/kernel.h"

namespace drydock::class_::disk {

PoolBuffer::PoolBuffer(ULONG bytes)
    : memory_(static_cast<UCHAR*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, bytes, kPoolTag))), bytes_(bytes) {}

PoolBuffer::~PoolBuffer() {
  if (memory_ != nullptr) ExFreePoolWithTag(memory_, kPoolTag);
}

namespace {

struct Waiter {
  KEVENT event;
  NTSTATUS status;
};

void wake(Packet& packet, NTSTATUS status) {
  auto& waiter = *static_cast<Waiter*>(packet.context);
  waiter.status = status;
  KeSetEvent(&waiter.event, 0, FALSE);
}

NTSTATUS submit_and_wait(Packet& packet) {
  Waiter waiter{};
  KeInitializeEvent(&waiter.event, NotificationEvent, FALSE);
  packet.context = &waiter;
  submit(packet);
  KeWaitForSingleObject(&waiter.event, Executive, KernelMode, FALSE, nullptr);
  return waiter.status;
}

}  // namespace

namespace {

/// Data of one command: in which direction, and how much.
struct Data {
  UCHAR* at = nullptr;
  ULONG bytes = 0;
  ULONG direction = 0;  ///< SRB_FLAGS_DATA_IN or _OUT
};

NTSTATUS send(Fdo& fdo, std::span<const UCHAR> cdb, Data data, ULONG timeout_s, ULONG* moved) {
  Packet* packet = take_packet(fdo);
  if (packet == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  std::ranges::copy(cdb, prepare_command(*packet, static_cast<UCHAR>(cdb.size()), wake));
  packet->srb.TimeOutValue = timeout_s;
  MDL* mdl = nullptr;
  if (data.at != nullptr) {
    mdl = IoAllocateMdl(data.at, data.bytes, FALSE, FALSE, nullptr);
    if (mdl == nullptr) {
      give_back(*packet);
      return STATUS_INSUFFICIENT_RESOURCES;
    }
    MmBuildMdlForNonPagedPool(mdl);
    packet->mdl = mdl;
    packet->buffer = data.at;
    packet->length = data.bytes;
    packet->flags |= data.direction;
  }
  NTSTATUS status = submit_and_wait(*packet);
  const ULONG came = packet->srb.DataTransferLength;
  if (status == STATUS_DATA_OVERRUN && data.direction == SRB_FLAGS_DATA_IN && came <= data.bytes)
    status = STATUS_SUCCESS;
  if (moved != nullptr) *moved = NT_SUCCESS(status) ? came : 0;
  if (mdl != nullptr) IoFreeMdl(mdl);
  give_back(*packet);
  return status;
}

}  // namespace

NTSTATUS send_command(Fdo& fdo, std::span<const UCHAR> cdb, PoolBuffer* from_device, ULONG timeout_s, ULONG* moved) {
  const Data data = from_device ? Data{from_device->data(), from_device->size(), SRB_FLAGS_DATA_IN} : Data{};
  return send(fdo, cdb, data, timeout_s, moved);
}

NTSTATUS send_data(Fdo& fdo, std::span<const UCHAR> cdb, const PoolBuffer& to_device, ULONG bytes, ULONG timeout_s) {
  return send(fdo, cdb, {to_device.data(), bytes, SRB_FLAGS_DATA_OUT}, timeout_s, nullptr);
}

NTSTATUS send_function(Fdo& fdo, UCHAR function) {
  Packet* packet = take_packet(fdo);
  if (packet == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  prepare(*packet, function, wake);
  packet->flags = 0;
  packet->retries_left = 0;
  submit_and_wait(*packet);
  const NTSTATUS status = packet->irp->IoStatus.Status;  // SP-094 says it by this
  give_back(*packet);
  return status;
}

NTSTATUS ask_below(Fdo& fdo, ULONG code, std::span<const UCHAR> input, std::span<UCHAR> output,
                   ULONG_PTR* information) {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  IO_STATUS_BLOCK iosb{};
  IRP* irp =
      IoBuildDeviceIoControlRequest(code, fdo.lower, const_cast<UCHAR*>(input.data()), static_cast<ULONG>(input.size()),
                                    output.data(), static_cast<ULONG>(output.size()), FALSE, &event, &iosb);
  if (irp == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  NTSTATUS status = IofCallDriver(fdo.lower, irp);
  if (status == STATUS_PENDING) {
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr);
    status = iosb.Status;
  }
  if (information != nullptr) *information = iosb.Information;
  return status;
}

}  // namespace drydock::class_::disk
