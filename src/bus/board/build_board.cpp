#include "bus/board/build_board.h"

#include <algorithm>

#include "bus/board/model_catalogue.h"
#include "bus/pci/pci_driver.h"
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
  if (backings.empty())
    for (const Disk& disk : device.disks) backings.push_back(backing_of(disk));
  part.fabric->plug(location_of(device.slot), find_model(device.model)->make(device, backings));
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
    for (const Disk& disk : device.disks)
      if (!disk.file.empty() && disk.descriptor < 0) return error(disk.file, ": this disk was not opened");
  }
  machine.enter([&] {
    auto* part = new BoardPart;
    part->devices = board.devices;
    part->fabric = new models::pci::PciFabric(machine.computer());
    machine.set_part(machine::PartId::Board, part);
    machine.set_fabric(part->fabric);
    for (const Device& device : part->devices) plug_model(*part, device);
    if (auto* kernel = machine.find_part<ntos::Kernel>(machine::PartId::Kernel)) {
      pci::install_pci(*kernel);
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
  plug_model(*part, *device);
  if (machine.find_part<pci::State>(machine::PartId::Pci)) pci::hot_plug_event();
  return {};
}

bool strike(machine::Machine& machine, Slot slot, std::string_view fault) {
  auto* part = machine.find_part<BoardPart>(machine::PartId::Board);
  const Device* device = part ? device_in(*part, slot) : nullptr;
  machine::DeviceModel* model = device ? part->fabric->model(location_of(slot)) : nullptr;
  const ModelInfo* info = device ? find_model(device->model) : nullptr;
  if (!model || !info->strike || !find_fault(*info, fault)) return false;
  info->strike(*model, fault);
  return true;
}

bool watch_request(machine::Machine& machine, Slot slot, std::uint64_t nth, RequestMoment moment,
                   std::function<void()> action) {
  auto* part = machine.find_part<BoardPart>(machine::PartId::Board);
  const Device* device = part ? device_in(*part, slot) : nullptr;
  machine::DeviceModel* model = device ? part->fabric->model(location_of(slot)) : nullptr;
  const ModelInfo* info = device ? find_model(device->model) : nullptr;
  if (!model || !info->watch_request) return false;
  info->watch_request(*model, nth, moment, std::move(action));
  return true;
}

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const ModelInfo& model : model_catalogue()) names.emplace_back(model.name);
  return names;
}

}  // namespace drydock::bus::board
