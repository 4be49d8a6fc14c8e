#include "bus/pci/register_watch.h"

#include <fmt/format.h>

#include "machine/machine.h"

namespace drydock::bus::pci {

using ntos::pnp::Resource;
using ntos::pnp::ResourceKind;

void RegisterWatch::forbid(const std::vector<Resource>& resources, std::string device) {
  for (const Resource& each : resources)
    if (each.kind == ResourceKind::Memory || each.kind == ResourceKind::Port)
      forbidden_.push_back({each.kind, each.start, each.length, device});
}

void RegisterWatch::allow(const std::vector<Resource>& resources) {
  for (const Resource& each : resources)
    std::erase_if(forbidden_, [&each](const Range& range) {
      return range.kind == each.kind && range.start < each.start + each.length &&
             each.start < range.start + range.length;
    });
}

void RegisterWatch::look(ResourceKind kind, std::uint64_t address, const char* access) {
  for (const Range& range : forbidden_) {
    if (range.kind != kind || address - range.start >= range.length) continue;
    const std::string device = range.device;
    std::string summary = fmt::format("{} register {:#x} of {} after its surprise removal had completed", access,
                                      address - range.start, device);
    std::erase_if(forbidden_, [&device](const Range& each) { return each.device == device; });  // once is enough
    machine::Machine::current().report(
        {.rule = "RST-200", .summary = std::move(summary), .severity = machine::Severity::Recorded});
    return;
  }
}

std::uint64_t RegisterWatch::read_memory(machine::PhysicalAddress address, unsigned size) {
  if (!forbidden_.empty()) look(ResourceKind::Memory, address, "a driver read");
  return fabric_.read_memory(address, size);
}

void RegisterWatch::write_memory(machine::PhysicalAddress address, unsigned size, std::uint64_t value) {
  if (!forbidden_.empty()) look(ResourceKind::Memory, address, "a driver wrote");
  fabric_.write_memory(address, size, value);
}

std::uint32_t RegisterWatch::read_port(std::uint16_t port, unsigned size) {
  if (!forbidden_.empty()) look(ResourceKind::Port, port, "a driver read");
  return fabric_.read_port(port, size);
}

void RegisterWatch::write_port(std::uint16_t port, unsigned size, std::uint32_t value) {
  if (!forbidden_.empty()) look(ResourceKind::Port, port, "a driver wrote");
  fabric_.write_port(port, size, value);
}

std::uint32_t RegisterWatch::read_config(unsigned bus, unsigned device, unsigned function, unsigned offset,
                                         unsigned size) {
  return fabric_.read_config(bus, device, function, offset, size);
}

void RegisterWatch::write_config(unsigned bus, unsigned device, unsigned function, unsigned offset, unsigned size,
                                 std::uint32_t value) {
  fabric_.write_config(bus, device, function, offset, size, value);
}

}  // namespace drydock::bus::pci
