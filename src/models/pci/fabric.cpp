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
  for (const Location& each : behind(location))
    if (ports_.contains(each)) unplug(each);
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
  // A bridge passes a reset on, but one of the function alone.
  if (kind != machine::ResetKind::FunctionLevel)
    for (const Location& each : behind(location)) find(each)->reset(machine::ResetKind::Conventional);
  rebuild_windows();
}

void PciFabric::reset_bus(unsigned bus, machine::ResetKind kind) {
  for (const Location& location : locations())
    if (location.bus == bus) reset(location, kind);
}

void PciFabric::hold(Location location, Hold hold) {
  if (FunctionPort* port = find(location)) {
    port->hold(hold);
    for (const Location& each : behind(location)) find(each)->hold(Hold::Link);
    rebuild_windows();
  }
}

void PciFabric::release(Location location, Hold hold) {
  if (FunctionPort* port = find(location)) {
    port->release(hold);
    if (port->reachable())
      for (const Location& each : behind(location)) find(each)->release(Hold::Link);
    rebuild_windows();
  }
}

// ---- bridges

void PciFabric::connect(unsigned bus, Location bridge) {
  bridges_[static_cast<std::uint8_t>(bus)] = bridge;
}

std::optional<Location> PciFabric::bridge_above(Location location) const {
  const auto found = bridges_.find(location.bus);
  return found == bridges_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<Location> PciFabric::behind(Location bridge) const {
  std::vector<Location> result;
  for (const auto& [location, port] : ports_)
    for (std::optional<Location> above = bridge_above(location); above; above = bridge_above(*above))
      if (*above == bridge) result.push_back(location);
  return result;
}

void PciFabric::set_link(Location bridge, bool up) {
  for (const Location& each : behind(bridge)) up ? find(each)->release(Hold::Link) : find(each)->hold(Hold::Link);
  if (FunctionPort* port = find(bridge)) port->set_link(up);
  rebuild_windows();
}

/// The bus that answers to a number, as the bridges have been told.
std::optional<std::uint8_t> PciFabric::route(unsigned bus) const {
  if (bus == 0) return 0;
  if (bridges_.empty()) return static_cast<std::uint8_t>(bus);  // a root bus of its own
  std::uint8_t at = 0;
  for (std::size_t hops = 0; hops <= bridges_.size(); ++hops) {
    bool further = false;
    for (const auto& [behind, location] : bridges_) {
      FunctionPort* port = location.bus == at ? find(location) : nullptr;
      if (!port) continue;
      const unsigned secondary = port->config_read(bridge::kSecondaryBus, 1);
      if (secondary == 0 || bus < secondary || bus > port->config_read(bridge::kSubordinateBus, 1)) continue;
      if (bus == secondary) return behind;
      at = behind;
      further = true;
      break;
    }
    if (!further) return std::nullopt;
  }
  return std::nullopt;
}

bool PciFabric::path_forwards(Location location, std::uint16_t bit, const std::uint64_t* address) const {
  for (std::optional<Location> above = bridge_above(location); above; above = bridge_above(*above)) {
    const FunctionPort* port = find(*above);
    if (!port || !port->forwards(bit, address)) return false;
  }
  return true;
}

/// Pins are swizzled at each bridge on the way up, then routed.
unsigned PciFabric::routed_line(Location location, unsigned pin) const {
  for (std::optional<Location> above = bridge_above(location); above; above = bridge_above(*above)) {
    pin = (location.device + pin - 1) % 4 + 1;
    location = *above;
  }
  return routing_.first_line + (location.device + pin - 1) % routing_.line_count;
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
      if (bar.size != 0 && port->decodes(bar.is_io) &&
          path_forwards(location, bar.is_io ? command::kIoSpace : command::kMemorySpace,
                        bar.is_io ? nullptr : &bar.base))
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
  const std::optional<std::uint8_t> behind = route(bus);
  if (!behind) return ones;
  const Location location{*behind, static_cast<std::uint8_t>(device), static_cast<std::uint8_t>(function)};
  FunctionPort* port = find(location);
  if (port == nullptr) return ones;
  ++counts_[location].config_reads;
  return port->config_read(offset, size) & ones;
}

void PciFabric::write_config(unsigned bus, unsigned device, unsigned function, unsigned offset, unsigned size,
                             std::uint32_t value) {
  if (bus > 0xFF || device >= 32 || function >= 8 || offset + size > kConfigSize) return;
  const std::optional<std::uint8_t> behind = route(bus);
  if (!behind) return;
  const Location location{*behind, static_cast<std::uint8_t>(device), static_cast<std::uint8_t>(function)};
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
