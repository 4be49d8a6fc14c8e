#include "scenario/probe.h"

#include <algorithm>

#include <fmt/format.h>

#include "bus/board/build_board.h"
#include "bus/pci/capability_text.h"
#include "bus/pci/pci_driver.h"
#include "machine/machine.h"
#include "ntos/kernel.h"
#include "ntos/ob/names.h"
#include "ntos/pnp/manager.h"
#include "ntos/pnp/resource_lists.h"
#include "scenario/probe_device.h"
#include "scenario/probe_reset.h"
#include "scenario/stage.h"

namespace drydock::scenario {

using bus::board::Slot;
using machine::Machine;
namespace pnp = ntos::pnp;

namespace {

/// Every function that is no bridge starts as it is: without a function driver, its bus driver serves it.
void let_start_without_drivers(const bus::board::Board& board) {
  pnp::DriverPackage package;
  package.class_name = u"Unknown";
  models::pci::PciFabric& fabric = *bus::board::board_part()->fabric;
  for (const bus::board::Device& device : board.devices) {
    if (device.secondary != 0) continue;
    const std::uint32_t id =
        fabric.read_config(device.slot.bus, device.slot.device, device.slot.function, 0, 4);
    package.ids.push_back(ntos::ob::widen(fmt::format("PCI\\VEN_{:04X}&DEV_{:04X}", id & 0xFFFF, id >> 16)));
  }
  if (!package.ids.empty()) pnp::manager().store().add(std::move(package));
}

bus::pci::Pdo* pdo_in(Slot slot) {
  for (const auto& bus : bus::pci::state().buses)
    for (const auto& pdo : bus->children()) {
      const bus::pci::Address at = pdo->config().address();
      if (pdo->reported() && at.bus == slot.bus && at.device == slot.device && at.function == slot.function)
        return pdo.get();
    }
  return nullptr;
}

std::vector<std::string> narrowed(const std::vector<std::u16string>& texts) {
  std::vector<std::string> all;
  for (const std::u16string& text : texts) all.push_back(ntos::ob::narrow(text));
  return all;
}

std::vector<std::string> firmware_of(const bus::board::Board& board, Slot slot) {
  std::vector<std::string> lines;
  const bus::acpi::DeviceObject* object = board.firmware.object(slot);
  if (!object) return lines;
  if (object->rst) lines.push_back("_RST: this device alone");
  if (!object->prr.empty()) lines.push_back(fmt::format("_PRR {}: reset with what hangs on it", object->prr));
  for (const std::string& rail : object->pr3) lines.push_back(fmt::format("_PR3 {}: its power can be cut", rail));
  return lines;
}

void describe(ProbedDevice& to, const pnp::Devnode& node, const bus::pci::Pdo& pdo) {
  to.instance_path = ntos::ob::narrow(node.instance_path);
  to.description = ntos::ob::narrow(node.description);
  to.hardware_ids = narrowed(node.hardware_ids);
  to.compatible_ids = narrowed(node.compatible_ids);
  for (const pnp::Resource& resource : node.assigned) to.resources.push_back(pnp::to_text(resource));
  to.capabilities = bus::pci::capability_texts(pdo.config());
  if (node.problem != pnp::Problem::None) to.problem = pnp::problem_name(node.problem);
}

void probe_device(ProbedDevice& to, const bus::board::Board& board, const bus::board::Device& device) {
  to.slot = device.slot;
  to.firmware = firmware_of(board, device.slot);
  for (const bus::board::Disk& disk : device.disks)
    to.disks.push_back(fmt::format("target {} unit {}: {}{}", disk.target, disk.lun, size_text(disk.size_bytes),
                                   disk.file.empty() ? "" : " in " + disk.file));
  bus::pci::Pdo& pdo = *pdo_in(device.slot);
  pnp::Devnode* node = pnp::manager().find_pdo(pdo.device());
  describe(to, *node, pdo);
  if (device.secondary != 0 || !to.problem.empty()) return;
  const ProbedRegisters registers(pdo);
  pdo.program_again();  // the sizes were found out by writing to what it decodes
  const DeviceUse& use = use_of(registers);
  to.use = use.what;
  to.works = use.works(registers);
  if (to.works) try_resets(to, pdo, registers, use);
}

void probe_all(ProbeResult& to, const bus::board::Board& board) {
  pnp::manager().enumerate_root();
  pnp::manager().wait_until_settled();
  for (const bus::board::Device& device : board.devices) {
    if (pdo_in(device.slot))
      probe_device(to.devices.emplace_back(), board, device);
    else
      to.missing.push_back(device.slot);
  }
}

}  // namespace

bool ProbedDevice::passed() const {
  return works && problem.empty() &&
         std::none_of(resets.begin(), resets.end(),
                      [](const ProbedReset& reset) { return reset.state == ProbedReset::State::Failed; });
}

bool ProbeResult::passed() const {
  return missing.empty() && findings.empty() && outcome == machine::OutcomeKind::Completed &&
         std::all_of(devices.begin(), devices.end(), [](const ProbedDevice& device) { return device.passed(); });
}

host::Result<ProbeResult> probe(const bus::board::Board& board, std::optional<std::uint64_t> seed) {
  machine::MachineConfig config = bus::board::machine_config(board);
  if (seed) config.strategy = [seed] { return machine::random(*seed); };
  config.refusals = false;
  std::unique_ptr<Machine> machine = TRY(Machine::create(config));
  ntos::install_kernel(*machine);
  TRY(bus::board::build_board(*machine, board));
  ProbeResult* inside = nullptr;
  machine->enter([&] {
    inside = new ProbeResult;
    let_start_without_drivers(board);
  });
  const HardwareWatch hardware(board);
  const machine::Outcome outcome = machine->run([&] { probe_all(*inside, board); });
  ProbeResult result = *inside;  // copied out of the machine, which goes at the end
  result.board = board.file.empty() ? board.name : board.file;
  result.outcome = outcome.kind;
  result.findings = machine->findings();
  result.hardware = hardware.use();
  return result;
}

}  // namespace drydock::scenario
