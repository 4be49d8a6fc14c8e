#include "port/scsiport/claims.h"

#include <cstring>
#include <utility>

#include "port/scsiport/kernel.h"

namespace drydock::port::scsiport {

namespace {

/// Some buses name an interrupt by its level, some by its vector.
ULONG line_of(const Adapter& adapter) {
  return adapter.interrupt_level ? adapter.interrupt_level : adapter.interrupt_vector;
}

/// A raw resource list in pool, as long as this lives.
class ResourceList {
 public:
  ResourceList(const Adapter& adapter, ULONG room) {
    bytes_ = sizeof(CM_RESOURCE_LIST) + room * sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR);
    list_ = static_cast<CM_RESOURCE_LIST*>(ExAllocatePoolWithTag(PagedPool, bytes_, kPoolTag));
    if (!list_) return;
    std::memset(static_cast<void*>(list_), 0, bytes_);
    list_->Count = 1;
    list_->List[0].InterfaceType = adapter.hw.AdapterInterfaceType;
    list_->List[0].BusNumber = adapter.bus_number;
    partial().Version = partial().Revision = 1;
  }
  ~ResourceList() {
    if (list_) ExFreePoolWithTag(list_, kPoolTag);
  }
  ResourceList(const ResourceList&) = delete;
  ResourceList& operator=(const ResourceList&) = delete;

  void add_range(bool memory, std::uint64_t start, ULONG length) {
    CM_PARTIAL_RESOURCE_DESCRIPTOR& range = next();
    range.Type = memory ? CmResourceTypeMemory : CmResourceTypePort;
    range.ShareDisposition = CmResourceShareDeviceExclusive;
    range.Flags = memory ? CM_RESOURCE_MEMORY_READ_WRITE : CM_RESOURCE_PORT_IO;
    range.u.Generic.Start.QuadPart = static_cast<LONGLONG>(start);
    range.u.Generic.Length = length;
  }
  void add_interrupt(const Adapter& adapter) {
    CM_PARTIAL_RESOURCE_DESCRIPTOR& interrupt = next();
    interrupt.Type = CmResourceTypeInterrupt;
    interrupt.ShareDisposition = adapter.interrupt_shared ? CmResourceShareShared : CmResourceShareDeviceExclusive;
    interrupt.Flags =
        adapter.interrupt_mode == Latched ? CM_RESOURCE_INTERRUPT_LATCHED : CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE;
    interrupt.u.Interrupt.Level = interrupt.u.Interrupt.Vector = line_of(adapter);
    interrupt.u.Interrupt.Affinity = adapter.interrupt_affinity;
  }
  CM_RESOURCE_LIST* get() { return list_; }
  ULONG bytes() const { return bytes_; }

 private:
  CM_PARTIAL_RESOURCE_LIST& partial() { return list_->List[0].PartialResourceList; }
  CM_PARTIAL_RESOURCE_DESCRIPTOR& next() { return partial().PartialDescriptors[partial().Count++]; }
  CM_RESOURCE_LIST* list_ = nullptr;
  ULONG bytes_ = 0;
};

/// The two AT disk controllers: their command ports, and where it is said that they have an owner.
struct AtDisk {
  ULONG port;
  BOOLEAN PORT_CONFIGURATION_INFORMATION::*offered;
  BOOLEAN CONFIGURATION_INFORMATION::*claimed;
};
constexpr AtDisk kAtDisks[] = {
    {0x1F0, &PORT_CONFIGURATION_INFORMATION::AtdiskPrimaryClaimed,
     &CONFIGURATION_INFORMATION::AtDiskPrimaryAddressClaimed},
    {0x170, &PORT_CONFIGURATION_INFORMATION::AtdiskSecondaryClaimed,
     &CONFIGURATION_INFORMATION::AtDiskSecondaryAddressClaimed},
};
constexpr ULONG kAtDiskPorts = 8;

/// The interrupt that the configuration names, as the processor sees it. False if this computer has no such line.
bool take_configured_interrupt(Adapter& adapter) {
  const PORT_CONFIGURATION_INFORMATION& config = adapter.config;
  adapter.interrupt_level = config.BusInterruptLevel;
  adapter.interrupt_vector = config.BusInterruptVector;
  adapter.interrupt_mode = config.InterruptMode;
  adapter.interrupt_shared = config.InterruptMode == LevelSensitive;
  if (!line_of(adapter)) return true;
  adapter.translated_vector =
      HalGetInterruptVector(config.AdapterInterfaceType, adapter.bus_number, line_of(adapter),
                            config.BusInterruptVector, &adapter.interrupt_irql, &adapter.interrupt_affinity);
  return adapter.has_interrupt_resource = adapter.translated_vector != 0;
}

/// What the miniport filled in becomes the adapter's, and `list` says so.
void list_configuration(Adapter& adapter, ResourceList& list) {
  // Where the port put them, whatever the miniport did to the pointer.
  const auto* ranges = reinterpret_cast<const ACCESS_RANGE*>(adapter.guest_config + 1);
  adapter.ranges.clear();
  for (ULONG i = 0; i < adapter.hw.NumberOfAccessRanges; ++i) {
    const ACCESS_RANGE& range = ranges[i];
    if (!range.RangeLength) continue;
    const auto start = static_cast<std::uint64_t>(range.RangeStart.QuadPart);
    adapter.ranges.push_back({range.RangeInMemory != FALSE, start, start, range.RangeLength});
    list.add_range(range.RangeInMemory, start, range.RangeLength);
  }
  if (adapter.has_interrupt_resource) list.add_interrupt(adapter);
}

ULONG room_of(const Adapter& adapter) {
  return adapter.hw.NumberOfAccessRanges + 1 + static_cast<ULONG>(std::size(kAtDisks));
}

}  // namespace

