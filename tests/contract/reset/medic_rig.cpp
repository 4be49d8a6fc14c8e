#include "contract/reset/medic_rig.h"

#include <cstring>
#include <set>

#include "bus/board/build_board.h"
#include "contract/ntos/kernel_rig.h"
#include "image/loader.h"
#include "models/pci/fabric.h"
#include "ntos/io/driver.h"
#include "ntos/kernel.h"
#include "ntos/ob/names.h"
#include "ntos/pnp/device_interface.h"

namespace drydock::test::reset {

using namespace nt;

MedicRig::MedicRig(std::string_view board_text, StrategyMaker strategy, std::string driver, Filters filters)
    : driver_(std::move(driver)), filters_(std::move(filters)) {
  const bus::board::Board board = bus::board::parse_board(board_text, "medic.toml").value();
  const image::ExportIndex& index = tests::driver_exports();
  // Parsed on the host's heap, which outlives the machine.
  tests::guest(driver_);
  for (const auto* names : {&filters_.lower, &filters_.upper})
    for (const std::string& name : *names) tests::guest(name);
  machine::MachineConfig config = bus::board::machine_config(board);
  config.strategy = std::move(strategy);
  config.refusals = false;
  machine_ = machine::Machine::create(config).value();
  ntos::install_kernel(*machine_);
  machine_->enter([&] { image::Images::attach(*machine_, index); });
  EXPECT_TRUE(bus::board::build_board(*machine_, board));
  machine_->enter([&] {
    install(driver_, &loads_);
    ntos::pnp::DriverPackage package;
    package.service = ntos::ob::widen(driver_);
    package.ids = {u"PCI\\VEN_1234&DEV_11E8"};
    std::set<std::string> installed;
    for (auto [names, into] : {std::pair{&filters_.lower, &package.lower_filters},
                               std::pair{&filters_.upper, &package.upper_filters}})
      for (const std::string& name : *names) {
        if (installed.insert(name).second) install(name, nullptr);
        into->push_back(ntos::ob::widen(name));
      }
    ntos::pnp::manager().store().add(std::move(package));
  });
}

void MedicRig::install(const std::string& name, unsigned* loads) {
  const image::PeImage* image = &tests::guest(name);
  const std::string* service = &name;
  ntos::pnp::manager().store().add(
      ntos::pnp::Service{.name = ntos::ob::widen(name), .load = [image, service, loads](DRIVER_OBJECT** loaded) {
                           if (loads) ++*loads;
                           const auto result = ntos::io::load_driver(*image, *service);
                           *loaded = result.driver;
                           return result.status;
                         }});
}

void MedicRig::run(const std::function<void()>& body) {
  const machine::Outcome outcome = machine_->run([&] {
    ntos::pnp::manager().enumerate_root();
    ntos::pnp::manager().wait_until_settled();
    body();
  });
  std::string findings;
  for (const machine::Finding& finding : machine_->findings()) {
    findings += finding.rule + ": " + finding.summary + "\n";
    for (const std::string& detail : finding.details) findings += "  " + detail + "\n";
    for (const machine::StackFrame& frame : finding.stack) findings += "  at " + frame.symbol + "\n";
  }
  EXPECT_EQ(outcome.kind, machine::OutcomeKind::Completed) << findings;
  EXPECT_TRUE(findings.empty()) << findings;
}

ntos::pnp::Devnode& MedicRig::node() const {
  return *ntos::pnp::manager().served_by(ntos::ob::widen(driver_)).back();
}

models::edu::EduModel& MedicRig::model() const {
  return static_cast<models::edu::EduModel&>(*bus::board::board_part()->fabric->model({0, 4, 0}));
}

void MedicRig::strike(std::string_view fault) {
  EXPECT_TRUE(bus::board::strike(*machine_, kSlot, fault));
}

user::File MedicRig::open(NTSTATUS* status, std::size_t device) const {
  if (status) *status = STATUS_NO_SUCH_DEVICE;
  const auto found = ntos::pnp::manager().interfaces().of_class(kMedicInterface, nullptr, false);
  return found.size() <= device ? user::File{} : user::open(found[device]->link, status);
}

EDU_STATISTICS MedicRig::statistics() const {
  user::File file = open();
  return statistics_of(file);
}

EDU_STATISTICS MedicRig::statistics_of(user::File& file) const {
  EDU_STATISTICS statistics{};
  EXPECT_TRUE(file.ioctl(IOCTL_EDU_STATISTICS, {}, std::as_writable_bytes(std::span(&statistics, 1))).ok());
  return statistics;
}

std::uint64_t MedicRig::touches_after_unplug() const {
  return bus::board::board_part()->fabric->counts({0, 4, 0}).after_unplug;
}

machine::Duration MedicRig::now() const {
  return machine_->now() - machine::Time{};
}

std::unique_ptr<user::Request> start_factorial(user::File& file, std::uint32_t number) {
  return file.start_ioctl(IOCTL_EDU_FACTORIAL, std::as_bytes(std::span(&number, 1)), sizeof(number));
}

std::uint32_t answer_of(user::Request& request) {
  const user::IoResult result = request.wait();
  EXPECT_EQ(result.status, STATUS_SUCCESS);
  EXPECT_EQ(result.information, sizeof(std::uint32_t));
  std::uint32_t answer = 0;
  if (result.ok()) std::memcpy(&answer, request.data().data(), sizeof(answer));
  return answer;
}

std::uint32_t factorial(user::File& file, std::uint32_t number) {
  return answer_of(*start_factorial(file, number));
}

std::vector<std::byte> pattern(std::size_t bytes, unsigned seed) {
  std::vector<std::byte> data(bytes);
  for (std::size_t i = 0; i < bytes; ++i) data[i] = static_cast<std::byte>(i * 31 + seed * 7 + i / 256);
  return data;
}

}  // namespace drydock::test::reset
