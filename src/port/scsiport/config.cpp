#include "port/scsiport/config.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "machine/machine.h"
#include "port/scsiport/claims.h"
#include "port/scsiport/kernel.h"
#include "port/scsiport/resources.h"

namespace drydock::port::scsiport {

namespace {

constexpr std::uint64_t k4GiB = 1ull << 32;

/// SP-026.
UCHAR offered_dma64() {
  const std::int64_t setting = port().settings.dma64;
  const bool offered = setting < 0 ? machine::Machine::current().memory().highest_address() >= k4GiB : setting != 0;
  return offered ? SCSI_DMA64_SYSTEM_SUPPORTED : 0;
}

/// Complete or entirely zero, in the order of the resources; what does not fit is left out.
void fill_access_ranges(const Adapter& adapter, ACCESS_RANGE* ranges, ULONG count) {
  std::memset(static_cast<void*>(ranges), 0, count * sizeof(ACCESS_RANGE));
  for (ULONG i = 0; i < std::min<std::size_t>(count, adapter.ranges.size()); ++i) {
    ranges[i].RangeStart.QuadPart = static_cast<LONGLONG>(adapter.ranges[i].bus_start);
    ranges[i].RangeLength = static_cast<ULONG>(adapter.ranges[i].length);
    ranges[i].RangeInMemory = adapter.ranges[i].memory;
  }
}

}  // namespace

bool build_config(Adapter& adapter, const Parameters& parameters) {
  const HW_INITIALIZATION_DATA& hw = adapter.hw;
  const SIZE_T bytes = sizeof(PORT_CONFIGURATION_INFORMATION) + hw.NumberOfAccessRanges * sizeof(ACCESS_RANGE);
  if (!adapter.guest_config)
    adapter.guest_config =
        static_cast<PORT_CONFIGURATION_INFORMATION*>(ExAllocatePoolWithTag(NonPagedPool, bytes, kPoolTag));
  if (!adapter.guest_config) return false;
  PORT_CONFIGURATION_INFORMATION& config = *adapter.guest_config;
  config = PORT_CONFIGURATION_INFORMATION{};
  config.Length = sizeof(config);
  config.SystemIoBusNumber = adapter.bus_number;
  config.AdapterInterfaceType = hw.AdapterInterfaceType;
  config.BusInterruptLevel = adapter.interrupt_level;
  config.BusInterruptVector = adapter.interrupt_vector;
  config.InterruptMode = hw.AdapterInterfaceType == PCIBus ? LevelSensitive : Latched;
  config.MaximumTransferLength = SP_UNINITIALIZED_VALUE;
  config.NumberOfPhysicalBreaks = parameters.physical_breaks;
  config.DmaChannel = config.DmaPort = SP_UNINITIALIZED_VALUE;
  config.DmaChannel2 = config.DmaPort2 = SP_UNINITIALIZED_VALUE;
  config.NumberOfAccessRanges = hw.NumberOfAccessRanges;
  auto* ranges = reinterpret_cast<ACCESS_RANGE*>(adapter.guest_config + 1);
  config.AccessRanges = reinterpret_cast<decltype(config.AccessRanges)>(ranges);
  fill_access_ranges(adapter, ranges, hw.NumberOfAccessRanges);
  std::fill(std::begin(config.InitiatorBusId), std::end(config.InitiatorBusId),
            static_cast<CHAR>(port().settings.initiator_bus_id));
  config.MapBuffers = hw.MapBuffers;
  config.NeedPhysicalAddresses = hw.NeedPhysicalAddresses;
  config.TaggedQueuing = hw.TaggedQueuing;
  config.AutoRequestSense = hw.AutoRequestSense;
  config.MultipleRequestPerLu = hw.MultipleRequestPerLu;
  config.ReceiveEvent = hw.ReceiveEvent;
  config.MaximumNumberOfTargets = SCSI_MAXIMUM_TARGETS;
  config.MaximumNumberOfLogicalUnits = SCSI_MAXIMUM_LOGICAL_UNITS;
  config.SlotNumber = adapter.slot_number;
  config.DeviceExtensionSize = hw.DeviceExtensionSize;
  config.SpecificLuExtensionSize = hw.SpecificLuExtensionSize;
  config.SrbExtensionSize = hw.SrbExtensionSize;
  config.Dma64BitAddresses = offered_dma64();
  offer_atdisk(adapter, config);
  adapter.atdisk_offered[0] = config.AtdiskPrimaryClaimed;
  adapter.atdisk_offered[1] = config.AtdiskSecondaryClaimed;
  return true;
}

void adopt_config(Adapter& adapter, const Parameters& parameters) {
  PORT_CONFIGURATION_INFORMATION& config = adapter.config;
  config = *adapter.guest_config;
  config.MaximumNumberOfTargets =
      static_cast<UCHAR>(std::min<ULONG>(config.MaximumNumberOfTargets, SCSI_MAXIMUM_TARGETS_PER_BUS));
  config.NumberOfBuses = static_cast<UCHAR>(std::min<ULONG>(config.NumberOfBuses, SCSI_MAXIMUM_BUSES));
  adapter.map_buffers = config.MapBuffers;
  adapter.caches_data = config.CachesData;
  adapter.auto_request_sense = config.AutoRequestSense;
  adapter.tagged_queuing = config.TaggedQueuing && !parameters.disable_tagged_queuing;
  adapter.multiple_requests = config.MultipleRequestPerLu && !parameters.disable_multiple_requests;
  if (adapter.multiple_requests && !adapter.auto_request_sense) {
    violation(&adapter, Check::MultipleRequestsWithoutAutosense,
              "MultipleRequestPerLu without AutoRequestSense: it counts as off");
    adapter.multiple_requests = false;
  }
  if (adapter.hw.AdapterInterfaceType == PCIBus && adapter.has_interrupt_resource &&
      (config.BusInterruptLevel != adapter.interrupt_level || config.BusInterruptVector != adapter.interrupt_vector))
    violation(&adapter, Check::InterruptNotAccepted,
              fmt::format("HwScsiFindAdapter put interrupt {}, vector 0x{:x} in place of the adapter's {}, 0x{:x}",
                          config.BusInterruptLevel, config.BusInterruptVector, adapter.interrupt_level,
                          adapter.interrupt_vector));
  if (config.NumberOfBuses == 0) violation(&adapter, Check::NoBuses, "HwScsiFindAdapter found an adapter with no bus");
  adapter.default_srb_flags = (parameters.disable_synchronous_transfers ? SRB_FLAGS_DISABLE_SYNCH_TRANSFER : 0) |
                              (parameters.disable_disconnects ? SRB_FLAGS_DISABLE_DISCONNECT : 0);
  adapter.sense_length = parameters.sense_bytes;
  adapter.dma64 = reaches_64_bits(config);
}

}  // namespace drydock::port::scsiport
