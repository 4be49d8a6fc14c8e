#include "ntos/hal/bus.h"

#include <cstring>
#include <string_view>

#include "machine/machine.h"
#include "machine/processor.h"
#include "ntos/ke/clock.h"
#include "ntos/rtl/memory.h"

namespace drydock::ntos {

ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE, ULONG, ULONG level, ULONG, KIRQL* irql, KAFFINITY* affinity) {
  constexpr ULONG kLines = 24;
  if (level >= kLines) return 0;
  ULONG vector = machine::vector_of_line(level);
  *irql = machine::irql_of_vector(vector);
  *affinity = (KAFFINITY{1} << machine::processor_count()) - 1;
  return vector;
}

BOOLEAN NTAPI HalTranslateBusAddress(INTERFACE_TYPE, ULONG, PHYSICAL_ADDRESS address, ULONG*,
                                     PHYSICAL_ADDRESS* translated) {
  *translated = address;
  return TRUE;
}

namespace {

constexpr ULONG kConfigBytes = 4096;

struct Function {
  ULONG device, function;
};
Function function_of(ULONG slot) {
  return {slot & 31, slot >> 5 & 7};
}

/// Cuts [offset, offset + length) into aligned accesses of 4, 2 or 1 bytes.
template <class Access>
void for_each_access(ULONG offset, ULONG length, Access access) {
  while (length != 0) {
    ULONG size = offset % 4 == 0 && length >= 4 ? 4 : offset % 2 == 0 && length >= 2 ? 2 : 1;
    access(offset, size);
    offset += size;
    length -= size;
  }
}

}  // namespace

namespace {
/// A bus that no device answers on cannot be told from one that does not exist; the root is always there.
bool is_bus(machine::IoFabric& fabric, ULONG bus) {
  constexpr unsigned kDevices = 32;
  for (unsigned device = 0; bus && device < kDevices; ++device)
    if ((fabric.read_config(bus, device, 0, 0, 4) & 0xFFFF) != 0xFFFF) return true;
  return bus == 0;
}
}  // namespace

ULONG NTAPI HalGetBusDataByOffset(BUS_DATA_TYPE type, ULONG bus, ULONG slot, PVOID buffer, ULONG offset, ULONG length) {
  machine::IoFabric* fabric = machine::Machine::current().fabric();
  if (type != PCIConfiguration || fabric == nullptr || bus > 255 || offset >= kConfigBytes) return 0;
  if (length > kConfigBytes - offset) length = kConfigBytes - offset;
  auto [device, function] = function_of(slot);
  auto* to = static_cast<char*>(buffer);
  if ((fabric->read_config(bus, device, function, 0, 4) & 0xFFFF) == 0xFFFF) {
    constexpr USHORT kNobody = 0xFFFF;
    if (!is_bus(*fabric, bus)) return 0;
    if (length >= sizeof kNobody) std::memcpy(to, &kNobody, sizeof kNobody);
    return sizeof kNobody;
  }
  for_each_access(offset, length, [&](ULONG at, ULONG size) {
    std::uint32_t value = fabric->read_config(bus, device, function, at, size);
    std::memcpy(to + (at - offset), &value, size);
  });
  return length;
}

ULONG NTAPI HalSetBusDataByOffset(BUS_DATA_TYPE type, ULONG bus, ULONG slot, PVOID buffer, ULONG offset, ULONG length) {
  machine::IoFabric* fabric = machine::Machine::current().fabric();
  if (type != PCIConfiguration || fabric == nullptr || bus > 255 || offset >= kConfigBytes) return 0;
  if (length > kConfigBytes - offset) length = kConfigBytes - offset;
  auto [device, function] = function_of(slot);
  const auto* from = static_cast<const char*>(buffer);
  for_each_access(offset, length, [&](ULONG at, ULONG size) {
    std::uint32_t value = 0;
    std::memcpy(&value, from + (at - offset), size);
    fabric->write_config(bus, device, function, at, size, value);
  });
  return length;
}

ULONG NTAPI HalGetBusData(BUS_DATA_TYPE type, ULONG bus, ULONG slot, PVOID buffer, ULONG length) {
  return HalGetBusDataByOffset(type, bus, slot, buffer, 0, length);
}
ULONG NTAPI HalSetBusData(BUS_DATA_TYPE type, ULONG bus, ULONG slot, PVOID buffer, ULONG length) {
  return HalSetBusDataByOffset(type, bus, slot, buffer, 0, length);
}

BOOLEAN NTAPI HalQueryRealTimeClock(TIME_FIELDS* fields) {
  LARGE_INTEGER now;
  KeQuerySystemTime(&now);
  RtlTimeToTimeFields(&now, fields);
  return TRUE;
}

VOID NTAPI HalDisplayString(PSZ text) {
  machine::Machine::current().note(std::string_view(text));
}
BOOLEAN NTAPI HalMakeBeep(ULONG) {
  return TRUE;
}
VOID NTAPI KeFlushWriteBuffer() {}

}  // namespace drydock::ntos
