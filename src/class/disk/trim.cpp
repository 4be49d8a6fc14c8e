#include "class/disk/trim.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "class/disk/kernel.h"
#include "class/disk/send.h"
#include "nt/data_set.h"

namespace drydock::class_::disk {

namespace {

constexpr ULONG kHeaderBytes = 8, kDescriptorBytes = 16;
constexpr ULONG kDescriptorsMax = 32;       // of one command
constexpr ULONGLONG kBlocksMax = 0x10000;   // of one descriptor: units may refuse larger ones
constexpr UCHAR kVitalProductData = 1;      // EVPD
constexpr ULONG kTimeoutFactor = 4;

/// Collects descriptors and sends them when they are many.
class Unmap {
 public:
  explicit Unmap(Fdo& fdo) : fdo_(fdo), list_(kHeaderBytes + kDescriptorsMax * kDescriptorBytes) {}

  NTSTATUS add(ULONGLONG block, ULONGLONG blocks) {
    if (!list_) return STATUS_INSUFFICIENT_RESOURCES;
    while (blocks != 0) {
      const ULONGLONG some = std::min(blocks, kBlocksMax);
      UCHAR* descriptor = list_.data() + kHeaderBytes + count_ * kDescriptorBytes;
      put_big_endian_64(descriptor, block);
      put_big_endian_32(descriptor + 8, static_cast<ULONG>(some));
      put_big_endian_32(descriptor + 12, 0);
      block += some;
      blocks -= some;
      if (++count_ == kDescriptorsMax)
        if (const NTSTATUS status = send(); !NT_SUCCESS(status)) return status;
    }
    return STATUS_SUCCESS;
  }

  NTSTATUS send() {
    if (count_ == 0) return STATUS_SUCCESS;
    const ULONG bytes = kHeaderBytes + std::exchange(count_, 0) * kDescriptorBytes;
    put_big_endian_16(list_.data(), bytes - 2);
    put_big_endian_16(list_.data() + 2, bytes - kHeaderBytes);
    put_big_endian_32(list_.data() + 4, 0);
    UCHAR cdb[CDB10GENERIC_LENGTH] = {SCSIOP_UNMAP};
    put_big_endian_16(cdb + 7, bytes);
    return send_data(fdo_, cdb, list_, bytes, fdo_.timeout_s * kTimeoutFactor);
  }

 private:
  Fdo& fdo_;
  PoolBuffer list_;
  ULONG count_ = 0;
};

}  // namespace

bool can_trim(Fdo& fdo) {
  if (fdo.trim != TrimSupport::Unknown) return fdo.trim == TrimSupport::Yes;
  constexpr ULONG kPageBytes = 8;
  PoolBuffer page(kPageBytes);
  if (!page) return false;
  UCHAR cdb[CDB6GENERIC_LENGTH] = {SCSIOP_INQUIRY, kVitalProductData, VPD_LOGICAL_BLOCK_PROVISIONING_PAGE, 0, kPageBytes};
  ULONG moved = 0;
  const NTSTATUS status = send_command(fdo, cdb, &page, fdo.timeout_s, &moved);
  const bool yes = NT_SUCCESS(status) && moved >= 6 && page.data()[1] == VPD_LOGICAL_BLOCK_PROVISIONING_PAGE &&
                   (page.data()[5] & kProvisioningUnmap);
  // A unit that does not know the page says so; anything else may be otherwise the next time.
  if (yes || status == STATUS_INVALID_DEVICE_REQUEST || NT_SUCCESS(status))
    fdo.trim = yes ? TrimSupport::Yes : TrimSupport::No;
  return yes;
}

NTSTATUS trim(Fdo& fdo, const IRP* irp) {
  const auto& parameters = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl;
  const auto* buffer = static_cast<const UCHAR*>(irp->AssociatedIrp.SystemBuffer);
  const ULONG bytes = parameters.InputBufferLength;
  DEVICE_MANAGE_DATA_SET_ATTRIBUTES wanted;
  if (bytes < sizeof(wanted)) return STATUS_INVALID_PARAMETER;
  std::memcpy(&wanted, buffer, sizeof(wanted));
  if (wanted.Action != DeviceDsmAction_Trim || !can_trim(fdo)) return STATUS_NOT_SUPPORTED;

  const ULONGLONG size = fdo.capacity.bytes();
  Unmap unmap(fdo);
  if (wanted.Flags & DEVICE_DSM_FLAG_ENTIRE_DATA_SET_RANGE) {
    const NTSTATUS status = unmap.add(0, fdo.capacity.blocks);
    return NT_SUCCESS(status) ? unmap.send() : status;
  }
  if (wanted.DataSetRangesOffset > bytes || wanted.DataSetRangesLength > bytes - wanted.DataSetRangesOffset ||
      wanted.DataSetRangesLength % sizeof(DEVICE_DATA_SET_RANGE) != 0)
    return STATUS_INVALID_PARAMETER;
  const ULONGLONG block_mask = fdo.capacity.block_bytes - 1;
  for (ULONG at = 0; at < wanted.DataSetRangesLength; at += sizeof(DEVICE_DATA_SET_RANGE)) {
    DEVICE_DATA_SET_RANGE range;
    std::memcpy(&range, buffer + wanted.DataSetRangesOffset + at, sizeof(range));
    const auto start = static_cast<ULONGLONG>(range.StartingOffset);
    if (range.StartingOffset < 0 || start > size || range.LengthInBytes > size - start) return STATUS_INVALID_PARAMETER;
    const ULONGLONG first = (start + block_mask) >> fdo.capacity.shift;
    const ULONGLONG end = (start + range.LengthInBytes) >> fdo.capacity.shift;
    if (end <= first) continue;
    if (const NTSTATUS status = unmap.add(first, end - first); !NT_SUCCESS(status)) return status;
  }
  return unmap.send();
}

}  // namespace drydock::class_::disk
