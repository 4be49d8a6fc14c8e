// Registers of the device, for user-mode drivers (WDF-422, WDF-423).

#include <cstring>

#include <fmt/format.h>

#include "machine/trap.h"
#include "wdf/device.h"
#include "wdf/misuse.h"
#include "wdf/um/functions.h"
#include "wdf/um/host_process.h"
#include "wdf/um/hardware.h"
#include "wdf/wdf_exports.h"

namespace drydock::wdf {

using image::exactly;
using um::Misuse;

namespace {

/// The mapping that all of [address, address + bytes) lies in; the driver may touch nothing else.
const HardwareMapping* mapping_of(const Device& device, const void* address, std::size_t bytes) {
  for (const HardwareMapping& each : device.hardware_mappings) {
    const auto offset = static_cast<std::size_t>(static_cast<const std::byte*>(address) - each.address);
    if (offset < each.bytes && bytes <= each.bytes - offset) return &each;
  }
  return nullptr;
}

bool is_assigned(const Device& device, PHYSICAL_ADDRESS start, std::size_t bytes) {
  for (ULONG i = 0; i < device.translated->count(); ++i) {
    const CM_PARTIAL_RESOURCE_DESCRIPTOR& each = *device.translated->at(i);
    if (each.Type != CmResourceTypeMemory) continue;
    const auto first = static_cast<std::uint64_t>(each.u.Memory.Start.QuadPart);
    const auto wanted = static_cast<std::uint64_t>(start.QuadPart);
    if (wanted >= first && bytes <= each.u.Memory.Length && wanted - first <= each.u.Memory.Length - bytes) return true;
  }
  return false;
}

unsigned bytes_of(WDF_DEVICE_HWACCESS_TARGET_SIZE size) {
  if (size <= WdfDeviceHwAccessTargetSizeInvalid || size >= WdfDeviceHwAccessTargetSizeMaximum)
    throw Misuse{fmt::format("asks for a register access of size {}, which there is not", static_cast<int>(size))};
  return 1u << (size - 1);
}

machine::PhysicalAddress register_at(Device& device, WDF_DEVICE_HWACCESS_TARGET_TYPE type, PVOID address,
                                     std::size_t bytes) {
  if (type != WdfDeviceHwAccessTargetTypeRegister && type != WdfDeviceHwAccessTargetTypeRegisterBuffer)
    throw Misuse{fmt::format("asks for a register access of type {}, which this device has not", static_cast<int>(type))};
  if (!mapping_of(device, address, bytes))
    throw Misuse{fmt::format("touches {} bytes of registers at {}, which WdfDeviceMapIoSpace did not give it", bytes,
                             address)};
  return machine::Machine::current().memory().device_pa(address);
}

/// The driver's memory beside the device's.
void require_buffer(const Device& device, PVOID buffer, std::size_t bytes, bool write) {
  if (!buffer) throw Misuse{"gives a register access of many no buffer"};
  um::require_range(*device.client().host, reinterpret_cast<std::uint64_t>(buffer), bytes, write, "a buffer");
}

}  // namespace

NTSTATUS NTAPI WdfDeviceMapIoSpace(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle, PHYSICAL_ADDRESS PhysicalAddress,
                                   size_t NumberOfBytes, MEMORY_CACHING_TYPE CacheType, PVOID* PseudoBaseAddress) {
  Device& device = object_as<Device>(Handle);
  require_pointer(PseudoBaseAddress, "WdfDeviceMapIoSpace's PseudoBaseAddress");
  *PseudoBaseAddress = nullptr;
  if (!device.direct_hardware_access) return STATUS_ACCESS_DENIED;
  if (NumberOfBytes == 0) return STATUS_INVALID_PARAMETER;
  if (!is_assigned(device, PhysicalAddress, NumberOfBytes)) return STATUS_INVALID_PARAMETER;
  PVOID address = MmMapIoSpace(PhysicalAddress, NumberOfBytes, CacheType);
  if (!address) return STATUS_INSUFFICIENT_RESOURCES;
  device.hardware_mappings.push_back({static_cast<std::byte*>(address), NumberOfBytes});
  *PseudoBaseAddress = address;
  return STATUS_SUCCESS;
}

VOID NTAPI WdfDeviceUnmapIoSpace(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle, PVOID PseudoBaseAddress, size_t NumberOfBytes) {
  Device& device = object_as<Device>(Handle);
  auto& all = device.hardware_mappings;
  for (auto at = all.begin(); at != all.end(); ++at) {
    if (at->address != PseudoBaseAddress || at->bytes != NumberOfBytes) continue;
    all.erase(at);
    return MmUnmapIoSpace(PseudoBaseAddress, NumberOfBytes);
  }
  throw Misuse{"unmaps registers that WdfDeviceMapIoSpace did not map"};
}

/// Registers are reached by calls only: there is no mapping of them in the host process.
PVOID NTAPI WdfDeviceGetHardwareRegisterMappedAddress(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle, PVOID) {
  object_as<Device>(Handle);
  return nullptr;
}

SIZE_T NTAPI WdfDeviceReadFromHardware(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle, WDF_DEVICE_HWACCESS_TARGET_TYPE Type,
                                       WDF_DEVICE_HWACCESS_TARGET_SIZE Size, PVOID TargetAddress, PVOID Buffer,
                                       ULONG Count) {
  Device& device = object_as<Device>(Handle);
  const unsigned bytes = bytes_of(Size);
  machine::Machine& machine = machine::Machine::current();
  const bool many = Type == WdfDeviceHwAccessTargetTypeRegisterBuffer;
  const std::size_t total = std::size_t{bytes} * (many ? Count : 1);
  const machine::PhysicalAddress pa = register_at(device, Type, TargetAddress, total);
  if (!many) return machine::read_device(machine, pa, bytes);
  require_buffer(device, Buffer, total, true);
  for (ULONG i = 0; i < Count; ++i) {
    const std::uint64_t value = machine::read_device(machine, pa + std::size_t{i} * bytes, bytes);
    std::memcpy(static_cast<std::byte*>(Buffer) + std::size_t{i} * bytes, &value, bytes);
  }
  return 0;
}

VOID NTAPI WdfDeviceWriteToHardware(PWDF_DRIVER_GLOBALS, WDFDEVICE Handle, WDF_DEVICE_HWACCESS_TARGET_TYPE Type,
                                    WDF_DEVICE_HWACCESS_TARGET_SIZE Size, PVOID TargetAddress, SIZE_T Value,
                                    PVOID Buffer, ULONG Count) {
  Device& device = object_as<Device>(Handle);
  const unsigned bytes = bytes_of(Size);
  machine::Machine& machine = machine::Machine::current();
  const bool many = Type == WdfDeviceHwAccessTargetTypeRegisterBuffer;
  const std::size_t total = std::size_t{bytes} * (many ? Count : 1);
  const machine::PhysicalAddress pa = register_at(device, Type, TargetAddress, total);
  if (!many) return machine::write_device(machine, pa, bytes, Value & (~std::uint64_t{0} >> (64 - bytes * 8)));
  require_buffer(device, Buffer, total, false);
  for (ULONG i = 0; i < Count; ++i) {
    std::uint64_t value = 0;
    std::memcpy(&value, static_cast<const std::byte*>(Buffer) + std::size_t{i} * bytes, bytes);
    machine::write_device(machine, pa + std::size_t{i} * bytes, bytes, value);
  }
}

void unmap_hardware(Device& device, bool complain) {
  if (complain && !device.hardware_mappings.empty())
    record("WDF-444", "resources-still-mapped-after-release",
           fmt::format("device memory of {} is still mapped when EvtDeviceReleaseHardware has returned: {} bytes by "
                       "WdfDeviceMapIoSpace",
                       describe(device), device.hardware_mappings.front().bytes));
  for (const HardwareMapping& each : device.hardware_mappings) MmUnmapIoSpace(each.address, each.bytes);
  device.hardware_mappings.clear();
}

// clang-format off
const image::ExportFamily kUserModeApi{um::kUserModeModule, {
    // name                                       entry                                      caller's IRQL
    {"WdfDeviceMapIoSpace",                       WdfDeviceMapIoSpace,                       exactly(PASSIVE_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
    {"WdfDeviceUnmapIoSpace",                     WdfDeviceUnmapIoSpace,                     exactly(PASSIVE_LEVEL)},
    {"WdfDeviceGetHardwareRegisterMappedAddress", WdfDeviceGetHardwareRegisterMappedAddress, exactly(PASSIVE_LEVEL)},
    {"WdfDeviceReadFromHardware",                 WdfDeviceReadFromHardware,                 exactly(PASSIVE_LEVEL)},
    {"WdfDeviceWriteToHardware",                  WdfDeviceWriteToHardware,                  exactly(PASSIVE_LEVEL)},
}, "wdf/um/hardware"};
// clang-format on

}  // namespace drydock::wdf
