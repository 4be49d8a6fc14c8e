#include "scenario/assembly.h"

#include <algorithm>
#include <utility>
#include <vector>

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
    case StrategyChoice::Kind::BySite:
      return machine::by_site(choice.by_site);
    case StrategyChoice::Kind::Steady:
      break;
  }
  return machine::steady();
}

std::vector<std::u16string> services_of(const std::vector<std::string>& files) {
  std::vector<std::u16string> services;
  for (const std::string& file : files) services.push_back(ntos::ob::widen(service_of(file)));
  return services;
}

std::vector<pnp::InstalledValue> values_for(const std::vector<bus::board::RegistryValue>& hardware_key) {
  std::vector<pnp::InstalledValue> values;
  for (const bus::board::RegistryValue& each : hardware_key) {
    pnp::InstalledValue& value = values.emplace_back();
    value.name = ntos::ob::widen(each.name);
    if (each.number)
      value.dword = *each.number;
    else
      value.text = ntos::ob::widen(each.text);
  }
  return values;
}

/// A package for each kind of filters and values among the devices that `driver` serves: their hardware ids, as an INF for exactly
/// this computer would name them.
std::vector<pnp::DriverPackage> packages_for(const RunConfig& config, const DriverFile& driver) {
  std::vector<pnp::DriverPackage> packages;
  for (const bus::board::Device& device : config.board->devices) {
    if (&driver_for(config, device) != &driver) continue;
    pnp::DriverPackage wanted;
    wanted.lower_filters = services_of(device.lower_filters);
    wanted.upper_filters = services_of(device.upper_filters);
    wanted.values = values_for(device.hardware_key);
    auto package = std::find_if(packages.begin(), packages.end(), [&wanted](const pnp::DriverPackage& each) {
      return each.lower_filters == wanted.lower_filters && each.upper_filters == wanted.upper_filters &&
             each.values == wanted.values;
    });
    if (package == packages.end()) package = packages.insert(packages.end(), std::move(wanted));
    const std::uint32_t id =
        bus::board::board_part()->fabric->read_config(device.slot.bus, device.slot.device, device.slot.function, 0, 4);
    package->ids.push_back(ntos::ob::widen(fmt::format("PCI\\VEN_{:04X}&DEV_{:04X}", id & 0xFFFF, id >> 16)));
  }
  return packages;
}

/// What the board says of devices that this driver serves below a bus driver of the run.
void add_packages_of_board(const RunConfig& config, const DriverFile& driver, std::vector<pnp::DriverPackage>& packages) {
  for (const bus::board::Package& each : config.board->packages) {
    if (service_of(each.driver) != driver.service) continue;
    pnp::DriverPackage& package = packages.emplace_back();
    for (const std::string& id : each.ids) package.ids.push_back(ntos::ob::widen(id));
    package.values = values_for(each.hardware_key);
  }
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

void install_packages(const RunConfig& config, const DriverFile& driver) {
  std::vector<pnp::DriverPackage> packages = packages_for(config, driver);
  add_packages_of_board(config, driver, packages);
  // Without devices: a library for the others, unless the run is about it.
  if (packages.empty() && &driver == config.drivers.front()) packages.emplace_back();
  const std::u16string service = ntos::ob::widen(driver.service);
  const bool miniport = is_miniport(driver);
  // What the INF of a SCSI miniport writes, so that it is started by Plug and Play (SP-006).
  if (miniport && !packages.empty())
    ntos::cm::registry().service_parameters(service).create(u"PnpInterface").set_dword(u"5", 1);
  for (pnp::DriverPackage& package : packages) {
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
}

void install_drivers(const RunConfig& config) {
  for (const DriverFile* driver : config.drivers) install_service(*driver);
  for (const DriverFile* filter : config.filters) install_service(*filter);
  for (const DriverFile* driver : config.drivers) install_packages(config, *driver);
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
