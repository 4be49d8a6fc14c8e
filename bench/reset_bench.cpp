// What resets cost: a whole platform-level reset of a domain of two devices, and a query of the reset interface.

#include <benchmark/benchmark.h>

#include <places.h>
#include "bus/board/build_board.h"
#include "guest/reset_puppet.h"
#include "image/loader.h"
#include "machine/guest_call.h"
#include "machine/machine.h"
#include "machine/thread.h"
#include "nt/interface.h"
#include "ntos/io/driver.h"
#include "ntos/kernel.h"
#include "ntos/pnp/platform_reset.h"
#include "scenario/driver_file.h"
#include "scenario/run.h"

namespace drydock {
namespace {

using namespace nt;
using namespace std::chrono_literals;

constexpr const char* kBoard = R"(
name = "rail"
memory = "64 MiB"
[[rail]]
name = "PRRA"
_RST = "10 ms"
[[device]]
slot = "0:4.0"
model = "edu"
_PRR = "PRRA"
[[device]]
slot = "0:5.0"
model = "edu"
_PRR = "PRRA"
)";

const image::ExportIndex& exports() {
  static const std::unique_ptr<image::ExportIndex> index = scenario::build_export_index();
  return *index;
}

/// Two devices on one reset line, each with a stack of its own, whose driver is reset_puppet.sys.
struct Computer {
  Computer() {
    auto read = scenario::read_driver(DRYDOCK_BUILD_DIR "/guest/test/reset_puppet.sys");
    if (!read) throw std::runtime_error(read.failure().message);
    driver = std::make_unique<scenario::DriverFile>(std::move(read).value());
    const image::ExportIndex& index = exports();
    const auto board = bus::board::parse_board(kBoard, "rail.toml").value();
    machine = std::move(machine::Machine::create(bus::board::machine_config(board))).value();
    machine->enter([&] { image::Images::attach(*machine, index); });
    ntos::install_kernel(*machine);
    if (auto built = bus::board::build_board(*machine, board); !built)
      throw std::runtime_error(built.failure().message);
    machine->enter([&] {
      auto& store = machine->part<ntos::Kernel>(machine::PartId::Kernel).pnp->store();
      store.add(ntos::pnp::Service{.name = u"puppet",
                                   .load =
                                       [this](DRIVER_OBJECT** object) {
                                         const auto loaded = ntos::io::load_driver(*driver->image, "puppet");
                                         *object = loaded.driver;
                                         return loaded.status;
                                       },
                                   .stays_loaded = true});
      store.add(
          ntos::pnp::DriverPackage{.service = u"puppet", .ids = {u"PCI\\VEN_1234&DEV_11E8"}, .class_name = u"Test"});
    });
  }

  /// The function driver's device object in the first device's present stack.
  DEVICE_OBJECT* device() const {
    DEVICE_OBJECT* top = ntos::pnp::manager().served_by(u"puppet").front()->pdo;
    while (top->AttachedDevice) top = top->AttachedDevice;
    return top;
  }
  /// The driver's routine that sends the query to the top of a device's stack.
  auto query_routine() const {
    return reinterpret_cast<NTSTATUS(NTAPI*)(DEVICE_OBJECT*, void*, ULONG, ULONG, ULONG_PTR*)>(symbol("PuppetQuery"));
  }
  RESET_PUPPET& puppet() const { return *static_cast<RESET_PUPPET*>(symbol("Puppet")); }

  std::unique_ptr<scenario::DriverFile> driver;
  std::unique_ptr<machine::Machine> machine;

 private:
  static void* symbol(const char* name) {
    return ntos::io::record_of(ntos::io::find_driver("puppet")).image->find_symbol(name);
  }
};

template <class Routine>
void ask(Routine query, DEVICE_OBJECT* device, DEVICE_RESET_INTERFACE_STANDARD& interface) {
  machine::call_driver(query, device, static_cast<void*>(&interface), ULONG{sizeof(interface)}, ULONG{1},
                       static_cast<ULONG_PTR*>(nullptr));
}

/// Request, query-remove, removal, reset line, new PDOs, AddDevice, start: both stacks.
void platform_level_reset_of_two_devices(benchmark::State& state) {
  Computer computer;
  computer.machine->run([&] {
    ntos::pnp::Manager& manager = ntos::pnp::manager();
    manager.enumerate_root();
    for (auto _ : state) {
      DEVICE_RESET_INTERFACE_STANDARD interface {};
      ask(computer.query_routine(), computer.device(), interface);
      if (machine::call_driver(interface.DeviceReset, interface.Context, PlatformLevelDeviceReset, ULONG{0},
                               static_cast<PVOID>(nullptr)) != STATUS_SUCCESS)
        state.SkipWithError("the reset was refused");
      manager.resets().wait_until_over();
      manager.wait_until_settled();
      for (const ntos::pnp::Devnode* node : manager.served_by(u"puppet"))
        if (node->state != ntos::pnp::DevnodeState::Started) state.SkipWithError("a device did not come back");
      machine::delay_until(computer.machine->now() + 10s, false, false);  // five a minute is the limit
    }
  });
  if (!computer.machine->findings().empty()) state.SkipWithError(computer.machine->findings()[0].summary.c_str());
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(platform_level_reset_of_two_devices)->Iterations(1000);

/// From the function driver to the top of its stack and down to the filter that answers.
void reset_interface_query(benchmark::State& state) {
  Computer computer;
  computer.machine->run([&] {
    ntos::pnp::manager().enumerate_root();
    DEVICE_OBJECT* device = computer.device();
    const auto query = computer.query_routine();
    computer.puppet().TakesNoNotes = 1;
    DEVICE_RESET_INTERFACE_STANDARD interface {};
    for (auto _ : state) ask(query, device, interface);
    if (interface.SupportedResetTypes != 3) state.SkipWithError("the interface was not offered");
  });
}
BENCHMARK(reset_interface_query);

}  // namespace
}  // namespace drydock