bool range_is_free(const Adapter& adapter, bool memory, std::uint64_t start, ULONG length) {
  ResourceList list(adapter, 1);
  if (!list.get()) return false;
  list.add_range(memory, start, length);
  BOOLEAN conflict = FALSE;
  IoReportResourceForDetection(adapter.driver->object, list.get(), list.bytes(), nullptr, nullptr, 0, &conflict);
  if (conflict) return false;
  IoReportResourceForDetection(adapter.driver->object, nullptr, 0, nullptr, nullptr, 0, &conflict);
  return true;
}

void offer_atdisk(const Adapter& adapter, PORT_CONFIGURATION_INFORMATION& config) {
  const CONFIGURATION_INFORMATION& system = *IoGetConfigurationInformation();
  for (const AtDisk& disk : kAtDisks)
    config.*disk.offered = system.*disk.claimed || !range_is_free(adapter, false, disk.port, kAtDiskPorts);
}

NTSTATUS claim_hardware(Adapter& adapter) {
  const bool unassigned = !adapter.pdo;
  if (unassigned && !take_configured_interrupt(adapter)) return STATUS_DEVICE_CONFIGURATION_ERROR;
  ResourceList list(adapter, room_of(adapter));
  if (!list.get()) return STATUS_INSUFFICIENT_RESOURCES;
  if (unassigned) list_configuration(adapter, list);
  bool taken[std::size(kAtDisks)] = {};
  bool any_taken = false;
  for (std::size_t i = 0; i < std::size(kAtDisks); ++i) {
    taken[i] = adapter.config.*kAtDisks[i].offered && !adapter.atdisk_offered[i];
    if (taken[i]) list.add_range(false, kAtDisks[i].port, kAtDiskPorts);
    any_taken |= taken[i];
  }
  if (!unassigned && !any_taken) return STATUS_SUCCESS;
  BOOLEAN conflict = FALSE;
  const NTSTATUS status = IoReportResourceForDetection(adapter.driver->object, nullptr, 0, adapter.fdo, list.get(),
                                                       list.bytes(), &conflict);
  if (!NT_SUCCESS(status)) return status;
  for (std::size_t i = 0; i < std::size(kAtDisks); ++i) {
    if (!taken[i]) continue;
    adapter.atdisk_taken[i] = true;
    IoGetConfigurationInformation()->*kAtDisks[i].claimed = TRUE;
  }
  return STATUS_SUCCESS;
}

void release_claims(Adapter& adapter) {
  for (std::size_t i = 0; i < std::size(kAtDisks); ++i)
    if (std::exchange(adapter.atdisk_taken[i], false)) IoGetConfigurationInformation()->*kAtDisks[i].claimed = FALSE;
  BOOLEAN conflict;
  IoReportResourceForDetection(adapter.driver->object, nullptr, 0, adapter.fdo, nullptr, 0, &conflict);
}

NTSTATUS report_adapter(Adapter& adapter) {
  ResourceList list(adapter, room_of(adapter));
  if (!list.get()) return STATUS_INSUFFICIENT_RESOURCES;
  list_configuration(adapter, list);
  DEVICE_OBJECT* pdo = nullptr;
  const NTSTATUS status =
      IoReportDetectedDevice(adapter.driver->object, adapter.hw.AdapterInterfaceType, adapter.bus_number,
                             adapter.config.SlotNumber, list.get(), nullptr, TRUE, &pdo);
  if (!NT_SUCCESS(status)) return status;
  adapter.lower = IoAttachDeviceToDeviceStack(adapter.fdo, pdo);
  if (!adapter.lower) return STATUS_NO_SUCH_DEVICE;
  adapter.pdo = pdo;
  return STATUS_SUCCESS;
}

}  // namespace drydock::port::scsiport
