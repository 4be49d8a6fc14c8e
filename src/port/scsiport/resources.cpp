#include "port/scsiport/resources.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "machine/machine.h"
#include "machine/processor.h"
#include "port/scsiport/claims.h"
#include "port/scsiport/kernel.h"
#include "port/scsiport/miniport.h"
#include "port/scsiport/notification.h"
#include "port/scsiport/slots.h"

namespace drydock::port::scsiport {

namespace {

std::uint64_t long_length(const CM_PARTIAL_RESOURCE_DESCRIPTOR& descriptor) {
  const std::uint64_t length = descriptor.u.Memory.Length;
  switch (descriptor.Flags & CM_RESOURCE_MEMORY_LARGE) {
    case CM_RESOURCE_MEMORY_LARGE_40:
      return length << 8;
    case CM_RESOURCE_MEMORY_LARGE_48:
      return length << 16;
    case CM_RESOURCE_MEMORY_LARGE_64:
      return length << 32;
    default:
      return length;
  }
}

void take_interrupt(Adapter& adapter, const CM_PARTIAL_RESOURCE_DESCRIPTOR& raw,
                    const CM_PARTIAL_RESOURCE_DESCRIPTOR& translated) {
  if (adapter.has_interrupt_resource) return;  // one is all that SCSI Port uses
  adapter.has_interrupt_resource = true;
  const bool message = raw.Flags & CM_RESOURCE_INTERRUPT_MESSAGE;
  adapter.interrupt_level = message ? translated.u.MessageInterrupt.Translated.Level : raw.u.Interrupt.Level;
  adapter.interrupt_vector = message ? translated.u.MessageInterrupt.Translated.Vector : raw.u.Interrupt.Vector;
  adapter.interrupt_irql =
      static_cast<KIRQL>(message ? translated.u.MessageInterrupt.Translated.Level : translated.u.Interrupt.Level);
  adapter.translated_vector = message ? translated.u.MessageInterrupt.Translated.Vector : translated.u.Interrupt.Vector;
  adapter.interrupt_affinity =
      message ? translated.u.MessageInterrupt.Translated.Affinity : translated.u.Interrupt.Affinity;
  adapter.interrupt_mode = translated.Flags & CM_RESOURCE_INTERRUPT_LATCHED ? Latched : LevelSensitive;
  adapter.interrupt_shared = translated.ShareDisposition == CmResourceShareShared;
}

}  // namespace

void take_resources(Adapter& adapter, const CM_RESOURCE_LIST* raw, const CM_RESOURCE_LIST* translated) {
  adapter.ranges.clear();
  adapter.has_interrupt_resource = false;
  adapter.interrupt_level = adapter.interrupt_vector = adapter.translated_vector = 0;
  adapter.had_ranges = false;
  if (!raw || !translated || raw->Count == 0) return;
  const CM_FULL_RESOURCE_DESCRIPTOR& full = raw->List[0];
  adapter.bus_number = full.BusNumber;
  const CM_PARTIAL_RESOURCE_LIST& raw_list = full.PartialResourceList;
  const CM_PARTIAL_RESOURCE_LIST& translated_list = translated->List[0].PartialResourceList;
  for (ULONG i = 0; i < std::min(raw_list.Count, translated_list.Count); ++i) {
    const CM_PARTIAL_RESOURCE_DESCRIPTOR& one = raw_list.PartialDescriptors[i];
    const CM_PARTIAL_RESOURCE_DESCRIPTOR& other = translated_list.PartialDescriptors[i];
    switch (one.Type) {
      case CmResourceTypePort:
      case CmResourceTypeMemory:
      case CmResourceTypeMemoryLarge: {
        AssignedRange range;
        range.memory = one.Type != CmResourceTypePort;
        range.bus_start = static_cast<std::uint64_t>(one.u.Memory.Start.QuadPart);
        range.start = static_cast<std::uint64_t>(other.u.Memory.Start.QuadPart);
        range.length = one.Type == CmResourceTypeMemoryLarge ? long_length(one) : one.u.Memory.Length;
        adapter.ranges.push_back(range);
        break;
      }
      case CmResourceTypeInterrupt:
        take_interrupt(adapter, one, other);
        break;
      default:
        break;
    }
  }
  adapter.had_ranges = !adapter.ranges.empty();
}

bool reaches_64_bits(const PORT_CONFIGURATION_INFORMATION& config) {
  return config.Dma64BitAddresses & ~SCSI_DMA64_SYSTEM_SUPPORTED;
}

DMA_ADAPTER* get_dma_adapter(Adapter& adapter, const PORT_CONFIGURATION_INFORMATION& config) {
  if (!config.Master) return nullptr;
  DEVICE_DESCRIPTION description{};
  description.Version = DEVICE_DESCRIPTION_VERSION;
  description.Master = TRUE;
  description.ScatterGather = config.ScatterGather;
  description.Dma32BitAddresses = TRUE;
  description.Dma64BitAddresses = reaches_64_bits(config);
  description.BusNumber = adapter.bus_number;
  description.InterfaceType = config.AdapterInterfaceType;
  description.DmaWidth = config.DmaWidth;
  description.DmaSpeed = config.DmaSpeed;
  description.MaximumLength = config.MaximumTransferLength;
  ULONG map_registers = 0;
  return adapter.pdo ? IoGetDmaAdapter(adapter.pdo, &description, &map_registers)
                     : HalGetAdapter(&description, &map_registers);
}

namespace {

/// SP-361: routines that only some of the miniport's routines may call.
bool called_from(Adapter& adapter, const char* name, bool find_adapter_only) {
  const MiniportCall* call = running_call(adapter);
  const bool may = call && (call->routine == Routine::FindAdapter ||
                            (!find_adapter_only && call->routine == Routine::AdapterControl &&
                             (call->control == ScsiSetRunningConfig || call->control == ScsiSetBootConfig)));
  if (may) {
    check_irql(adapter, name, PASSIVE_LEVEL);
    return true;
  }
  violation(&adapter, Check::CalledFromWrongRoutine,
            fmt::format("{} was called from {}; only HwScsiFindAdapter{} may", name,
                        call ? routine_name(call->routine) : "outside of every routine of the miniport",
                        find_adapter_only ? "" : " and HwScsiAdapterControl(ScsiSetRunningConfig)"));
  return false;
}

Adapter* checked_adapter(const void* extension, const char* name) {
  Adapter* adapter = adapter_of(extension);
  if (!adapter)
    violation(nullptr, Check::BadNotification,
              fmt::format("{} was called with an extension pointer that is none of this port's", name));
  return adapter;
}

/// The assigned range that covers all of it; null if none does.
const AssignedRange* covering(const Adapter& adapter, std::uint64_t start, ULONG bytes, bool memory) {
  for (const AssignedRange& range : adapter.ranges)
    if (range.memory == memory && start >= range.bus_start && start + bytes <= range.bus_start + range.length && bytes)
      return &range;
  return nullptr;
}

std::string text_of(std::uint64_t start, ULONG bytes, bool memory) {
  return fmt::format("{} 0x{:x} to 0x{:x}", memory ? "memory" : "ports", start, start + bytes - 1);
}

/// SP-293: nobody else has any of it.
bool is_free(const Adapter& adapter, std::uint64_t start, ULONG bytes, bool memory) {
  if (covering(adapter, start, bytes, memory)) return true;
  for (const Adapter* other : port().adapters) {
    if (other == &adapter) continue;
    for (const AssignedRange& range : other->ranges)
      if (range.memory == memory && start < range.bus_start + range.length && range.bus_start < start + bytes)
        return false;
  }
  return range_is_free(adapter, memory, start, bytes);
}

bool was_validated(const Adapter& adapter, std::uint64_t start, ULONG bytes, bool memory) {
  return std::any_of(adapter.validated.begin(), adapter.validated.end(), [&](const AssignedRange& range) {
    return range.memory == memory && start >= range.bus_start && start + bytes <= range.bus_start + range.length;
  });
}

}  // namespace

PVOID NTAPI ScsiPortGetDeviceBase(PVOID HwDeviceExtension, INTERFACE_TYPE, ULONG, SCSI_PHYSICAL_ADDRESS IoAddress,
                                  ULONG NumberOfBytes, BOOLEAN InIoSpace) {
  Adapter* adapter = checked_adapter(HwDeviceExtension, "ScsiPortGetDeviceBase");
  if (!adapter || !called_from(*adapter, "ScsiPortGetDeviceBase", false)) return nullptr;
  const auto start = static_cast<std::uint64_t>(IoAddress.QuadPart);
  const bool memory = !InIoSpace;
  const AssignedRange* range = covering(*adapter, start, NumberOfBytes, memory);
  if (!range && (adapter->had_ranges || !is_free(*adapter, start, NumberOfBytes, memory))) {
    violation(adapter, Check::UnassignedRange,
              fmt::format("ScsiPortGetDeviceBase for {}, which the adapter was not assigned",
                          text_of(start, NumberOfBytes, memory)));
    return nullptr;
  }
  if (!range && !was_validated(*adapter, start, NumberOfBytes, memory))
    violation(adapter, Check::RangeNotValidated,
              fmt::format("ScsiPortGetDeviceBase for {} of the miniport's own choosing, which it did not pass to "
                          "ScsiPortValidateRange first",
                          text_of(start, NumberOfBytes, memory)));
  const std::uint64_t at = range ? range->start + (start - range->bus_start) : start;
  Mapping mapping;
  mapping.start = at;
  mapping.length = NumberOfBytes;
  mapping.memory = memory;
  if (memory) {
    PHYSICAL_ADDRESS physical;
    physical.QuadPart = static_cast<LONGLONG>(at);
    mapping.address = MmMapIoSpace(physical, NumberOfBytes, MmNonCached);
  } else if (at == 0) {
    violation(adapter, Check::UnassignedRange,
              "ScsiPortGetDeviceBase for port 0, whose mapping would look like a failure");
  } else {
    mapping.address = reinterpret_cast<PVOID>(at);  // SP-295: `out` takes its low 16 bits
  }
  if (mapping.address) adapter->mappings.push_back(mapping);
  return mapping.address;
}

namespace {
void unmap(const Mapping& mapping) {
  if (mapping.memory) MmUnmapIoSpace(mapping.address, mapping.length);
}
}  // namespace

void unmap_all(Adapter& adapter) {
  for (const Mapping& mapping : adapter.mappings) unmap(mapping);
  adapter.mappings.clear();
}

VOID NTAPI ScsiPortFreeDeviceBase(PVOID HwDeviceExtension, PVOID MappedAddress) {
  Adapter* adapter = checked_adapter(HwDeviceExtension, "ScsiPortFreeDeviceBase");
  if (!adapter || !called_from(*adapter, "ScsiPortFreeDeviceBase", true)) return;
  auto found = std::find_if(adapter->mappings.begin(), adapter->mappings.end(),
                            [&](const Mapping& mapping) { return mapping.address == MappedAddress; });
  if (found == adapter->mappings.end()) {
    violation(adapter, Check::UnassignedRange,
              "ScsiPortFreeDeviceBase for an address that is no mapping of the adapter");
    return;
  }
  unmap(*found);
  adapter->mappings.erase(found);
}

BOOLEAN NTAPI ScsiPortValidateRange(PVOID HwDeviceExtension, INTERFACE_TYPE, ULONG, SCSI_PHYSICAL_ADDRESS IoAddress,
                                    ULONG NumberOfBytes, BOOLEAN InIoSpace) {
  Adapter* adapter = checked_adapter(HwDeviceExtension, "ScsiPortValidateRange");
  if (!adapter || !called_from(*adapter, "ScsiPortValidateRange", true)) return FALSE;
  const auto start = static_cast<std::uint64_t>(IoAddress.QuadPart);
  if (!is_free(*adapter, start, NumberOfBytes, !InIoSpace)) return FALSE;
  adapter->validated.push_back({!InIoSpace, start, start, NumberOfBytes});
  return TRUE;
}

ULONG NTAPI ScsiPortGetBusData(PVOID DeviceExtension, ULONG BusDataType, ULONG SystemIoBusNumber, ULONG SlotNumber,
                               PVOID Buffer, ULONG Length) {
  Adapter* adapter = checked_adapter(DeviceExtension, "ScsiPortGetBusData");
  if (!adapter || !called_from(*adapter, "ScsiPortGetBusData", false)) return 0;
  const auto type = static_cast<BUS_DATA_TYPE>(BusDataType);
  if (Length) return HalGetBusDataByOffset(type, SystemIoBusNumber, SlotNumber, Buffer, 0, Length);
  // SP-298: a buffer of the port's.
  if (!adapter->bus_data) adapter->bus_data = ExAllocatePoolWithTag(NonPagedPool, kBusDataBytes, kPoolTag);
  if (!adapter->bus_data) return 0;
  *static_cast<PVOID*>(Buffer) = adapter->bus_data;
  return HalGetBusDataByOffset(type, SystemIoBusNumber, SlotNumber, adapter->bus_data, 0, kBusDataBytes);
}

ULONG NTAPI ScsiPortSetBusDataByOffset(PVOID DeviceExtension, ULONG BusDataType, ULONG SystemIoBusNumber,
                                       ULONG SlotNumber, PVOID Buffer, ULONG Offset, ULONG Length) {
  Adapter* adapter = checked_adapter(DeviceExtension, "ScsiPortSetBusDataByOffset");
  if (!adapter || !called_from(*adapter, "ScsiPortSetBusDataByOffset", false)) return 0;
  return HalSetBusDataByOffset(static_cast<BUS_DATA_TYPE>(BusDataType), SystemIoBusNumber, SlotNumber, Buffer, Offset,
                               Length);
}

PVOID NTAPI ScsiPortGetUncachedExtension(PVOID HwDeviceExtension, PORT_CONFIGURATION_INFORMATION* ConfigInfo,
                                         ULONG NumberOfBytes) {
  Adapter* adapter = checked_adapter(HwDeviceExtension, "ScsiPortGetUncachedExtension");
  if (!adapter || !called_from(*adapter, "ScsiPortGetUncachedExtension", true)) return nullptr;
  if (adapter->uncached.address) {
    violation(adapter, Check::UncachedExtensionTwice, "ScsiPortGetUncachedExtension was called a second time");
    return nullptr;
  }
  const std::int64_t limit = port().settings.uncached_extension_max;
  if (!ConfigInfo->Master || NumberOfBytes == 0 || (limit && NumberOfBytes > limit)) return nullptr;
  adapter->dma64 = reaches_64_bits(*ConfigInfo);
  if (!adapter->dma) adapter->dma = get_dma_adapter(*adapter, *ConfigInfo);
  if (!adapter->dma) return nullptr;
  adapter->uncached = allocate_dma(*adapter, NumberOfBytes);
  if (adapter->uncached.address) std::memset(adapter->uncached.address, 0, NumberOfBytes);
  adapter->config_at_uncached = *ConfigInfo;
  return adapter->uncached.address;
}

void check_dma_config_unchanged(Adapter& adapter) {
  if (!adapter.uncached.address) return;
  const PORT_CONFIGURATION_INFORMATION& before = adapter.config_at_uncached;
  const PORT_CONFIGURATION_INFORMATION& after = adapter.config;
  const char* changed = before.Master != after.Master                                   ? "Master"
                        : before.ScatterGather != after.ScatterGather                   ? "ScatterGather"
                        : before.DmaWidth != after.DmaWidth                             ? "DmaWidth"
                        : before.MaximumTransferLength != after.MaximumTransferLength   ? "MaximumTransferLength"
                        : before.NumberOfPhysicalBreaks != after.NumberOfPhysicalBreaks ? "NumberOfPhysicalBreaks"
                        : before.Dma32BitAddresses != after.Dma32BitAddresses           ? "Dma32BitAddresses"
                        : before.Dma64BitAddresses != after.Dma64BitAddresses           ? "Dma64BitAddresses"
                        : before.AutoRequestSense != after.AutoRequestSense             ? "AutoRequestSense"
                        : before.SrbExtensionSize != after.SrbExtensionSize             ? "SrbExtensionSize"
                                                                                        : nullptr;
  if (changed)
    violation(&adapter, Check::ConfigChangedAfterUncached,
              fmt::format("{} was changed after ScsiPortGetUncachedExtension had relied on it", changed));
}

SCSI_PHYSICAL_ADDRESS NTAPI ScsiPortGetPhysicalAddress(PVOID HwDeviceExtension, SCSI_REQUEST_BLOCK* Srb,
                                                       PVOID VirtualAddress, ULONG* Length) {
  SCSI_PHYSICAL_ADDRESS result{};
  Adapter* found = checked_adapter(HwDeviceExtension, "ScsiPortGetPhysicalAddress");
  if (!found) {
    *Length = 0;
    return result;
  }
  Adapter& adapter = *found;
  check_irql(adapter, "ScsiPortGetPhysicalAddress", std::max<KIRQL>(adapter.interrupt_irql, DISPATCH_LEVEL));
  const auto* at = static_cast<const std::byte*>(VirtualAddress);
  if (Slot* slot = Srb ? slot_of(adapter, Srb) : nullptr; slot && slot->state == Slot::State::Owned) {
    const auto offset = static_cast<std::size_t>(at - static_cast<const std::byte*>(slot->issued.DataBuffer));
    if (offset < slot->issued.DataTransferLength &&
        data_run(*slot->request, static_cast<ULONG>(offset), result, *Length))
      return result;
  }
  if (adapter.uncached.address && adapter.uncached.contains(at)) {
    const auto offset = static_cast<ULONG>(at - adapter.uncached.address);
    result.QuadPart = adapter.uncached.physical.QuadPart + offset;
    *Length = adapter.uncached.length - offset;
    return result;
  }
  if (adapter.slot_memory.address && adapter.slot_memory.contains(at)) {
    const auto offset = static_cast<ULONG>(at - adapter.slot_memory.address);
    const Slot& slot = adapter.slots[offset / adapter.slot_stride];
    const std::byte* sense_end = slot.sense ? slot.sense + adapter.sense_length : nullptr;
    const std::byte* extension_end = slot.extension ? slot.extension + adapter.config.SrbExtensionSize : nullptr;
    const std::byte* end = slot.sense && at >= slot.sense           ? sense_end
                           : slot.extension && at >= slot.extension ? extension_end
                                                                    : nullptr;
    if (end && at < end) {
      if (!adapter.config.NeedPhysicalAddresses && at < extension_end)
        violation(&adapter, Check::PhysicalAddressNotAskedFor,
                  "the physical address of an SRB extension was asked for, though NeedPhysicalAddresses is FALSE");
      result.QuadPart = adapter.slot_memory.physical.QuadPart + offset;
      *Length = static_cast<ULONG>(end - at);
      return result;
    }
  }
  violation(&adapter, Check::BadVirtualAddress,
            "ScsiPortGetPhysicalAddress for an address that is neither in the request's data or sense buffer nor in an "
            "SRB extension or the uncached extension",
            {reinterpret_cast<std::uint64_t>(adapter.extension), reinterpret_cast<std::uint64_t>(VirtualAddress)},
            Srb && slot_of(adapter, Srb) ? slot_of(adapter, Srb)->request : nullptr);
  *Length = 0;
  return result;
}

PVOID NTAPI ScsiPortGetVirtualAddress(PVOID HwDeviceExtension, SCSI_PHYSICAL_ADDRESS PhysicalAddress) {
  Adapter* adapter = checked_adapter(HwDeviceExtension, "ScsiPortGetVirtualAddress");
  if (!adapter) return nullptr;
  const auto offset_in = [&](const DmaBlock& block) {
    return static_cast<std::uint64_t>(PhysicalAddress.QuadPart - block.physical.QuadPart);
  };
  if (adapter->uncached.address && offset_in(adapter->uncached) < adapter->uncached.length)
    return adapter->uncached.address + offset_in(adapter->uncached);
  const std::uint64_t offset = offset_in(adapter->slot_memory);
  if (!adapter->slot_memory.address || offset >= adapter->slot_memory.length) return nullptr;
  // Of a slot, the SRB extension only.
  const Slot& slot = adapter->slots[offset / adapter->slot_stride];
  std::byte* at = adapter->slot_memory.address + offset;
  return slot.extension && at >= slot.extension && at < slot.extension + adapter->config.SrbExtensionSize ? at
                                                                                                          : nullptr;
}

SCSI_PHYSICAL_ADDRESS NTAPI ScsiPortConvertUlongToPhysicalAddress(ULONG_PTR UlongAddress) {
  SCSI_PHYSICAL_ADDRESS result;
  result.QuadPart = static_cast<LONGLONG>(UlongAddress);
  return result;
}

ULONG NTAPI ScsiPortConvertPhysicalAddressToUlong(SCSI_PHYSICAL_ADDRESS Address) {
  return Address.LowPart;
}

VOID NTAPI ScsiPortStallExecution(ULONG Delay) {
  constexpr ULONG kStallMax_us = 100'000;
  constexpr ULONG kMillisecond_us = 1000;
  // The routine does not say whose adapter it is for: the call that runs on this processor does.
  Adapter* caller = nullptr;
  MiniportCall* call = nullptr;
  for (Adapter* adapter : port().adapters) {
    MiniportCall* running = running_call(*adapter);
    if (!running || running->processor != machine::current_processor_number()) continue;
    caller = adapter;
    call = running;
  }
  if (Delay > kStallMax_us)
    violation(caller, Check::StallTooLong,
              fmt::format("ScsiPortStallExecution for {} us; at most {} are allowed", Delay, kStallMax_us), {Delay});
  if (call) {
    call->stalled += std::chrono::microseconds{Delay};
    if (call->stalled >= std::chrono::microseconds{kMillisecond_us} && !call->stall_reported &&
        call->routine != Routine::FindAdapter) {
      call->stall_reported = true;
      violation(caller, Check::StallOverMillisecond,
                fmt::format(
                    "{} has stalled for {} us, the last time for {}; less than a millisecond is allowed in one routine",
                    routine_name(call->routine),
                    std::chrono::duration_cast<std::chrono::microseconds>(call->stalled).count(), Delay));
    }
  }
  KeStallExecutionProcessor(Delay);
  if (call) check_not_hung(*caller, *call);
}

VOID NTAPI ScsiPortQuerySystemTime(LARGE_INTEGER* CurrentTime) {
  KeQuerySystemTime(CurrentTime);
}

VOID NTAPI ScsiPortMoveMemory(PVOID WriteBuffer, PVOID ReadBuffer, ULONG Length) {
  std::memmove(WriteBuffer, ReadBuffer, Length);
}

}  // namespace drydock::port::scsiport
