#include "bus/board/build_board.h"

#include <algorithm>

#include "bus/acpi/acpi_driver.h"
#include "bus/board/model_catalogue.h"
#include "bus/pci/pci_driver.h"
#include "models/qemu/computer.h"
#include "ntos/kernel.h"

namespace drydock::bus::board {

using host::error;
using host::Result;
using host::Status;

namespace {

models::pci::Location location_of(Slot slot) {
  return {static_cast<std::uint8_t>(slot.bus), static_cast<std::uint8_t>(slot.device),
          static_cast<std::uint8_t>(slot.function)};
}

std::shared_ptr<models::disk::Backing> backing_of(const Disk& disk) {
  if (disk.file.empty()) return std::make_shared<models::disk::MemoryBacking>(disk.size_bytes);
  return std::make_shared<models::disk::FileBacking>(disk.descriptor, disk.size_bytes, disk.read_only);
}

/// The disks' contents outlive the adapter, so they are kept with the board.
void plug_model(BoardPart& part, const Device& device) {
  Backings& backings = part.backings[device.slot];
  if (backings.empty() && !device.qemu)
    for (const Disk& disk : device.disks) backings.push_back(backing_of(disk));
  part.fabric->plug(location_of(device.slot), find_model(device.model)->make(device, backings));
}

// What the firmware leaves in the bridges before the system starts: bus numbers, and a window for each bus.

constexpr std::uint32_t kFirstWindow = 0xFA000000, kWindowBytes = 0x200000;

unsigned last_bus_behind(const std::vector<Device>& devices, unsigned bus) {
  unsigned last = bus;
  for (const Device& device : devices)
    if (device.secondary != 0 && device.slot.bus == bus)
      last = std::max(last, last_bus_behind(devices, device.secondary));
  return last;
}

void program_as_firmware(const BoardPart& part, const Device& bridge) {
  const unsigned last = last_bus_behind(part.devices, bridge.secondary);
  const std::uint32_t base = kFirstWindow + kWindowBytes * bridge.secondary;
  const std::uint32_t limit = kFirstWindow + kWindowBytes * (last + 1) - 1;
  const auto write = [&](unsigned offset, std::uint32_t value) {
    part.fabric->write_config(bridge.slot.bus, bridge.slot.device, bridge.slot.function, offset, 4, value);
  };
  write(0x18, bridge.slot.bus | bridge.secondary << 8 | last << 16);
  write(0x20, (base >> 16 & 0xFFF0) | (limit & 0xFFF00000));
  write(0x04, 6);
}

/// Bridges before what is behind them.
std::vector<const Device*> in_order_of_buses(const std::vector<Device>& devices) {
  std::vector<const Device*> order;
  for (const Device& device : devices) order.push_back(&device);
  std::stable_sort(order.begin(), order.end(),
                   [](const Device* a, const Device* b) { return a->slot.bus < b->slot.bus; });
  return order;
}

void plug_with_bridge(BoardPart& part, const Device& device) {
  if (device.secondary != 0) part.fabric->connect(device.secondary, location_of(device.slot));
  plug_model(part, device);
  if (device.secondary != 0) program_as_firmware(part, device);
}

const Device* device_in(const BoardPart& part, Slot slot) {
  for (const Device& device : part.devices)
    if (device.slot == slot) return &device;
  return nullptr;
}

}  // namespace

machine::MachineConfig machine_config(const Board& board) {
  machine::MachineConfig config;
  config.processors = board.processors;
  config.ram_bytes = board.memory_bytes;
  config.ram_above_4gb = board.ram_above_4gb_bytes;
  return config;
}

BoardPart* board_part() {
  return machine::Machine::current().find_part<BoardPart>(machine::PartId::Board);
}

Status build_board(machine::Machine& machine, const Board& board) {
  for (const Device& device : board.devices) {
    if (!find_model(device.model)) return error("there is no model ", device.model);
    if (device.model == "qemu") {
      if (!device.qemu) return error("slot ", to_text(device.slot), ": QEMU was not started");
      continue;
    }
    for (const Disk& disk : device.disks)
      if (!disk.file.empty() && disk.descriptor < 0) return error(disk.file, ": this disk was not opened");
  }
  if (board.qemu) {
    TRY(board.qemu->power_on(&machine.computer()));
    machine::go_live(machine, board.qemu->outside());
  }
  machine.enter([&] {
    auto* part = new BoardPart;
    part->devices = board.devices;
    part->fabric = new models::pci::PciFabric(machine.computer());
    machine.set_part(machine::PartId::Board, part);
    machine.set_fabric(part->fabric);
    for (const Device* device : in_order_of_buses(part->devices)) plug_with_bridge(*part, *device);
    if (auto* kernel = machine.find_part<ntos::Kernel>(machine::PartId::Kernel)) {
      pci::install_pci(*kernel);
      if (!board.firmware.empty()) acpi::install_acpi(*kernel, board.firmware, *part->fabric);
      kernel->pnp->add_root_device(pci::host_bridge());
    }
  });
  return {};
}

bool unplug(machine::Machine& machine, Slot slot) {
  auto* part = machine.find_part<BoardPart>(machine::PartId::Board);
  if (!part || !part->fabric->model(location_of(slot))) return false;
  machine.record(machine::Event::DeviceUnplugged, slot.bus << 8 | slot.device << 3 | slot.function);
  part->fabric->unplug(location_of(slot));
  if (machine.find_part<pci::State>(machine::PartId::Pci)) pci::hot_plug_event();
  return true;
}

Status plug(machine::Machine& machine, Slot slot) {
  auto* part = machine.find_part<BoardPart>(machine::PartId::Board);
  const Device* device = part ? device_in(*part, slot) : nullptr;
  if (!device) return error("the board has nothing for slot ", to_text(slot));
  if (part->fabric->model(location_of(slot))) return error("slot ", to_text(slot), " is not empty");
  plug_with_bridge(*part, *device);
  // A bridge brings what is behind it.
  if (device->secondary != 0)
    for (const Device* each : in_order_of_buses(part->devices))
      if (each->slot.bus >= device->secondary && each->slot.bus <= last_bus_behind(part->devices, device->secondary) &&
          !part->fabric->model(location_of(each->slot)))
        plug_with_bridge(*part, *each);
  if (machine.find_part<pci::State>(machine::PartId::Pci)) pci::hot_plug_event();
  return {};
}

bool set_link(machine::Machine& machine, Slot bridge, bool up) {
  auto* part = machine.find_part<BoardPart>(machine::PartId::Board);
  const Device* device = part ? device_in(*part, bridge) : nullptr;
  if (!device || device->secondary == 0) return false;
  part->fabric->set_link(location_of(bridge), up);
  if (machine.find_part<pci::State>(machine::PartId::Pci)) pci::hot_plug_event();
  return true;
}

bool system_reset(machine::Machine& machine) {
  auto* part = machine.find_part<BoardPart>(machine::PartId::Board);
  if (!part) return false;
  for (const Device& device : part->devices)
    if (device.qemu && device.qemu_number == 0 && !device.qemu->system_reset()) return false;
  for (const Device* device : in_order_of_buses(part->devices)) {
    if (!part->fabric->model(location_of(device->slot))) continue;
    part->fabric->reset(location_of(device->slot), machine::ResetKind::PowerOn);
    if (device->secondary != 0) program_as_firmware(*part, *device);
  }
  return true;
}

namespace {

struct Found {
  machine::DeviceModel* model = nullptr;  ///< null: no such device
  const ModelInfo* info = nullptr;
};

Found find_device(machine::Machine& machine, Slot slot) {
  auto* part = machine.find_part<BoardPart>(machine::PartId::Board);
  const Device* device = part ? device_in(*part, slot) : nullptr;
  if (!device) return {};
  return {part->fabric->model(location_of(slot)), find_model(device->model)};
}

}  // namespace

bool strike(machine::Machine& machine, Slot slot, std::string_view fault) {
  const Found found = find_device(machine, slot);
  if (!found.model || !found.info->strike || !find_fault(*found.info, fault)) return false;
  found.info->strike(*found.model, fault);
  return true;
}

unsigned strikes_to_come(machine::Machine& machine, Slot slot, std::string_view fault) {
  const Found found = find_device(machine, slot);
  return found.model && found.info->strikes_to_come ? found.info->strikes_to_come(*found.model, fault) : 0;
}

bool watch_request(machine::Machine& machine, Slot slot, std::uint64_t nth, RequestMoment moment,
                   std::function<void()> action) {
  const Found found = find_device(machine, slot);
  if (!found.model || !found.info->watch_request) return false;
  found.info->watch_request(*found.model, nth, moment, std::move(action));
  return true;
}

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const ModelInfo& model : model_catalogue()) names.emplace_back(model.name);
  return names;
}

}  // namespace drydock::bus::board
