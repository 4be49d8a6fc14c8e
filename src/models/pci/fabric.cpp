#include "models/pci/fabric.h"

#include <utility>

#include "host/check.h"
#include "models/pci/config_space.h"
#include "models/pci/function_port.h"

namespace drydock::models::pci {

PciFabric::PciFabric(machine::Computer& computer, InterruptRouting routing)
    : computer_(computer), routing_(routing), line_holders_(routing.line_count) {
  HOST_CHECK(routing.line_count > 0);
}

PciFabric::~PciFabric() = default;

machine::DeviceModel& PciFabric::plug(Location location, const ModelFactory& factory) {
  HOST_CHECK(location.device < 32 && location.function < 8);
  HOST_CHECK(!ports_.contains(location));
  bury_retired();
  std::erase_if(ghosts_, [&](const Window& ghost) { return ghost.location == location; });
  counts_[location] = AccessCounts{};
  auto port = std::make_unique<FunctionPort>(*this, location);
  port->power_on(factory(*port));
  machine::DeviceModel& model = *port->model();
  ports_.emplace(location, std::move(port));
  rebuild_windows();
  return model;
}

void PciFabric::unplug(Location location) {
  const auto found = ports_.find(location);
  HOST_CHECK(found != ports_.end());
  bury_retired();
  std::unique_ptr<FunctionPort> port = std::move(found->second);
  ports_.erase(found);
  for (const Window& window : windows_)
    if (window.port == port.get()) {
      ghosts_.push_back(window);
      ghosts_.back().port = nullptr;
    }
  rebuild_windows();
  port->unplug();
  retired_.push_back(std::move(port));
}

void PciFabric::bury_retired() {
  if (calls_in_progress_ == 0) retired_.clear();
}

void PciFabric::reset(Location location, machine::ResetKind kind) {
  FunctionPort* port = find(location);
  HOST_CHECK(port != nullptr);
  port->reset(kind);
  rebuild_windows();
}

void PciFabric::reset_bus(unsigned bus, machine::ResetKind kind) {
  for (const Location& location : locations())
    if (location.bus == bus) reset(location, kind);
}

machine::DeviceModel* PciFabric::model(Location location) const {
  const FunctionPort* port = find(location);
  return port ? port->model() : nullptr;
}

std::vector<Location> PciFabric::locations() const {
  std::vector<Location> result;
  for (const auto& [location, port] : ports_) result.push_back(location);
  return result;
}

unsigned PciFabric::interrupt_line(Location location) const {
  const FunctionPort* port = find(location);
  return port ? port->line() : kNoInterruptLine;
}

AccessCounts PciFabric::counts(Location location) const {
  const auto found = counts_.find(location);
  return found == counts_.end() ? AccessCounts{} : found->second;
}

FunctionPort* PciFabric::find(Location location) const {
  const auto found = ports_.find(location);
  return found == ports_.end() ? nullptr : found->second.get();
}

void PciFabric::rebuild_windows() {
  windows_.clear();
  for (const auto& [location, port] : ports_)
    for (unsigned i = 0; i < kBarCount; ++i) {
      const FunctionPort::DecodedBar& bar = port->bars()[i];
      if (bar.size != 0 && port->decodes(bar.is_io))
        windows_.push_back({bar.base, bar.size, bar.is_io, i, location, port.get()});
    }
}

PciFabric::Window* PciFabric::decode(bool is_io, std::uint64_t address, unsigned size) {
  const auto holds = [=](const Window& window) {
    return window.is_io == is_io && address >= window.base && address - window.base < window.size &&
           size <= window.size - (address - window.base);
  };
  for (Window& window : windows_)
    if (holds(window)) return &window;
  for (Window& ghost : ghosts_)
    if (holds(ghost)) return &ghost;
  return nullptr;
}

std::uint64_t PciFabric::read_window(Window* window, std::uint64_t address, unsigned size) {
  if (window == nullptr) return all_ones(size);
  AccessCounts& counts = counts_[window->location];
  if (window->port == nullptr) {
    ++counts.after_unplug;
    return all_ones(size);
  }
  ++counts.reads;
  return window->port->read(window->bar, address - window->base, size) & all_ones(size);
}

void PciFabric::write_window(Window* window, std::uint64_t address, unsigned size, std::uint64_t value) {
  if (window == nullptr) return;
  AccessCounts& counts = counts_[window->location];
  if (window->port == nullptr) {
    ++counts.after_unplug;
    return;
  }
  ++counts.writes;
  window->port->write(window->bar, address - window->base, size, value & all_ones(size));
}

std::uint64_t PciFabric::read_memory(machine::PhysicalAddress address, unsigned size) {
  return read_window(decode(false, address, size), address, size);
}

void PciFabric::write_memory(machine::PhysicalAddress address, unsigned size, std::uint64_t value) {
  write_window(decode(false, address, size), address, size, value);
}

std::uint32_t PciFabric::read_port(std::uint16_t port, unsigned size) {
  return static_cast<std::uint32_t>(read_window(decode(true, port, size), port, size));
}

void PciFabric::write_port(std::uint16_t port, unsigned size, std::uint32_t value) {
  write_window(decode(true, port, size), port, size, value);
}

std::uint32_t PciFabric::read_config(unsigned bus, unsigned device, unsigned function, unsigned offset, unsigned size) {
  const auto ones = static_cast<std::uint32_t>(all_ones(size));
  if (bus > 0xFF || device >= 32 || function >= 8 || offset + size > kConfigSize) return ones;
  const Location location{static_cast<std::uint8_t>(bus), static_cast<std::uint8_t>(device),
                          static_cast<std::uint8_t>(function)};
  FunctionPort* port = find(location);
  if (port == nullptr) return ones;
  ++counts_[location].config_reads;
  return port->config_read(offset, size) & ones;
}

void PciFabric::write_config(unsigned bus, unsigned device, unsigned function, unsigned offset, unsigned size,
                             std::uint32_t value) {
  if (bus > 0xFF || device >= 32 || function >= 8 || offset + size > kConfigSize) return;
  const Location location{static_cast<std::uint8_t>(bus), static_cast<std::uint8_t>(device),
                          static_cast<std::uint8_t>(function)};
  FunctionPort* port = find(location);
  if (port == nullptr) return;
  ++counts_[location].config_writes;
  port->config_write(offset, size, value);
  rebuild_windows();
}

void PciFabric::drive_line(unsigned line, bool asserted) {
  std::uint8_t& holders = line_holders_[line - routing_.first_line];
  const bool was_up = holders != 0;
  holders = static_cast<std::uint8_t>(asserted ? holders + 1 : holders - 1);
  if (was_up != (holders != 0)) computer_.set_interrupt_line(line, holders != 0);
}

}  // namespace drydock::models::pci
