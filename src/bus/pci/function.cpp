#include "bus/pci/function.h"

#include <fmt/format.h>

#include "machine/processor.h"
#include "nt/pci.h"
#include "nt/resource.h"

namespace drydock::bus::pci {

using namespace nt;
using ntos::pnp::Alternative;
using ntos::pnp::Requirement;
using ntos::pnp::Requirements;
using ntos::pnp::Resource;
using ntos::pnp::ResourceKind;

namespace {

constexpr unsigned kCommand = 0x04, kStatus = 0x06, kBar0 = 0x10, kCapabilities = 0x34, kInterruptLine = 0x3C,
                   kInterruptPin = 0x3D;

std::u16string wide(const std::string& ascii) {
  return {ascii.begin(), ascii.end()};
}

unsigned bar_count(const ConfigAccess& config) {
  return config.is_bridge() ? 2 : 6;
}

}  // namespace

Identity read_identity(const ConfigAccess& config) {
  Identity identity;
  identity.vendor = static_cast<std::uint16_t>(config.read(0x00, 2));
  identity.device = static_cast<std::uint16_t>(config.read(0x02, 2));
  identity.revision = static_cast<std::uint8_t>(config.read(0x08, 1));
  identity.class_code = config.read(0x08, 4) >> 8;
  if ((config.read(0x0E, 1) & 0x7F) == PCI_DEVICE_TYPE) {
    identity.subsystem_vendor = static_cast<std::uint16_t>(config.read(0x2C, 2));
    identity.subsystem = static_cast<std::uint16_t>(config.read(0x2E, 2));
  }
  return identity;
}

std::u16string device_id_of(const Identity& id) {
  return wide(fmt::format("PCI\\VEN_{:04X}&DEV_{:04X}&SUBSYS_{:04X}{:04X}&REV_{:02X}", id.vendor, id.device,
                          id.subsystem, id.subsystem_vendor, id.revision));
}

std::vector<std::u16string> hardware_ids_of(const Identity& id) {
  const std::string base = fmt::format("PCI\\VEN_{:04X}&DEV_{:04X}", id.vendor, id.device);
  const std::string subsystem = fmt::format("&SUBSYS_{:04X}{:04X}", id.subsystem, id.subsystem_vendor);
  return {wide(fmt::format("{}{}&REV_{:02X}", base, subsystem, id.revision)), wide(base + subsystem),
          wide(fmt::format("{}&CC_{:06X}", base, id.class_code)),
          wide(fmt::format("{}&CC_{:04X}", base, id.class_code >> 8))};
}

std::vector<std::u16string> compatible_ids_of(const Identity& id) {
  const std::string vendor = fmt::format("PCI\\VEN_{:04X}", id.vendor);
  const std::string base = fmt::format("{}&DEV_{:04X}", vendor, id.device);
  return {wide(fmt::format("{}&REV_{:02X}", base, id.revision)),
          wide(base),
          wide(fmt::format("{}&CC_{:06X}", vendor, id.class_code)),
          wide(fmt::format("{}&CC_{:04X}", vendor, id.class_code >> 8)),
          wide(vendor),
          wide(fmt::format("PCI\\CC_{:06X}", id.class_code)),
          wide(fmt::format("PCI\\CC_{:04X}", id.class_code >> 8))};
}

std::u16string description_of(const Identity& id) {
  switch (id.class_code >> 8) {
    case 0x0100:
      return u"SCSI Controller";
    case 0x0101:
      return u"IDE Controller";
    case 0x0104:
      return u"RAID Controller";
    case 0x0106:
      return u"SATA Controller";
    case 0x0108:
      return u"Non-Volatile Memory Controller";
    case 0x0200:
      return u"Ethernet Controller";
    case 0x0600:
      return u"Host Bridge";
    case 0x0604:
      return u"PCI-to-PCI Bridge";
    default:
      return u"PCI Device";
  }
}

std::vector<Bar> size_bars(const ConfigAccess& config) {
  std::vector<Bar> bars;
  const std::uint32_t command = config.read(kCommand, 2);
  config.write(kCommand, 2, command & ~(PCI_ENABLE_IO_SPACE | PCI_ENABLE_MEMORY_SPACE));
  const unsigned count = bar_count(config);
  for (unsigned index = 0; index < count; ++index) {
    const unsigned offset = kBar0 + 4 * index;
    const std::uint32_t before = config.read(offset, 4);
    config.write(offset, 4, ~0u);
    const std::uint32_t mask = config.read(offset, 4);
    config.write(offset, 4, before);
    if (mask == 0 || mask == ~0u) continue;

    Bar bar{.index = index};
    if (mask & PCI_ADDRESS_IO_SPACE) {
      bar.is_io = true;
      const std::uint32_t bits = mask & PCI_ADDRESS_IO_ADDRESS_MASK;
      bar.size = (~bits & 0xFFFF) + 1;
    } else {
      bar.prefetchable = mask & PCI_ADDRESS_MEMORY_PREFETCHABLE;
      bar.is_64bit = (mask & PCI_ADDRESS_MEMORY_TYPE_MASK) == PCI_TYPE_64BIT;
      std::uint64_t bits = mask & PCI_ADDRESS_MEMORY_ADDRESS_MASK;
      if (bar.is_64bit) {
        const std::uint32_t upper_before = config.read(offset + 4, 4);
        config.write(offset + 4, 4, ~0u);
        bits |= std::uint64_t{config.read(offset + 4, 4)} << 32;
        config.write(offset + 4, 4, upper_before);
        ++index;
      } else {
        bits |= 0xFFFFFFFF'00000000;
      }
      bar.size = ~bits + 1;
    }
    bars.push_back(bar);
  }
  config.write(kCommand, 2, command);
  return bars;
}

std::uint64_t read_bar(const ConfigAccess& config, const Bar& bar) {
  const unsigned offset = kBar0 + 4 * bar.index;
  const std::uint32_t low = config.read(offset, 4);
  if (bar.is_io) return low & PCI_ADDRESS_IO_ADDRESS_MASK;
  std::uint64_t base = low & PCI_ADDRESS_MEMORY_ADDRESS_MASK;
  if (bar.is_64bit) base |= std::uint64_t{config.read(offset + 4, 4)} << 32;
  return base;
}

void write_bar(const ConfigAccess& config, const Bar& bar, std::uint64_t base) {
  const unsigned offset = kBar0 + 4 * bar.index;
  config.write(offset, 4, static_cast<std::uint32_t>(base));
  if (bar.is_64bit) config.write(offset + 4, 4, static_cast<std::uint32_t>(base >> 32));
}

unsigned find_capability(const ConfigAccess& config, std::uint8_t id) {
  if (!(config.read(kStatus, 2) & PCI_STATUS_CAPABILITIES_LIST)) return 0;
  unsigned offset = config.read(kCapabilities, 1) & 0xFC;
  for (unsigned steps = 0; offset >= 0x40 && steps < 48; ++steps) {
    const std::uint32_t header = config.read(offset, 2);
    if (header == 0xFFFF) return 0;
    if ((header & 0xFF) == id) return offset;
    offset = header >> 8 & 0xFC;
  }
  return 0;
}

MessageAbility message_ability(const ConfigAccess& config) {
  MessageAbility ability;
  ability.msi_offset = find_capability(config, PCI_CAPABILITY_ID_MSI);
  ability.msix_offset = find_capability(config, PCI_CAPABILITY_ID_MSIX);
  if (ability.msix_offset) ability.msix_vectors = (config.read(ability.msix_offset + kMsixControl, 2) & 0x7FF) + 1;
  return ability;
}

namespace {

constexpr USHORT kPortFlags =
    CM_RESOURCE_PORT_IO | CM_RESOURCE_PORT_16_BIT_DECODE | CM_RESOURCE_PORT_POSITIVE_DECODE | CM_RESOURCE_PORT_BAR;

USHORT flags_of(const Bar& bar) {
  if (bar.is_io) return kPortFlags;
  return static_cast<USHORT>(CM_RESOURCE_MEMORY_READ_WRITE | CM_RESOURCE_MEMORY_BAR |
                             (bar.prefetchable ? CM_RESOURCE_MEMORY_PREFETCHABLE : 0));
}

// Where the host bridge passes cycles on to the bus.
constexpr std::uint64_t kPortFirst = 0xC000, kPortLast = 0xFFFF;

Requirement requirement_of(const Bar& bar, Window memory) {
  return {{Alternative{.kind = bar.is_io ? ResourceKind::Port : ResourceKind::Memory,
                       .flags = flags_of(bar),
                       .minimum = bar.is_io ? kPortFirst : memory.first,
                       .maximum = bar.is_io ? kPortLast : memory.last,
                       .length = bar.size,
                       .alignment = bar.size}}};
}

Requirement message_requirement() {
  return {{Alternative{.kind = ResourceKind::Message,
                       .flags = CM_RESOURCE_INTERRUPT_LATCHED | CM_RESOURCE_INTERRUPT_MESSAGE,
                       .messages = 1}}};
}

}  // namespace

std::vector<Resource> boot_resources(const ConfigAccess& config, const std::vector<Bar>& bars) {
  std::vector<Resource> resources;
  const std::uint32_t command = config.read(kCommand, 2);
  for (const Bar& bar : bars) {
    if (!(command & (bar.is_io ? PCI_ENABLE_IO_SPACE : PCI_ENABLE_MEMORY_SPACE))) continue;
    const std::uint64_t base = read_bar(config, bar);
    if (base == 0) continue;
    resources.push_back({.kind = bar.is_io ? ResourceKind::Port : ResourceKind::Memory,
                         .flags = flags_of(bar),
                         .start = base,
                         .length = bar.size});
  }
  return resources;
}

Requirements requirements_of(const ConfigAccess& config, const std::vector<Bar>& bars, bool messages, Window memory) {
  Requirements result{.interface_type = PCIBus, .bus = config.address().bus};
  result.slot = static_cast<std::uint32_t>(config.address().device | config.address().function << 5);
  std::vector<Requirement> registers;
  for (const Bar& bar : bars) registers.push_back(requirement_of(bar, memory));

  const MessageAbility ability = message_ability(config);
  if (messages && (ability.msix_offset || ability.msi_offset)) {
    auto with_messages = registers;
    const unsigned count = ability.msix_offset ? ability.msix_vectors : 1;
    for (unsigned i = 0; i < count; ++i) with_messages.push_back(message_requirement());
    result.lists.push_back(std::move(with_messages));
  }
  const std::uint32_t line = config.read(kInterruptLine, 1);
  if (config.read(kInterruptPin, 1) != 0 && line != 0xFF)
    registers.push_back({{Alternative{.kind = ResourceKind::Line,
                                      .shared = true,
                                      .flags = CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE,
                                      .minimum = line,
                                      .maximum = line,
                                      .length = 1}}});
  if (!registers.empty()) result.lists.push_back(std::move(registers));
  return result;
}

namespace {

void program_msix(const ConfigAccess& config, unsigned offset, const std::vector<Bar>& bars,
                  const std::vector<const Resource*>& messages) {
  const std::uint32_t table = config.read(offset + kMsixTable, 4);
  const unsigned vectors = (config.read(offset + kMsixControl, 2) & 0x7FF) + 1;
  for (const Bar& bar : bars) {
    if (bar.index != (table & 7) || bar.is_io) continue;
    const std::uint64_t base = read_bar(config, bar) + (table & ~7u);
    for (unsigned i = 0; i < vectors; ++i) {
      // More entries than messages: the rest share the last one.
      const Resource& message = *messages[std::min<std::size_t>(i, messages.size() - 1)];
      config.fabric().write_memory(base + 16 * i, 4, static_cast<std::uint32_t>(machine::kMessageAddress));
      config.fabric().write_memory(base + 16 * i + 4, 4, machine::kMessageAddress >> 32);
      config.fabric().write_memory(base + 16 * i + 8, 4, message.vector);
      config.fabric().write_memory(base + 16 * i + 12, 4, 0);
    }
  }
  config.write(offset + kMsixControl, 2, kMsixControlEnable);
}

void program_msi(const ConfigAccess& config, unsigned offset, const Resource& message) {
  const std::uint32_t control = config.read(offset + kMsiControl, 2);
  config.write(offset + kMsiAddressLow, 4, static_cast<std::uint32_t>(machine::kMessageAddress));
  if (control & kMsiControl64Bit) {
    config.write(offset + kMsiAddressHigh, 4, static_cast<std::uint32_t>(machine::kMessageAddress >> 32));
    config.write(offset + kMsiData64, 2, message.vector);
  } else {
    config.write(offset + kMsiData32, 2, message.vector);
  }
  config.write(offset + kMsiControl, 2, (control & ~0x70u) | kMsiControlEnable);
}

}  // namespace

bool program(const ConfigAccess& config, const std::vector<Bar>& bars, const std::vector<Resource>& assigned) {
  silence(config);
  std::vector<bool> used(assigned.size());
  std::uint32_t command = config.read(kCommand, 2) & ~PCI_DISABLE_LEVEL_INTERRUPT;
  for (const Bar& bar : bars) {
    std::size_t i = 0;
    const ResourceKind kind = bar.is_io ? ResourceKind::Port : ResourceKind::Memory;
    while (i < assigned.size() && (used[i] || assigned[i].kind != kind || assigned[i].length != bar.size)) ++i;
    if (i == assigned.size()) return false;
    used[i] = true;
    write_bar(config, bar, assigned[i].start);
    command |= bar.is_io ? PCI_ENABLE_IO_SPACE : PCI_ENABLE_MEMORY_SPACE;
  }
  std::vector<const Resource*> messages;
  for (const Resource& each : assigned)
    if (each.kind == ResourceKind::Message) messages.push_back(&each);
  if (!messages.empty()) command |= PCI_DISABLE_LEVEL_INTERRUPT;
  // The MSI-X table can be reached only once memory decodes; nothing is sent before messages are enabled.
  config.write(kCommand, 2, command);
  if (!messages.empty()) {
    const MessageAbility ability = message_ability(config);
    if (ability.msix_offset)
      program_msix(config, ability.msix_offset, bars, messages);
    else if (ability.msi_offset)
      program_msi(config, ability.msi_offset, *messages.front());
  }
  config.write(kCommand, 2, command | PCI_ENABLE_BUS_MASTER);
  return true;
}

void silence(const ConfigAccess& config) {
  const std::uint32_t command = config.read(kCommand, 2);
  if (command == 0xFFFF) return;
  config.write(kCommand, 2, command & ~(PCI_ENABLE_IO_SPACE | PCI_ENABLE_MEMORY_SPACE | PCI_ENABLE_BUS_MASTER));
  const MessageAbility ability = message_ability(config);
  if (ability.msi_offset)
    config.write(ability.msi_offset + kMsiControl, 2,
                 config.read(ability.msi_offset + kMsiControl, 2) & ~kMsiControlEnable);
  if (ability.msix_offset)
    config.write(ability.msix_offset + kMsixControl, 2,
                 config.read(ability.msix_offset + kMsixControl, 2) & ~kMsixControlEnable);
}

namespace {

constexpr unsigned kBusNumbers = 0x18, kMemoryWindow = 0x20;

}  // namespace

Window BridgeSetup::window() const {
  const std::uint64_t base = std::uint64_t{memory_window & 0xFFF0} << 16;
  const std::uint64_t limit = std::uint64_t{memory_window >> 16 & 0xFFF0} << 16 | 0xFFFFF;
  return {base, limit};
}

BridgeSetup read_bridge(const ConfigAccess& config) {
  return {config.read(kBusNumbers, 4) & 0xFFFFFF, config.read(kMemoryWindow, 4)};
}

void program_bridge(const ConfigAccess& config, const BridgeSetup& setup) {
  config.write(kBusNumbers, 4, setup.buses);
  config.write(kMemoryWindow, 4, setup.memory_window);
  config.write(kCommand, 2, config.read(kCommand, 2) | PCI_ENABLE_MEMORY_SPACE | PCI_ENABLE_BUS_MASTER);
}

bool set_power(const ConfigAccess& config, bool on) {
  const unsigned offset = find_capability(config, PCI_CAPABILITY_ID_POWER_MANAGEMENT);
  if (!offset) return false;
  const std::uint32_t wanted = on ? 0 : 3;
  config.write(offset + 4, 2, (config.read(offset + 4, 2) & ~3u) | wanted);
  return (config.read(offset + 4, 2) & 3) == wanted;
}

void SavedConfig::save(const ConfigAccess& config) {
  dwords_.clear();
  // Base address registers before the command register, which comes last.
  for (unsigned offset = kBar0; offset < 0x28; offset += 4) dwords_.push_back({offset, config.read(offset, 4)});
  for (unsigned offset : {0x0Cu, 0x30u, 0x3Cu}) dwords_.push_back({offset, config.read(offset, 4)});
  const MessageAbility ability = message_ability(config);
  if (ability.msi_offset)
    for (unsigned offset : {kMsiAddressLow, kMsiAddressHigh, kMsiData64})
      dwords_.push_back({ability.msi_offset + offset, config.read(ability.msi_offset + offset, 4)});
  if (ability.msi_offset) dwords_.push_back({ability.msi_offset, config.read(ability.msi_offset, 4)});
  if (ability.msix_offset) dwords_.push_back({ability.msix_offset, config.read(ability.msix_offset, 4)});
  // The status half is left alone: ones written there would clear it.
  if (const unsigned express = find_capability(config, PCI_CAPABILITY_ID_PCI_EXPRESS))
    dwords_.push_back({express + kExpressDeviceControl, config.read(express + kExpressDeviceControl, 2)});
  dwords_.push_back({kCommand, config.read(kCommand, 2)});
}

void SavedConfig::restore(const ConfigAccess& config) const {
  for (const Dword& each : dwords_) config.write(each.offset, 4, each.value);
}

}  // namespace drydock::bus::pci
