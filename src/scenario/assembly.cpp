#include "scenario/assembly.h"

#include <fmt/format.h>

#include "bus/board/build_board.h"
#include "bus/board/model_catalogue.h"
#include "class/disk/disk_driver.h"
#include "host/check.h"
#include "image/loader.h"
#include "machine/outside.h"
#include "models/pci/fabric.h"
#include "nt/status.h"
#include "ntos/cm/registry.h"
#include "ntos/io/driver.h"
#include "ntos/io/pending_check.h"
#include "ntos/kernel.h"
#include "ntos/ob/names.h"
#include "ntos/pnp/manager.h"
#include "port/scsiport/fdo.h"
#include "port/scsiport/settings.h"
#include "verifier/special_pool.h"
#include "wdf/framework.h"
#include "wdf/um/reflector.h"

namespace drydock::scenario {

using machine::Machine;
namespace pnp = ntos::pnp;

namespace {

constexpr nt::GUID kScsiAdapterClass{0x4D36E97B, 0xE325, 0x11CE, {0xBF, 0xC1, 0x08, 0x00, 0x2B, 0xE1, 0x03, 0x18}};
constexpr nt::GUID kSystemClass{0x4D36E97D, 0xE325, 0x11CE, {0xBF, 0xC1, 0x08, 0x00, 0x2B, 0xE1, 0x03, 0x18}};

std::unique_ptr<machine::Strategy> make_strategy(const StrategyChoice& choice) {
  switch (choice.kind) {
    case StrategyChoice::Kind::Random:
      return machine::random(choice.seed);
    case StrategyChoice::Kind::Recorded:
      return machine::recorded(choice.answers);
    case StrategyChoice::Kind::Steady:
      break;
  }
  return machine::steady();
}

/// The hardware ids of what `driver` serves on the board, as an INF for exactly this computer would name them.
std::vector<std::u16string> ids_for(const RunConfig& config, const DriverFile& driver) {
  std::vector<std::u16string> ids;
  for (const bus::board::Device& device : config.board->devices) {
    if (&driver_for(config, device) != &driver) continue;
    const std::uint32_t id =
        bus::board::board_part()->fabric->read_config(device.slot.bus, device.slot.device, device.slot.function, 0, 4);
    ids.push_back(ntos::ob::widen(fmt::format("PCI\\VEN_{:04X}&DEV_{:04X}", id & 0xFFFF, id >> 16)));
  }
  return ids;
}

bool is_miniport(const DriverFile& driver) {
  return driver.imports_from("scsiport.sys");
}

void install_service(const DriverFile& driver) {
  const image::PeImage* image = driver.image.get();
  const std::string* service = &driver.service;
  pnp::manager().store().add(
      pnp::Service{.name = ntos::ob::widen(driver.service), .load = [image, service](nt::DRIVER_OBJECT** loaded) {
                     if (image->user_mode()) return wdf::um::load_driver(*image, *service, loaded);
                     const ntos::io::LoadResult result = ntos::io::load_driver(*image, *service);
                     if (!result.failure.empty()) Machine::current().note(result.failure);
                     *loaded = result.driver;
                     return result.status;
                   }});
}

void install_package(const RunConfig& config, const DriverFile& driver) {
  pnp::DriverPackage package;
  package.ids = ids_for(config, driver);
  if (package.ids.empty() && &driver != config.drivers.front()) return;  // a library for the others
  const std::u16string service = ntos::ob::widen(driver.service);
  const bool miniport = is_miniport(driver);
  // What the INF of a SCSI miniport writes, so that it is started by Plug and Play (SP-006).
  if (miniport) ntos::cm::registry().service_parameters(service).create(u"PnpInterface").set_dword(u"5", 1);
  // What the INF of a user-mode driver of hardware says.
  if (driver.image->user_mode())
    package.values.push_back({.where = pnp::InstalledValue::Where::Hardware,
                              .subkey = u"WUDF",
                              .name = u"DirectHardwareAccess",
                              .dword = 1});
  package.service = service;
  package.class_name = miniport ? u"SCSIAdapter" : u"System";
  package.class_guid = miniport ? kScsiAdapterClass : kSystemClass;
  package.description = ntos::ob::widen(driver.image->name());
  pnp::manager().store().add(std::move(package));
}

void install_drivers(const RunConfig& config) {
  for (const DriverFile* driver : config.drivers) install_service(*driver);
  for (const DriverFile* driver : config.drivers) install_package(config, *driver);
}

}  // namespace

bool suits(const DriverFile& driver, const bus::board::Device& device) {
  const bus::board::ModelInfo* model = bus::board::find_model(device.model);
  return is_miniport(driver) == (model != nullptr && model->takes_disks);
}

const DriverFile& driver_for(const RunConfig& config, const bus::board::Device& device) {
  for (const DriverFile* driver : config.drivers)
    if (suits(*driver, device)) return *driver;
  return *config.drivers.front();
}

host::Result<std::unique_ptr<Machine>> assemble(const RunConfig& config) {
  machine::MachineConfig wanted = bus::board::machine_config(*config.board);
  if (config.processors != 0) wanted.processors = config.processors;
  wanted.keep_records = config.keep_trace;
  wanted.refusals = false;
  wanted.time_max = config.budget.virtual_time;
  wanted.points_max = config.budget.points;
  const StrategyChoice* strategy = &config.strategy;
  wanted.strategy = [strategy] { return make_strategy(*strategy); };
  std::unique_ptr<Machine> machine = TRY(Machine::create(wanted));
  if (config.outside) machine::go_live(*machine, *config.outside);
  ntos::install_kernel(*machine);
  machine->enter([&] { image::Images::attach(*machine, *config.exports); });
  TRY(bus::board::build_board(*machine, *config.board));
  machine->enter([&] {
    for (const auto& [name, value] : config.board->settings)
      HOST_CHECK(port::scsiport::set(port::scsiport::port().settings, name, value));
    class_::disk::install_disk(ntos::kernel());
    install_drivers(config);
    if (config.verifier.special_pool) verifier::use_special_pool();
    if (config.verifier.io) ntos::io::check_pending_irps();
    if (config.verifier.framework) wdf::framework().settings.verifier = true;
  });
  return machine;
}

}  // namespace drydock::scenario
