#pragma once
// A disk: the functional device above the PDO of a logical unit.

#include <cstdint>

#include "class/disk/names.h"
#include "class/disk/packet.h"
#include "class/disk/statistics.h"
#include "nt/irp.h"
#include "nt/remove_lock.h"
#include "nt/scsi.h"
#include "nt/srb.h"

namespace drydock::class_::disk {

inline constexpr ULONG kPoolTag = 0x44536373;   // "scSD"
inline constexpr ULONG kTimeoutDefault_s = 10;  // SP-228
inline constexpr ULONG kSectorDefault = 512;
inline constexpr unsigned kPacketsFirst = 16;                                  ///< made with the disk
inline constexpr unsigned kPacketsMax = 256;                                   ///< made under load
inline constexpr ULONG kErrorsBeforeUntagged = 4, kErrorsBeforeConnected = 8;  // SP-237

enum class Stage : std::uint8_t { Added, Started, Stopped, SurpriseRemoved, Removed };

/// What READ CAPACITY said.
struct Capacity {
  ULONGLONG blocks = 0;  ///< 0: not known
  ULONG block_bytes = kSectorDefault;
  unsigned shift = 9;
  ULONGLONG bytes() const { return blocks << shift; }
};

/// Whether the unit does UNMAP.
enum class TrimSupport : std::uint8_t { Unknown, No, Yes };

/// A power IRP on its way through the steps of power.cpp.
struct PowerSequence {
  IRP* irp = nullptr;
  const struct PowerStep* next = nullptr;
  Packet* packet = nullptr;
  bool locked = false;
};

struct Fdo {
  DEVICE_OBJECT* device = nullptr;
  DEVICE_OBJECT* pdo = nullptr;
  DEVICE_OBJECT* lower = nullptr;
  IO_REMOVE_LOCK remove_lock{};
  Stage stage = Stage::Added;
  DiskNames names;
  std::uint32_t statistics_index = 0;
  bool claimed = false;
  LONG paging_paths = 0;
  UNICODE_STRING interface_link{};
  bool interface_on = false;

  // What the port says of itself and of the unit.
  ULONG transfer_bytes_max = PAGE_SIZE;
  bool adapter_queues = false;
  bool unit_queues = false;
  bool removable = false;
  bool write_cache = false;
  bool force_unit_access = false;  ///< the device heeds it (DPOFUA)
  bool write_protected = false;
  TrimSupport trim = TrimSupport::Unknown;
  SCSI_ADDRESS address{};
  INQUIRYDATA inquiry{};
  Capacity capacity;
  NTSTATUS ready_status = 0;  ///< of the last READ CAPACITY

  // How requests are sent.
  ULONG srb_flags = 0;
  ULONG timeout_s = kTimeoutDefault_s;
  ULONG error_count = 0;

  // Packets.
  Packet* free = nullptr;
  Packet* made = nullptr;
  unsigned packet_count = 0;
  LIST_ENTRY deferred{};  ///< requests that found no packet, by Tail.Overlay.ListEntry
  bool serving_deferred = false;

  // The port's queue.
  Packet* release_packet = nullptr;
  bool release_under_way = false;
  bool release_again = false;

  PowerSequence power;
  DEVICE_POWER_STATE device_power = PowerDeviceD0;

  bool wide() const { return capacity.blocks > 0x1'0000'0000; }
  bool is_gone() const { return stage == Stage::SurpriseRemoved || stage == Stage::Removed; }
  DiskStatistics& statistics() const;
};

inline Fdo& fdo_of(const DEVICE_OBJECT* device) {
  return *static_cast<Fdo*>(device->DeviceExtension);
}

/// Ends `irp` here.
NTSTATUS complete(IRP* irp, NTSTATUS status, ULONG_PTR information = 0);
/// Keeps the device in place for `irp`. False once it is gone: then `irp` has been completed with
/// STATUS_DEVICE_DOES_NOT_EXIST.
bool enter(Fdo& fdo, IRP* irp);
void leave(Fdo& fdo, IRP* irp);
/// Passes `irp` down as it is, and lets go of the device.
NTSTATUS pass_down(Fdo& fdo, IRP* irp);

NTSTATUS NTAPI DiskAddDevice(DRIVER_OBJECT* DriverObject, DEVICE_OBJECT* PhysicalDeviceObject);
NTSTATUS NTAPI DiskPnp(DEVICE_OBJECT* DeviceObject, IRP* Irp);
NTSTATUS NTAPI DiskPower(DEVICE_OBJECT* DeviceObject, IRP* Irp);
NTSTATUS NTAPI DiskReadWrite(DEVICE_OBJECT* DeviceObject, IRP* Irp);
NTSTATUS NTAPI DiskShutdownFlush(DEVICE_OBJECT* DeviceObject, IRP* Irp);
NTSTATUS NTAPI DiskDeviceControl(DEVICE_OBJECT* DeviceObject, IRP* Irp);

/// What runs when a start IRP came back from below (start.cpp). IRQL: PASSIVE_LEVEL.
NTSTATUS start_disk(Fdo& fdo);
/// Asks the unit for its capacity. IRQL: PASSIVE_LEVEL.
NTSTATUS read_capacity(Fdo& fdo);

}  // namespace drydock::class_::disk
