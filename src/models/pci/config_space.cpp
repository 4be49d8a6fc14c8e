#include "models/pci/config_space.h"

#include <bit>

#include "host/check.h"

namespace drydock::models::pci {

ConfigSpace::ConfigSpace(const FunctionDescription& d) {
  put(header::kVendorId, 2, d.vendor);
  put(header::kDeviceId, 2, d.device);
  put(header::kCommand, 2, 0,
      command::kIoSpace | command::kMemorySpace | command::kBusMaster | command::kParityResponse |
          command::kSerrEnable | command::kInterruptDisable);
  put(header::kRevision, 1, d.revision);
  put(header::kClassCode, 1, d.class_code & 0xFF);
  put(header::kClassCode + 1, 2, d.class_code >> 8);
  put(header::kCacheLineSize, 1, 0, 0xFF);
  put(header::kHeaderType, 1, (d.multifunction ? 0x80u : 0u) | (d.bridge ? header::kBridge : 0u));
  for (unsigned i = 0; i < (d.bridge ? bridge::kBarCount : kBarCount); ++i) describe_bar(d, i);
  if (d.bridge) {
    put(bridge::kPrimaryBus, 4, 0, 0x00FFFFFF);
    put(bridge::kMemoryBase, 4, 0, 0xFFF0FFF0);
    put(bridge::kControl, 2, 0, 0x0FFF);
  } else {
    put(header::kSubsystemVendorId, 2, d.subsystem_vendor);
    put(header::kSubsystemId, 2, d.subsystem);
  }
  put(header::kInterruptLine, 1, 0, d.interrupt_pin ? 0xFF : 0x00);
  put(header::kInterruptPin, 1, d.interrupt_pin);

  if (const unsigned at = d.power_management.offset) {
    link_capability(at, CapabilityId::PowerManagement);
    put(at + 2, 2, 0x0003);  // revision 1.2, no D1, D2 or PME
    put(at + pm::kControl, 2, d.power_management.no_soft_reset ? pm::kNoSoftReset : 0, pm::kStateMask);
  }
  if (const unsigned at = d.pci_express.offset) {
    express_ = at;
    link_capability(at, CapabilityId::PciExpress);
    put(at + 2, 2, d.bridge ? 0x0142 : 0x0002);  // capability version 2; root port with a slot, or endpoint
    put(at + pcie::kDeviceCapabilities, 4,
        0x8000u | (d.pci_express.function_level_reset ? pcie::kFunctionLevelReset : 0));  // role-based error reporting
    put(at + pcie::kDeviceControl, 2, 0, 0x7FFF);
    put(at + 0x0C, 4, 0x00000011);  // link capabilities: 2.5 GT/s, one lane
    put(at + 0x10, 2, 0, 0x0FFB);   // link control
    put(at + 0x12, 2, 0x0011);      // link status: as capable
    put(at + 0x28, 2, 0, 0x001F);   // device control 2: completion timeout
  }
  if (const unsigned at = d.msi.offset) {
    HOST_CHECK(d.msi.messages_log2 <= 5);
    link_capability(at, CapabilityId::Msi);
    put(at + msi::kControl, 2, msi::k64Bit | d.msi.messages_log2 << 1, msi::kEnable | 7u << 4);
    put(at + msi::kAddressLow, 4, 0, 0xFFFFFFFC);
    put(at + msi::kAddressHigh, 4, 0, 0xFFFFFFFF);
    put(at + msi::kData64, 2, 0, 0xFFFF);
  }
  if (const unsigned at = d.msix.offset) {
    HOST_CHECK(d.msix.vectors >= 1 && d.msix.vectors <= 2048);
    link_capability(at, CapabilityId::Msix);
    put(at + msix::kControl, 2, d.msix.vectors - 1, msix::kEnable | msix::kFunctionMask);
    put(at + msix::kTable, 4, d.msix.table_offset | d.msix.table_bar);
    put(at + msix::kPending, 4, d.msix.pending_offset | d.msix.pending_bar);
  }
}

void ConfigSpace::describe_bar(const FunctionDescription& d, unsigned index) {
  const BarDescription& description = d.bars[index];
  if (description.size == 0) return;
  HOST_CHECK(std::has_single_bit(description.size));
  const unsigned at = header::kBar0 + index * 4;
  const std::uint64_t address_bits = ~(description.size - 1);
  if (description.is_io) {
    HOST_CHECK(description.size >= 4 && description.size <= 256 && !description.is_64bit);
    put(at, 4, bar::kIo, static_cast<std::uint32_t>(address_bits) & bar::kIoAddress);
    return;
  }
  HOST_CHECK(description.size >= 16);
  const std::uint32_t type =
      (description.is_64bit ? bar::kType64 : 0) | (description.prefetchable ? bar::kPrefetchable : 0);
  put(at, 4, type, static_cast<std::uint32_t>(address_bits) & bar::kMemoryAddress);
  if (description.is_64bit) {
    HOST_CHECK(index + 1 < kBarCount && d.bars[index + 1].size == 0);
    put(at + 4, 4, 0, static_cast<std::uint32_t>(address_bits >> 32));
  } else {
    HOST_CHECK(description.size <= 0x80000000u);
  }
}

void ConfigSpace::link_capability(unsigned offset, CapabilityId id) {
  HOST_CHECK(offset >= header::kEnd && offset % 4 == 0 && offset < kConventionalSize);
  HOST_CHECK(bytes_[offset] == 0);
  put(last_link_, 1, offset);
  put(offset, 1, static_cast<std::uint32_t>(id));
  last_link_ = offset + 1;
  bytes_[header::kStatus] |= status::kCapabilityList;
}

void ConfigSpace::put(unsigned offset, unsigned size, std::uint32_t value, std::uint32_t writable) {
  HOST_CHECK(offset + size <= kConventionalSize);
  for (unsigned i = 0; i < size; ++i) {
    bytes_[offset + i] = static_cast<std::uint8_t>(value >> (8 * i));
    writable_[offset + i] = static_cast<std::uint8_t>(writable >> (8 * i));
  }
}

std::uint32_t ConfigSpace::read(unsigned offset, unsigned size) const {
  if (offset + size > kConventionalSize) return express_ != 0 ? 0 : static_cast<std::uint32_t>(all_ones(size));
  std::uint32_t value = 0;
  for (unsigned i = 0; i < size; ++i) value |= std::uint32_t{bytes_[offset + i]} << (8 * i);
  return value;
}

void ConfigSpace::write(unsigned offset, unsigned size, std::uint32_t value) {
  if (offset + size > kConventionalSize) return;
  for (unsigned i = 0; i < size; ++i) {
    const std::uint8_t mask = writable_[offset + i];
    const auto byte = static_cast<std::uint8_t>(value >> (8 * i));
    bytes_[offset + i] = static_cast<std::uint8_t>((bytes_[offset + i] & ~mask) | (byte & mask));
  }
}

void ConfigSpace::reset(machine::ResetKind kind) {
  // What belongs to the link outlives a reset of the function alone (PCI Express 6.6.2).
  const bool keeps_link = express_ && kind == machine::ResetKind::FunctionLevel;
  const unsigned payload_at = express_ + pcie::kDeviceControl, aspm_at = express_ + pcie::kLinkControl;
  const std::uint8_t payload = keeps_link ? bytes_[payload_at] & pcie::kPayloadSize : 0;
  const std::uint8_t aspm = keeps_link ? bytes_[aspm_at] & pcie::kAspm : 0;
  for (unsigned i = 0; i < kConventionalSize; ++i) bytes_[i] = static_cast<std::uint8_t>(bytes_[i] & ~writable_[i]);
  if (!keeps_link) return;
  bytes_[payload_at] |= payload;
  bytes_[aspm_at] |= aspm;
}

std::uint16_t ConfigSpace::command() const {
  return static_cast<std::uint16_t>(read(header::kCommand, 2));
}

}  // namespace drydock::models::pci
