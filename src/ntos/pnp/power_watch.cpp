#include "ntos/pnp/power_watch.h"

#include <fmt/format.h>

#include "machine/machine.h"

namespace drydock::ntos::pnp {

void PowerWatch::forbid(const Devnode& node) {
  machine::Machine& machine = machine::Machine::current();
  if (!machine.fabric()) return;
  if (!behind_) {
    behind_ = machine.fabric();
    machine.set_fabric(this);
  }
  allow(node);
  std::vector<Resource> registers;
  for (const Resource& each : node.assigned)
    if (each.kind == ResourceKind::Memory || each.kind == ResourceKind::Port) registers.push_back(each);
  if (!registers.empty()) forbidden_.push_back({node.id, false, std::move(registers)});
}

void PowerWatch::allow(const Devnode& node) {
  std::erase_if(forbidden_, [&](const Forbidden& each) { return each.devnode == node.id; });
}

void PowerWatch::look_at(ResourceKind kind, std::uint64_t address, const char* what) {
  for (Forbidden& each : forbidden_) {
    if (each.told) continue;
    for (const Resource& range : each.registers) {
      if (range.kind != kind || address < range.start || address - range.start >= range.length) continue;
      each.told = true;
      machine::Machine::current().report(
          machine::finding("touch-before-power",
                           fmt::format("a driver {} {} {:#x} of devnode#{}, which is not in D0", what,
                                       kind == ResourceKind::Port ? "port" : "register", address, each.devnode),
                           machine::Severity::Recorded));
      return;
    }
  }
}

std::uint64_t PowerWatch::read_memory(machine::PhysicalAddress address, unsigned size) {
  look_at(ResourceKind::Memory, address, "reads");
  return behind_->read_memory(address, size);
}

void PowerWatch::write_memory(machine::PhysicalAddress address, unsigned size, std::uint64_t value) {
  look_at(ResourceKind::Memory, address, "writes");
  behind_->write_memory(address, size, value);
}

std::uint32_t PowerWatch::read_port(std::uint16_t port, unsigned size) {
  look_at(ResourceKind::Port, port, "reads");
  return behind_->read_port(port, size);
}

void PowerWatch::write_port(std::uint16_t port, unsigned size, std::uint32_t value) {
  look_at(ResourceKind::Port, port, "writes");
  behind_->write_port(port, size, value);
}

std::uint32_t PowerWatch::read_config(unsigned bus, unsigned device, unsigned function, unsigned offset,
                                      unsigned size) {
  return behind_->read_config(bus, device, function, offset, size);
}

void PowerWatch::write_config(unsigned bus, unsigned device, unsigned function, unsigned offset, unsigned size,
                              std::uint32_t value) {
  behind_->write_config(bus, device, function, offset, size, value);
}

}  // namespace drydock::ntos::pnp
