// What Windows' parts cost around a loaded driver: an IRP's round trip, a load and unload.

#include <benchmark/benchmark.h>

#include <cstring>
#include <places.h>

#include "bus/board/board.h"
#include "image/loader.h"
#include "machine/machine.h"
#include "ntos/io/driver.h"
#include "ntos/io/user.h"
#include "ntos/kernel.h"
#include "scenario/driver_file.h"
#include "scenario/run.h"

namespace drydock {
namespace {

scenario::DriverFile read_guest(const char* name) {
  auto driver = scenario::read_driver(std::string(DRYDOCK_BUILD_DIR "/guest/") + name);
  if (!driver) throw std::runtime_error(driver.failure().message);
  return std::move(driver).value();
}

const image::ExportIndex& exports() {
  static const std::unique_ptr<image::ExportIndex> index = scenario::build_export_index();
  return *index;
}

std::unique_ptr<machine::Machine> make() {
  const image::ExportIndex& index = exports();  // before the machine's arena takes what is allocated
  auto machine = std::move(machine::Machine::create({})).value();
  machine->enter([&] { image::Images::attach(*machine, index); });
  ntos::install_kernel(*machine);
  return machine;
}

/// IoAllocateIrp, a completion routine, IofCallDriver to the driver's own device, IofCompleteRequest, IoFreeIrp: the
/// loop of the anchor table, inside the driver.
void irp_round_trip(benchmark::State& state) {
  scenario::DriverFile driver = read_guest("test/irp_round_trip.sys");
  auto machine = make();
  constexpr std::uint64_t kLoop = 10'000;
  machine->run([&] {
    ntos::io::load_driver(*driver.image, "irp_round_trip");
    ntos::io::user::File device = ntos::io::user::open(u"\\Device\\IrpRoundTrip");
    for (auto _ : state) {
      std::uint64_t count = kLoop, done = 0;
      device.ioctl(0x222000, std::as_bytes(std::span(&count, 1)), std::as_writable_bytes(std::span(&done, 1)));
      if (done != kLoop) state.SkipWithError("not every completion ran");
    }
  });
  if (!machine->findings().empty()) state.SkipWithError(machine->findings()[0].summary.c_str());
  state.SetItemsProcessed(static_cast<std::int64_t>(kLoop * state.iterations()));
}
BENCHMARK(irp_round_trip);

/// The same IRPs through a queue of the framework: a WDFREQUEST made, EvtIoWrite called, the request completed.
void wdf_round_trip(benchmark::State& state) {
  scenario::DriverFile driver = read_guest("test/wdf_round_trip.sys");
  auto machine = make();
  constexpr std::uint64_t kLoop = 10'000;
  machine->run([&] {
    ntos::io::load_driver(*driver.image, "wdf_round_trip");
    ntos::io::user::File device = ntos::io::user::open(u"\\Device\\WdfRoundTrip");
    for (auto _ : state) {
      std::uint64_t count = kLoop, done = 0;
      device.ioctl(0x222000, std::as_bytes(std::span(&count, 1)), std::as_writable_bytes(std::span(&done, 1)));
      if (done != kLoop) state.SkipWithError("not every completion ran");
    }
  });
  if (!machine->findings().empty()) state.SkipWithError(machine->findings()[0].summary.c_str());
  state.SetItemsProcessed(static_cast<std::int64_t>(kLoop * state.iterations()));
}
BENCHMARK(wdf_round_trip);

void load_and_unload(benchmark::State& state) {
  scenario::DriverFile driver = read_guest("test/small_wdm.sys");
  auto machine = make();
  machine->run([&] {
    for (auto _ : state) {
      auto loaded = ntos::io::load_driver(*driver.image, "small_wdm");
      ntos::io::unload_driver(loaded.driver);
    }
  });
  if (!machine->findings().empty()) state.SkipWithError(machine->findings()[0].summary.c_str());
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(load_and_unload);

/// A driver from load to unload, each time on a new machine.
void lifecycle(benchmark::State& state, const char* file, const char* board_name, const char* steps,
               unsigned requests) {
  scenario::DriverFile driver = read_guest(file);
  bus::board::Board board = std::move(bus::board::load_board(board_name)).value();
  scenario::RunConfig config;
  config.drivers = {&driver};
  config.board = &board;
  config.exports = &exports();
  scenario::Scenario scenario = std::move(scenario::load_scenario(steps, scenario::kind_of(driver))).value();
  config.scenario = &scenario;
  config.requests = requests;
  for (auto _ : state) {
    auto result = scenario::run(config);
    if (!result || !result->passed()) state.SkipWithError("the run did not pass");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

/// Start, 64 requests, the bus reset under half of them, every sector read back and checked, removal.
void pvscsi_lifecycle(benchmark::State& state) {
  lifecycle(state, "pvscsi.sys", "pvscsi", "reset-bus", 32);  // of each of its two loads
}
BENCHMARK(pvscsi_lifecycle)->Unit(benchmark::kMicrosecond);

/// A framework driver: bind, start, 16 requests by interrupt and DMA, removal, unbind.
void edu_lifecycle(benchmark::State& state) {
  lifecycle(state, "edu.sys", "edu", "io", 16);
}
BENCHMARK(edu_lifecycle)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace drydock
