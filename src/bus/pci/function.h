#pragma once
// One PCI function as pci.sys sees it: configuration cycles, identity, base address registers, capabilities.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "machine/wires.h"
#include "ntos/pnp/resources.h"

namespace drydock::bus::pci {

/// Where a function sits.
struct Address {
  std::uint8_t bus = 0;
  std::uint8_t device = 0;
  std::uint8_t function = 0;
  friend auto operator<=>(const Address&, const Address&) = default;
};

/// Configuration cycles of one function, through the machine's fabric. All ones where nothing answers.
class ConfigAccess {
 public:
  ConfigAccess(machine::IoFabric& fabric, Address address) : fabric_(&fabric), address_(address) {}
  std::uint32_t read(unsigned offset, unsigned size) const {
    return fabric_->read_config(address_.bus, address_.device, address_.function, offset, size);
  }
  void write(unsigned offset, unsigned size, std::uint32_t value) const {
    fabric_->write_config(address_.bus, address_.device, address_.function, offset, size, value);
  }
  /// It answers. Absence reads as vendor FFFF, configuration retry status as 0001.
  bool present() const {
    const std::uint32_t vendor = read(0, 2);
    return vendor != 0xFFFF && vendor != 0x0001;
  }
  bool is_bridge() const { return (read(0x0E, 1) & 0x7F) == 1; }
  Address address() const { return address_; }
  machine::IoFabric& fabric() const { return *fabric_; }

 private:
  machine::IoFabric* fabric_;
  Address address_;
};

struct Identity {
  std::uint16_t vendor = 0xFFFF, device = 0xFFFF;
  std::uint16_t subsystem_vendor = 0, subsystem = 0;
  std::uint32_t class_code = 0;  ///< base << 16 | sub << 8 | programming interface
  std::uint8_t revision = 0;
  friend bool operator==(const Identity&, const Identity&) = default;
};
Identity read_identity(const ConfigAccess& config);

/// The ids Windows makes of it, most specific first.
std::u16string device_id_of(const Identity& identity);
std::vector<std::u16string> hardware_ids_of(const Identity& identity);
std::vector<std::u16string> compatible_ids_of(const Identity& identity);
/// "SCSI Controller"
std::u16string description_of(const Identity& identity);

struct Bar {
  unsigned index = 0;
  std::uint64_t size = 0;  ///< 0: not implemented
  bool is_io = false;
  bool is_64bit = false;
  bool prefetchable = false;
};
/// Sizes every base address register; what they held is put back, and decoding is off meanwhile.
std::vector<Bar> size_bars(const ConfigAccess& config);
std::uint64_t read_bar(const ConfigAccess& config, const Bar& bar);
void write_bar(const ConfigAccess& config, const Bar& bar, std::uint64_t base);

/// Offset of a capability, 0 if the function lacks it.
unsigned find_capability(const ConfigAccess& config, std::uint8_t id);

/// Messages the function can send; 0: lines only.
struct MessageAbility {
  unsigned msi_offset = 0, msix_offset = 0;
  unsigned msix_vectors = 0;
};
MessageAbility message_ability(const ConfigAccess& config);

/// What the function decodes now, if decoding is on.
std::vector<ntos::pnp::Resource> boot_resources(const ConfigAccess& config, const std::vector<Bar>& bars);
/// Memory addresses that a bus passes on to its functions, inclusive.
struct Window {
  std::uint64_t first = 0, last = 0;
};
/// Of the host bridge.
inline constexpr Window kHostWindow{0xE0000000, 0xF9FFFFFF};
/// What it needs. With `messages`, lists that use them come before the one with the line.
ntos::pnp::Requirements requirements_of(const ConfigAccess& config, const std::vector<Bar>& bars, bool messages,
                                        Window memory);

/// What the firmware has programmed into a bridge, and what a reset of the bridge clears.
struct BridgeSetup {
  std::uint32_t buses = 0;          ///< primary, secondary, subordinate
  std::uint32_t memory_window = 0;  ///< base and limit registers
  unsigned secondary() const { return buses >> 8 & 0xFF; }
  Window window() const;
};
BridgeSetup read_bridge(const ConfigAccess& config);
/// Bus numbers and window, then forwarding both ways.
void program_bridge(const ConfigAccess& config, const BridgeSetup& setup);

/// Turns decoding, bus mastering and messages on for what the function was given; false if a register was given
/// nothing.
bool program(const ConfigAccess& config, const std::vector<Bar>& bars,
             const std::vector<ntos::pnp::Resource>& assigned);
/// Turns all of that off.
void silence(const ConfigAccess& config);

/// D0 or D3; true if the function has a power management capability and obeyed.
bool set_power(const ConfigAccess& config, bool on);

/// What a function loses in D3 or by a reset, and has to be given back.
class SavedConfig {
 public:
  void save(const ConfigAccess& config);
  void restore(const ConfigAccess& config) const;
  bool empty() const { return dwords_.empty(); }

 private:
  struct Dword {
    unsigned offset;
    std::uint32_t value;
  };
  std::vector<Dword> dwords_;
};

}  // namespace drydock::bus::pci
