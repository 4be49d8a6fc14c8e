// What a disk learns of itself when it is started.

#include <algorithm>
#include <bit>
#include <cstring>

#include "class/disk/fdo.h"
#include "class/disk/kernel.h"
#include "class/disk/send.h"
#include "nt/ioctl.h"
#include "nt/storage.h"

namespace drydock::class_::disk {

namespace {

template <class T>
std::span<UCHAR> bytes_of(T& value) {
  return {reinterpret_cast<UCHAR*>(&value), sizeof(value)};
}

template <class T>
NTSTATUS query_property(Fdo& fdo, STORAGE_PROPERTY_ID id, T& answer) {
  STORAGE_PROPERTY_QUERY query{};
  query.PropertyId = id;
  query.QueryType = PropertyStandardQuery;
  return ask_below(fdo, IOCTL_STORAGE_QUERY_PROPERTY, bytes_of(query), bytes_of(answer));
}

/// The most an adapter takes at once: its own limit, and a page less than it has physical breaks, since a buffer need
/// not begin at a page.
ULONG transfer_bytes_max(const STORAGE_ADAPTER_DESCRIPTOR& adapter) {
  ULONG most = adapter.MaximumTransferLength;
  if (adapter.MaximumPhysicalPages > 1 && adapter.MaximumPhysicalPages - 1 < (most >> PAGE_SHIFT))
    most = (adapter.MaximumPhysicalPages - 1) << PAGE_SHIFT;
  constexpr ULONG kMost = 0x1000000;  // keeps a packet's blocks within READ (10)
  return std::clamp<ULONG>(most & ~(PAGE_SIZE - 1), PAGE_SIZE, kMost);
}

NTSTATUS ask_port(Fdo& fdo) {
  STORAGE_ADAPTER_DESCRIPTOR adapter{};
  NTSTATUS status = query_property(fdo, StorageAdapterProperty, adapter);
  if (!NT_SUCCESS(status)) return status;
  fdo.transfer_bytes_max = transfer_bytes_max(adapter);
  fdo.adapter_queues = adapter.CommandQueueing != FALSE;
  fdo.device->AlignmentRequirement = std::max(fdo.device->AlignmentRequirement, adapter.AlignmentMask);

  struct {
    STORAGE_DEVICE_DESCRIPTOR descriptor;
    UCHAR names[88];
  } unit{};
  status = query_property(fdo, StorageDeviceProperty, unit);
  if (!NT_SUCCESS(status)) return status;
  fdo.unit_queues = unit.descriptor.CommandQueueing != FALSE;
  fdo.removable = unit.descriptor.RemovableMedia != FALSE;
  if (fdo.removable) fdo.device->Characteristics |= FILE_REMOVABLE_MEDIA;

  if (NT_SUCCESS(ask_below(fdo, IOCTL_SCSI_GET_ADDRESS, {}, bytes_of(fdo.address)))) {
    DiskStatistics& account = fdo.statistics();
    account.path = fdo.address.PathId;
    account.target = fdo.address.TargetId;
    account.lun = fdo.address.Lun;
  }
  return STATUS_SUCCESS;
}

/// SP-228.
ULONG timeout_from_registry() {
  ULONG timeout = 0;
  RTL_QUERY_REGISTRY_TABLE table[2] = {};
  table[0].Flags = RTL_QUERY_REGISTRY_DIRECT;
  table[0].Name = u"TimeoutValue";
  table[0].EntryContext = &timeout;
  RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, u"Disk", table, nullptr, nullptr);
  return timeout >= 1 && timeout <= 255 ? timeout : kTimeoutDefault_s;
}

bool is_gone(NTSTATUS status) {
  return status == STATUS_NO_SUCH_DEVICE || status == STATUS_DEVICE_DOES_NOT_EXIST ||
         status == STATUS_DEVICE_NOT_CONNECTED;
}

NTSTATUS inquire(Fdo& fdo) {
  PoolBuffer answer(INQUIRYDATABUFFERSIZE);
  if (!answer) return STATUS_INSUFFICIENT_RESOURCES;
  const UCHAR cdb[CDB6GENERIC_LENGTH] = {SCSIOP_INQUIRY, 0, 0, 0, INQUIRYDATABUFFERSIZE, 0};
  const NTSTATUS status = send_command(fdo, cdb, &answer, fdo.timeout_s);
  if (NT_SUCCESS(status)) std::memcpy(&fdo.inquiry, answer.data(), INQUIRYDATABUFFERSIZE);
  return status;
}

NTSTATUS test_ready(Fdo& fdo) {
  const UCHAR cdb[CDB6GENERIC_LENGTH] = {SCSIOP_TEST_UNIT_READY};
  return send_command(fdo, cdb, nullptr, fdo.timeout_s);
}

/// Caching page: whether writes are cached, whether FUA is heeded, whether writing is allowed. A disk without the page
/// has no cache.
void sense_caching(Fdo& fdo) {
  constexpr ULONG kBytes = 4 + 20;
  constexpr UCHAR kDisableBlockDescriptors = 0x08, kWriteCacheEnabled = 0x04;
  PoolBuffer answer(kBytes);
  if (!answer) return;
  const UCHAR cdb[CDB6GENERIC_LENGTH] = {SCSIOP_MODE_SENSE, kDisableBlockDescriptors, MODE_PAGE_CACHING, 0, kBytes, 0};
  ULONG came = 0;
  fdo.write_cache = fdo.force_unit_access = fdo.write_protected = false;
  if (!NT_SUCCESS(send_command(fdo, cdb, &answer, fdo.timeout_s, &came)) || came < sizeof(MODE_PARAMETER_HEADER))
    return;
  const auto& header = answer.as<MODE_PARAMETER_HEADER>();
  fdo.force_unit_access = (header.DeviceSpecificParameter & MODE_DSP_FUA_SUPPORTED) != 0;
  fdo.write_protected = (header.DeviceSpecificParameter & MODE_DSP_WRITE_PROTECT) != 0;
  const ULONG page = sizeof(header) + header.BlockDescriptorLength;
  if (page + 3 <= came && (answer.data()[page] & 0x3F) == MODE_PAGE_CACHING)
    fdo.write_cache = (answer.data()[page + 2] & kWriteCacheEnabled) != 0;
}

void set_capacity(Fdo& fdo, ULONGLONG last_block, ULONG block_bytes) {
  // A length no READ could be cut by is one a broken disk reports.
  if (block_bytes < kSectorDefault || block_bytes > PAGE_SIZE || !std::has_single_bit(block_bytes))
    block_bytes = kSectorDefault;
  fdo.capacity = {last_block + 1, block_bytes, static_cast<unsigned>(std::countr_zero(block_bytes))};
  fdo.device->SectorSize = static_cast<USHORT>(block_bytes);
}

NTSTATUS ask_for_capacity(Fdo& fdo) {
  PoolBuffer answer(32);
  if (!answer) return STATUS_INSUFFICIENT_RESOURCES;
  PoolBuffer short_answer(sizeof(READ_CAPACITY_DATA));
  if (!short_answer) return STATUS_INSUFFICIENT_RESOURCES;
  const UCHAR cdb[CDB10GENERIC_LENGTH] = {SCSIOP_READ_CAPACITY};
  NTSTATUS status = send_command(fdo, cdb, &short_answer, fdo.timeout_s);
  if (!NT_SUCCESS(status)) return status;
  const ULONG last = big_endian_32(short_answer.data());
  if (last != 0xFFFFFFFF) {
    set_capacity(fdo, last, big_endian_32(short_answer.data() + 4));
    return STATUS_SUCCESS;
  }
  UCHAR wide[16] = {SCSIOP_READ_CAPACITY16, SERVICE_ACTION_READ_CAPACITY16};
  put_big_endian_32(wide + 10, answer.size());
  status = send_command(fdo, wide, &answer, fdo.timeout_s);
  if (NT_SUCCESS(status)) set_capacity(fdo, big_endian_64(answer.data()), big_endian_32(answer.data() + 8));
  return status;
}

}  // namespace

NTSTATUS read_capacity(Fdo& fdo) {
  fdo.ready_status = ask_for_capacity(fdo);
  return fdo.ready_status;
}

NTSTATUS start_disk(Fdo& fdo) {
  NTSTATUS status = ask_port(fdo);
  if (!NT_SUCCESS(status)) return status;
  if (fdo.stage == Stage::Added) {
    fdo.timeout_s = timeout_from_registry();
    fdo.srb_flags = fdo.removable ? 0 : SRB_FLAGS_NO_QUEUE_FREEZE;  // SP-237
    if (fdo.adapter_queues && fdo.unit_queues) fdo.srb_flags |= SRB_FLAGS_QUEUE_ACTION_ENABLE;
  }
  status = inquire(fdo);
  if (NT_SUCCESS(status)) status = test_ready(fdo);
  if (is_gone(status)) return status;
  sense_caching(fdo);
  // A disk that cannot say its size yet is started all the same and asked again.
  status = read_capacity(fdo);
  return is_gone(status) ? status : STATUS_SUCCESS;
}

}  // namespace drydock::class_::disk
