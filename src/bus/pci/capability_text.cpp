#include "bus/pci/capability_text.h"

#include <array>

#include <fmt/format.h>

#include "nt/pci.h"

namespace drydock::bus::pci {

using namespace nt;

namespace {

constexpr unsigned kChainMax = 48;
constexpr unsigned kFirstExtended = 0x100;
constexpr UCHAR kVendorSpecific = 0x09;

// PCI Code and ID Assignment Specification 1.11, chapters 2 and 3.
struct Name {
  unsigned id;
  const char* text;
};
constexpr Name kNames[] = {
    {0x01, "power management"}, {0x02, "AGP"},           {0x03, "vital product data"}, {0x04, "slot numbering"},
    {0x05, "MSI"},              {0x06, "CompactPCI hot swap"}, {0x07, "PCI-X"},        {0x09, "vendor-specific"},
    {0x0C, "hot plug"},         {0x0D, "subsystem id"},  {0x10, "PCI Express"},        {0x11, "MSI-X"},
    {0x12, "SATA configuration"}, {0x13, "advanced features"},
};
constexpr Name kExtendedNames[] = {
    {0x01, "advanced error reporting"}, {0x02, "virtual channel"}, {0x03, "device serial number"},
    {0x04, "power budgeting"},          {0x0B, "vendor-specific (extended)"}, {0x0D, "access control"},
    {0x0E, "alternative routing id"},   {0x0F, "address translation"}, {0x10, "single root I/O virtualization"},
    {0x13, "page requests"},            {0x15, "resizable BARs"}, {0x18, "latency tolerance"}, {0x1B, "process address space id"},
};

template <std::size_t n>
std::string name_of(const Name (&names)[n], unsigned id) {
  for (const Name& name : names)
    if (name.id == id) return name.text;
  return fmt::format("capability {:#04x}", id);
}

std::string express_text(const ConfigAccess& config, unsigned at) {
  constexpr std::array<const char*, 12> kTypes = {"endpoint", "legacy endpoint", "", "", "root port", "upstream port",
                                                  "downstream port", "bridge to PCI", "bridge from PCI",
                                                  "integrated endpoint", "event collector", ""};
  const unsigned type = config.read(at + 2, 2) >> 4 & 0xF;
  const std::uint32_t link = config.read(at + 0x0C, 4);
  std::string text = "PCI Express";
  if (type < kTypes.size() && *kTypes[type]) text += fmt::format(" {}", kTypes[type]);
  if (link & 0x3F0) text += fmt::format(", link x{}", link >> 4 & 0x3F);
  return text + (offers_function_level_reset(config) ? ", function-level reset" : ", no function-level reset");
}

std::string power_text(const ConfigAccess& config, unsigned at) {
  const std::uint32_t capabilities = config.read(at + 2, 2);
  std::string states = "D0";
  if (capabilities & 1u << 9) states += " D1";
  if (capabilities & 1u << 10) states += " D2";
  return fmt::format("power management: {} D3hot, registers {} in D3hot", states,
                     keeps_registers_in_d3(config) ? "kept" : "lost");
}

std::string text_of(const ConfigAccess& config, unsigned id, unsigned at) {
  switch (id) {
    case PCI_CAPABILITY_ID_POWER_MANAGEMENT:
      return power_text(config, at);
    case PCI_CAPABILITY_ID_MSI: {
      const std::uint32_t control = config.read(at + kMsiControl, 2);
      const unsigned count = 1u << (control >> 1 & 7);
      return fmt::format("MSI: {} message{}, {}-bit addresses", count, count == 1 ? "" : "s",
                         control & kMsiControl64Bit ? 64 : 32);
    }
    case PCI_CAPABILITY_ID_MSIX: {
      const unsigned count = (config.read(at + kMsixControl, 2) & 0x7FF) + 1;
      return fmt::format("MSI-X: {} message{}, table in BAR {}", count, count == 1 ? "" : "s",
                         config.read(at + kMsixTable, 4) & 7);
    }
    case PCI_CAPABILITY_ID_PCI_EXPRESS:
      return express_text(config, at);
    case kVendorSpecific:
      return fmt::format("vendor-specific, {} bytes", config.read(at + 2, 1));
    default:
      return name_of(kNames, id);
  }
}

}  // namespace

std::vector<std::string> capability_texts(const ConfigAccess& config) {
  std::vector<std::string> texts;
  if (!(config.read(0x06, 2) & PCI_STATUS_CAPABILITIES_LIST)) return texts;
  unsigned at = config.read(0x34, 1) & 0xFC;
  bool express = false;
  for (unsigned i = 0; i < kChainMax && at >= 0x40; ++i) {
    const std::uint32_t head = config.read(at, 2);
    if (head == 0xFFFF) return texts;
    texts.push_back(text_of(config, head & 0xFF, at));
    express = express || (head & 0xFF) == PCI_CAPABILITY_ID_PCI_EXPRESS;
    at = head >> 8 & 0xFC;
  }
  if (!express) return texts;
  at = kFirstExtended;
  for (unsigned i = 0; i < kChainMax && at >= kFirstExtended; ++i) {
    const std::uint32_t head = config.read(at, 4);
    if (head == 0 || head == ~0u) break;
    texts.push_back(name_of(kExtendedNames, head & 0xFFFF));
    at = head >> 20 & 0xFFC;
  }
  return texts;
}

bool offers_function_level_reset(const ConfigAccess& config) {
  const unsigned at = find_capability(config, PCI_CAPABILITY_ID_PCI_EXPRESS);
  return at != 0 && (config.read(at + 4, 4) & 1u << 28);
}

bool keeps_registers_in_d3(const ConfigAccess& config) {
  const unsigned at = find_capability(config, PCI_CAPABILITY_ID_POWER_MANAGEMENT);
  return at != 0 && (config.read(at + 4, 2) & 1u << 3);
}

}  // namespace drydock::bus::pci
