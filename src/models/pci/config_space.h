#pragma once
// A function's configuration space: type 0 or 1 header, base address registers, capabilities, and what software may
// write.

#include <array>
#include <cstdint>

#include "machine/wires.h"

namespace drydock::models::pci {

/// Standard header registers (PCI Local Bus 3.0, chapter 6).
namespace header {
inline constexpr unsigned kVendorId = 0x00;
inline constexpr unsigned kDeviceId = 0x02;
inline constexpr unsigned kCommand = 0x04;
inline constexpr unsigned kStatus = 0x06;
inline constexpr unsigned kRevision = 0x08;
inline constexpr unsigned kClassCode = 0x09;
inline constexpr unsigned kCacheLineSize = 0x0C;
inline constexpr unsigned kHeaderType = 0x0E;
inline constexpr unsigned kBar0 = 0x10;
inline constexpr unsigned kSubsystemVendorId = 0x2C;
inline constexpr unsigned kSubsystemId = 0x2E;
inline constexpr unsigned kCapabilities = 0x34;
inline constexpr unsigned kInterruptLine = 0x3C;
inline constexpr unsigned kInterruptPin = 0x3D;
inline constexpr unsigned kEnd = 0x40;
inline constexpr unsigned kBridge = 1;  // header type
}  // namespace header

/// Registers of a type 1 header (PCI-to-PCI Bridge Architecture 1.2, chapter 3).
namespace bridge {
inline constexpr unsigned kPrimaryBus = 0x18;
inline constexpr unsigned kSecondaryBus = 0x19;
inline constexpr unsigned kSubordinateBus = 0x1A;
inline constexpr unsigned kMemoryBase = 0x20;
inline constexpr unsigned kMemoryLimit = 0x22;
inline constexpr unsigned kControl = 0x3E;
inline constexpr std::uint16_t kSecondaryBusReset = 1u << 6;
inline constexpr unsigned kBarCount = 2;
}  // namespace bridge

inline constexpr unsigned kBarCount = 6;
inline constexpr unsigned kConventionalSize = 256;
inline constexpr unsigned kConfigSize = 4096;

namespace command {
inline constexpr std::uint16_t kIoSpace = 1u << 0;
inline constexpr std::uint16_t kMemorySpace = 1u << 1;
inline constexpr std::uint16_t kBusMaster = 1u << 2;
inline constexpr std::uint16_t kParityResponse = 1u << 6;
inline constexpr std::uint16_t kSerrEnable = 1u << 8;
inline constexpr std::uint16_t kInterruptDisable = 1u << 10;
}  // namespace command

namespace status {
inline constexpr std::uint16_t kInterrupt = 1u << 3;
inline constexpr std::uint16_t kCapabilityList = 1u << 4;
}  // namespace status

namespace bar {
inline constexpr std::uint32_t kIo = 1u << 0;
inline constexpr std::uint32_t kType64 = 2u << 1;
inline constexpr std::uint32_t kTypeMask = 3u << 1;
inline constexpr std::uint32_t kPrefetchable = 1u << 3;
inline constexpr std::uint32_t kIoAddress = ~0x3u;
inline constexpr std::uint32_t kMemoryAddress = ~0xFu;
}  // namespace bar

enum class CapabilityId : std::uint8_t {
  PowerManagement = 0x01,
  Msi = 0x05,
  PciExpress = 0x10,
  Msix = 0x11,
  AdvancedFeatures = 0x13
};

/// Offsets inside the capabilities, counted from the capability's own offset.
namespace pm {
inline constexpr unsigned kControl = 4;
inline constexpr std::uint16_t kStateMask = 3;
inline constexpr std::uint16_t kNoSoftReset = 1u << 3;
}  // namespace pm
namespace msi {
inline constexpr unsigned kControl = 2;
inline constexpr unsigned kAddressLow = 4;
inline constexpr unsigned kAddressHigh = 8;
inline constexpr unsigned kData64 = 12;
inline constexpr unsigned kData32 = 8;
inline constexpr std::uint16_t kEnable = 1u << 0;
inline constexpr std::uint16_t k64Bit = 1u << 7;
}  // namespace msi
namespace msix {
inline constexpr unsigned kControl = 2;
inline constexpr unsigned kTable = 4;
inline constexpr unsigned kPending = 8;
inline constexpr std::uint16_t kSizeMask = 0x7FF;
inline constexpr std::uint16_t kFunctionMask = 1u << 14;
inline constexpr std::uint16_t kEnable = 1u << 15;
}  // namespace msix
namespace pcie {
inline constexpr unsigned kDeviceCapabilities = 4;
inline constexpr unsigned kDeviceControl = 8;
inline constexpr unsigned kLinkControl = 0x10;
inline constexpr unsigned kLinkStatus = 0x12;
inline constexpr std::uint8_t kPayloadSize = 7u << 5;  // in Device Control
inline constexpr std::uint8_t kAspm = 3u;              // in Link Control
inline constexpr std::uint16_t kLinkActive = 1u << 13;                  // in Link Status
inline constexpr std::uint32_t kFunctionLevelReset = 1u << 28;          // in Device Capabilities
inline constexpr std::uint16_t kInitiateFunctionLevelReset = 1u << 15;  // in Device Control, reads as 0
}  // namespace pcie

/// One base address register. A 64-bit one takes two: the next description must stay empty.
struct BarDescription {
  std::uint64_t size = 0;  ///< bytes, a power of two; 0: not implemented
  bool is_io = false;
  bool is_64bit = false;
  bool prefetchable = false;
};

/// Capabilities: `offset` 0 means absent; otherwise a multiple of 4 from 0x40, not overlapping another.
struct PowerManagementDescription {
  unsigned offset = 0;
  bool no_soft_reset = true;  ///< the registers survive D3hot
};
struct MsiDescription {
  unsigned offset = 0;
  unsigned messages_log2 = 0;  ///< up to 5; always 64-bit addresses, never per-message masks
};
struct MsixDescription {
  unsigned offset = 0;
  unsigned vectors = 0;
  unsigned table_bar = 0;
  std::uint32_t table_offset = 0;
  unsigned pending_bar = 0;
  std::uint32_t pending_offset = 0;
};
struct PciExpressDescription {
  unsigned offset = 0;
  bool function_level_reset = false;
};

/// All that a model says about itself as a PCI function.
struct FunctionDescription {
  std::uint16_t vendor = 0xFFFF;
  std::uint16_t device = 0xFFFF;
  std::uint16_t subsystem_vendor = 0;
  std::uint16_t subsystem = 0;
  std::uint32_t class_code = 0;  ///< base class << 16 | subclass << 8 | programming interface
  std::uint8_t revision = 0;
  std::uint8_t interrupt_pin = 0;  ///< 0 none, 1 INTA# .. 4 INTD#
  bool multifunction = false;
  bool bridge = false;  ///< a type 1 header: a PCI Express root port
  std::array<BarDescription, kBarCount> bars{};
  PowerManagementDescription power_management;
  MsiDescription msi;
  MsixDescription msix;
  PciExpressDescription pci_express;
};

/// The registers themselves. Extended space (from 0x100) is empty: zeros on PCI Express functions, all ones on others.
/// What the bits mean to the outside (decoding, bus mastering, messages, function-level reset) is the fabric's work.
class ConfigSpace {
 public:
  explicit ConfigSpace(const FunctionDescription& description);

  /// `offset` below 4096, `size` 1, 2 or 4, naturally aligned.
  std::uint32_t read(unsigned offset, unsigned size) const;
  void write(unsigned offset, unsigned size, std::uint32_t value);

  /// Back to the power-on contents; a function-level reset leaves payload size and ASPM control, which are the link's.
  void reset(machine::ResetKind kind);

  std::uint16_t command() const;

 private:
  void put(unsigned offset, unsigned size, std::uint32_t value, std::uint32_t writable = 0);
  void describe_bar(const FunctionDescription& description, unsigned index);
  void link_capability(unsigned offset, CapabilityId id);

  std::array<std::uint8_t, kConventionalSize> bytes_{};
  std::array<std::uint8_t, kConventionalSize> writable_{};  // the bits software may change; all 0 after a reset
  unsigned last_link_ = header::kCapabilities;
  unsigned express_ = 0;  // offset of the PCI Express capability
};

/// What a read of `size` bytes gives when nobody answers.
constexpr std::uint64_t all_ones(unsigned size) {
  return size >= 8 ? ~0ull : (1ull << (size * 8)) - 1;
}

}  // namespace drydock::models::pci
