#include "bus/board/model_catalogue.h"

#include <array>

#include "models/edu/edu_model.h"
#include "models/pvscsi/pvscsi_model.h"
#include "models/qemu/computer.h"
#include "models/root_port/root_port_model.h"

namespace drydock::bus::board {

namespace {

/// The rows that a board and `drydock list models` show, of a model's own table.
template <class Kind, std::size_t n>
constexpr std::array<FaultInfo, n> names_of(const Kind (&kinds)[n]) {
  std::array<FaultInfo, n> infos;
  for (std::size_t i = 0; i < n; ++i) infos[i] = {kinds[i].name, kinds[i].meaning};
  return infos;
}
constexpr auto kPvscsiFaults = names_of(models::pvscsi::kFaultKinds);
constexpr auto kEduFaults = names_of(models::edu::kFaultKinds);

models::pci::ModelFactory make_pvscsi(const Device& device, const Backings& backings) {
  models::pvscsi::Options options;
  for (std::size_t i = 0; i < device.disks.size(); ++i) {
    const Disk& disk = device.disks[i];
    options.disks.push_back({.target = static_cast<std::uint8_t>(disk.target),
                             .lun = static_cast<std::uint8_t>(disk.lun),
                             .backing = backings[i],
                             .block_bytes = disk.block_bytes});
  }
  if (device.latency) options.latency_per_request = *device.latency;
  if (device.reset_latency) options.reset_latency = *device.reset_latency;
  options.has_msi = device.message_interrupts;
  for (const auto& [name, count] : device.faults)
    if (const auto* kind = models::pvscsi::find_fault(name)) options.faults.*(kind->strikes_left) = count;
  return models::pvscsi::factory(std::move(options));
}

void strike_pvscsi(machine::DeviceModel& model, std::string_view name) {
  if (const auto* kind = models::pvscsi::find_fault(name))
    static_cast<models::pvscsi::PvscsiModel&>(model).strike(*kind);
}

unsigned pvscsi_strikes_to_come(const machine::DeviceModel& model, std::string_view name) {
  const auto* kind = models::pvscsi::find_fault(name);
  return kind ? static_cast<const models::pvscsi::PvscsiModel&>(model).strikes_to_come(*kind) : 0;
}

void watch_pvscsi(machine::DeviceModel& model, std::uint64_t nth, RequestMoment moment, std::function<void()> action) {
  auto& adapter = static_cast<models::pvscsi::PvscsiModel&>(model);
  if (moment == RequestMoment::Taken)
    adapter.watch_request(nth, std::move(action), {});
  else
    adapter.watch_request(nth, {}, std::move(action));
}

models::pci::ModelFactory make_edu(const Device& device, const Backings&) {
  models::edu::Options options;
  if (device.latency) options.factorial_latency = options.dma_latency = *device.latency;
  if (device.reset_latency) options.faults.ready_after = *device.reset_latency;
  options.has_msi = device.message_interrupts;
  options.has_function_level_reset = device.function_level_reset;
  for (const auto& [name, count] : device.faults)
    if (const auto fault = models::edu::find_fault(name)) options.faults[*fault] = count;
  return models::edu::factory(options);
}

models::pci::ModelFactory make_root_port(const Device&, const Backings&) {
  return models::root_port::factory();
}

void strike_edu(machine::DeviceModel& model, std::string_view name) {
  if (const auto fault = models::edu::find_fault(name)) static_cast<models::edu::EduModel&>(model).strike(*fault);
}

unsigned edu_strikes_to_come(const machine::DeviceModel& model, std::string_view name) {
  const auto fault = models::edu::find_fault(name);
  return fault ? static_cast<const models::edu::EduModel&>(model).strikes_to_come(*fault) : 0;
}

models::pci::ModelFactory make_qemu(const Device& device, const Backings&) {
  return device.qemu->factory(device.qemu_number);
}

constexpr ModelInfo kModels[] = {
    {.name = "pvscsi",
     .meaning = "VMware PVSCSI adapter (15AD:07C0), several targets and units, INTx and MSI",
     .takes_disks = true,
     .faults = kPvscsiFaults,
     .make = make_pvscsi,
     .strike = strike_pvscsi,
     .strikes_to_come = pvscsi_strikes_to_come,
     .watch_request = watch_pvscsi},
    {.name = "edu",
     .meaning = "QEMU's educational device (1234:11E8): factorials, DMA, INTx and MSI, function-level reset",
     .has_function_level_reset = true,
     .faults = kEduFaults,
     .make = make_edu,
     .strike = strike_edu,
     .strikes_to_come = edu_strikes_to_come},
    {.name = "root-port",
     .meaning = "PCI Express root port (1B36:000C): a bridge; what has its bus in its slot sits behind it",
     .is_bridge = true,
     .make = make_root_port},
    {.name = "qemu",
     .meaning = "a device of QEMU's, by its name there: device = \"lsi53c895a\"; runs live, on the wall's clock",
     .takes_disks = true,
     .make = make_qemu},
};

}  // namespace

std::span<const ModelInfo> model_catalogue() {
  return kModels;
}

const ModelInfo* find_model(std::string_view name) {
  for (const ModelInfo& model : kModels)
    if (model.name == name) return &model;
  return nullptr;
}

const FaultInfo* find_fault(const ModelInfo& model, std::string_view name) {
  for (const FaultInfo& fault : model.faults)
    if (fault.name == name) return &fault;
  return nullptr;
}

}  // namespace drydock::bus::board
