#include "contract/reset/reset_rig.h"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>
#include <gtest/gtest-spi.h>

#include "bus/acpi/acpi_driver.h"
#include "bus/board/board.h"
#include "bus/board/build_board.h"
#include "contract/ntos/kernel_rig.h"
#include "image/loader.h"
#include "ntos/exports.h"
#include "ntos/io/driver.h"
#include "ntos/kernel.h"
#include "ntos/ob/names.h"

namespace drydock::test::reset {

namespace io = ntos::io;

namespace {

const image::ExportIndex& exports() {
  static const image::ExportIndex index = [] {
    image::ExportIndex made;
    ntos::add_ntos_exports(made);
    return made;
  }();
  return index;
}

}  // namespace

ResetRig::ResetRig(std::vector<Function> functions, Firmware firmware, const char* board_text) {
  bus::board::Board board = bus::board::parse_board(board_text, "reset.toml").value();
  if (!firmware.empty()) board.firmware = std::move(firmware);
  machine::MachineConfig config = bus::board::machine_config(board);
  config.keep_records = true;
  const image::ExportIndex& index = exports();
  tests::guest("test/reset_puppet");
  machine_ = machine::Machine::create(config).value();
  machine_->enter([&] { image::Images::attach(*machine_, index); });
  ntos::install_kernel(*machine_);
  EXPECT_TRUE(bus::board::build_board(*machine_, board));
  machine_->enter([&] {
    models_ = new std::map<models::pci::Location, ResettableModel*>;
    for (const Function& function : functions)
      bus::board::board_part()->fabric->plug(function.at, [&](machine::DeviceWires& wires) {
        auto made = std::make_unique<ResettableModel>(wires, function.behaviour);
        (*models_)[function.at] = made.get();
        return made;
      });
  });
}

void ResetRig::service(const std::string& name, std::u16string id, const ServiceOptions& options) {
  machine_->enter([&] {
    auto& store = machine_->part<ntos::Kernel>(machine::PartId::Kernel).pnp->store();
    const std::u16string wide = ntos::ob::widen(name);
    store.add(ntos::pnp::Service{.name = wide,
                                 .load =
                                     [name](DRIVER_OBJECT** driver) {
                                       const io::LoadResult loaded =
                                           io::load_driver(tests::guest("test/reset_puppet"), name);
                                       *driver = loaded.driver;
                                       return loaded.status;
                                     },
                                 .stays_loaded = options.stays_loaded});
    if (id.empty()) return;
    ntos::pnp::DriverPackage package{.service = wide, .ids = {std::move(id)}, .class_name = u"Test"};
    for (const std::string& each : options.lower) package.lower_filters.push_back(ntos::ob::widen(each));
    for (const std::string& each : options.upper) package.upper_filters.push_back(ntos::ob::widen(each));
    if (options.messages)
      package.values.push_back(
          {.subkey = u"Interrupt Management\\MessageSignaledInterruptProperties", .name = u"MSISupported", .dword = 1});
    store.add(std::move(package));
  });
}

void ResetRig::run(const std::function<void(Manager&)>& body) {
  rules_after(body);
  for (const machine::Finding& finding : machine_->findings()) ADD_FAILURE() << finding.rule << ": " << finding.summary;
}

std::vector<std::string> ResetRig::rules_after(const std::function<void(Manager&)>& body) {
  // What fails inside the machine is written down in its arena, and told again while that still lives.
  testing::TestPartResultArray failures;
  machine::Outcome outcome;
  {
    using Catcher = testing::ScopedFakeTestPartResultReporter;
    Catcher catcher(Catcher::INTERCEPT_ONLY_CURRENT_THREAD, &failures);
    outcome = machine_->run([&body] { body(ntos::pnp::manager()); });
  }
  for (int i = 0; i < failures.size(); ++i) {
    const testing::TestPartResult& failure = failures.GetTestPartResult(i);
    if (failure.failed()) ADD_FAILURE_AT(failure.file_name(), failure.line_number()) << failure.message();
  }
  EXPECT_EQ(outcome.kind, machine::OutcomeKind::Completed);
  std::vector<std::string> rules;
  for (const machine::Finding& finding : machine_->findings()) rules.push_back(finding.rule);
  return rules;
}

models::pci::PciFabric& ResetRig::fabric() {
  return *machine_->part<bus::board::BoardPart>(machine::PartId::Board).fabric;
}

bus::acpi::Firmware& ResetRig::firmware() {
  return machine_->part<bus::acpi::State>(machine::PartId::Acpi).firmware;
}

ResettableModel& ResetRig::model(models::pci::Location at) {
  return *models_->at(at);
}

void* ResetRig::symbol(const std::string& service, const char* name) {
  const DRIVER_OBJECT* driver = io::find_driver(service);
  void* found = driver ? io::record_of(driver).image->find_symbol(name) : nullptr;
  if (!found) throw std::runtime_error(fmt::format("{} has no {}", service, name));
  return found;
}

RESET_PUPPET& ResetRig::puppet(const std::string& service) {
  return *static_cast<RESET_PUPPET*>(symbol(service, "Puppet"));
}

DEVICE_OBJECT* ResetRig::device(const std::string& service) {
  const RESET_PUPPET& seen = puppet(service);
  return reinterpret_cast<DEVICE_OBJECT*>(seen.Devices[(seen.AddDevices - 1) % PUPPET_DEVICES]);
}

NTSTATUS ResetRig::query(void* buffer, unsigned size, unsigned version, ULONG_PTR* information,
                         const std::string& service) {
  return call<NTSTATUS>(service, "PuppetQuery", device(service), buffer, ULONG{size}, ULONG{version}, information);
}

NTSTATUS ResetRig::get_interface(const std::string& service) {
  return call<NTSTATUS>(service, "PuppetGetInterface", device(service));
}

DEVICE_RESET_INTERFACE_STANDARD& ResetRig::interface(const std::string& service) {
  return *call<DEVICE_RESET_INTERFACE_STANDARD*>(service, "PuppetInterface", device(service));
}

PUPPET_RESET ResetRig::reset(DEVICE_RESET_TYPE type, PUPPET_RESET request, const std::string& service) {
  if (!interface(service).DeviceReset) {
    EXPECT_EQ(get_interface(service), STATUS_SUCCESS);
  }
  request.Type = static_cast<PU32>(type);
  call<void>(service, "PuppetReset", device(service), &request);
  return request;
}

PUPPET_RESET ResetRig::reset_by(DEVICE_RESET_INTERFACE_STANDARD by, DEVICE_RESET_TYPE type, PUPPET_RESET request,
                                const std::string& service) {
  request.Type = static_cast<PU32>(type);
  call<void>(service, "PuppetResetBy", &by, &request);
  return request;
}

PUPPET_STATUS ResetRig::status(unsigned missing, const std::string& service) {
  PUPPET_STATUS seen{};
  call<void>(service, "PuppetGetStatus", &interface(service), &seen, ULONG{missing});
  return seen;
}

Devnode& ResetRig::node(Manager& manager, const std::string& service) {
  return *manager.served_by(ntos::ob::widen(service)).back();
}

std::size_t ResetRig::irps() {
  return machine_->part<ntos::Kernel>(machine::PartId::Kernel).pnp->sent_irps().size();
}

std::string ResetRig::story(std::size_t from) {
  Manager& manager = *machine_->part<ntos::Kernel>(machine::PartId::Kernel).pnp;
  std::string text;
  for (std::size_t i = from; i < manager.sent_irps().size(); ++i) {
    const ntos::pnp::SentIrp& irp = manager.sent_irps()[i];
    std::string_view what;
    switch (irp.minor) {
      case IRP_MN_START_DEVICE:
        what = "START";
        break;
      case IRP_MN_QUERY_REMOVE_DEVICE:
        what = "QUERY_REMOVE";
        break;
      case IRP_MN_REMOVE_DEVICE:
        what = "REMOVE";
        break;
      case IRP_MN_CANCEL_REMOVE_DEVICE:
        what = "CANCEL_REMOVE";
        break;
      case IRP_MN_SURPRISE_REMOVAL:
        what = "SURPRISE";
        break;
      case IRP_MN_QUERY_STOP_DEVICE:
      case IRP_MN_STOP_DEVICE:
      case IRP_MN_CANCEL_STOP_DEVICE:
        what = "STOP?";
        break;
      default:
        continue;
    }
    const Devnode& node = *manager.find(irp.devnode);
    const std::string who = node.service.empty() ? fmt::format("devnode#{}", node.id) : ntos::ob::narrow(node.service);
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", who, what);
  }
  return text;
}

std::vector<ResetStepKind> ResetRig::steps() {
  std::vector<ResetStepKind> kinds;
  for (const auto& step : machine_->part<ntos::Kernel>(machine::PartId::Kernel).pnp->resets().steps())
    kinds.push_back(step.kind);
  return kinds;
}

machine::Time ResetRig::time_of(ResetStepKind kind, unsigned n) {
  for (const auto& step : machine_->part<ntos::Kernel>(machine::PartId::Kernel).pnp->resets().steps())
    if (step.kind == kind && n-- == 0) return step.at;
  return {};
}

unsigned ResetRig::count_of(ResetStepKind kind) {
  const std::vector<ResetStepKind> all = steps();
  return static_cast<unsigned>(std::count(all.begin(), all.end(), kind));
}

Firmware shared_line(std::optional<Method> rst) {
  Firmware firmware;
  firmware.resources.push_back({.name = "PRRA", .rst = rst});
  firmware.devices[{0, 5, 0}].prr = "PRRA";
  firmware.devices[{0, 6, 0}].prr = "PRRA";
  return firmware;
}

Firmware shared_rail() {
  Firmware firmware;
  firmware.resources.push_back({.name = "PWRA", .on = {.takes = 5ms}, .off = {.takes = 2ms}});
  firmware.devices[{0, 5, 0}].pr3 = {"PWRA"};
  firmware.devices[{0, 6, 0}].pr3 = {"PWRA"};
  return firmware;
}

std::vector<Function> two_functions(Behaviour first, Behaviour second) {
  second.device_id = 0x11E9;
  return {{first, kFirst}, {second, kSecond}};
}

}  // namespace drydock::test::reset
