// What Windows' parts cost around a loaded driver: an IRP's round trip, a load and unload.

#include <benchmark/benchmark.h>

#include <cstring>

#include "image/loader.h"
#include "image/pe_image.h"
#include "machine/machine.h"
#include "ntos/exports.h"
#include "ntos/io/driver.h"
#include "ntos/io/user.h"
#include "ntos/kernel.h"

namespace drydock {
namespace {

image::PeImage read_image(const char* name) {
  auto image = image::PeImage::read(std::string(DRYDOCK_BUILD_DIR "/guest/test/") + name);
  if (!image) throw std::runtime_error(image.failure().message);
  return std::move(image).value();
}

const image::ExportIndex& exports() {
  static const image::ExportIndex index = [] {
    image::ExportIndex all;
    ntos::add_ntos_exports(all);
    return all;
  }();
  return index;
}

std::unique_ptr<machine::Machine> make() {
  auto machine = std::move(machine::Machine::create({})).value();
  machine->enter([&] { image::Images::install(exports()); });
  ntos::install_kernel(*machine);
  return machine;
}

/// IoAllocateIrp, a completion routine, IofCallDriver to the driver's own device, IofCompleteRequest, IoFreeIrp: the loop
/// of the anchor table, inside the driver.
void irp_round_trip(benchmark::State& state) {
  image::PeImage image = read_image("irp_round_trip.sys");
  auto machine = make();
  constexpr std::uint64_t kLoop = 10'000;
  machine->run([&] {
    ntos::io::load_driver(image, "irp_round_trip");
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

void load_and_unload(benchmark::State& state) {
  image::PeImage image = read_image("small_wdm.sys");
  auto machine = make();
  machine->run([&] {
    for (auto _ : state) {
      auto loaded = ntos::io::load_driver(image, "small_wdm");
      ntos::io::unload_driver(loaded.driver);
    }
  });
  if (!machine->findings().empty()) state.SkipWithError(machine->findings()[0].summary.c_str());
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(load_and_unload);

}  // namespace
}  // namespace drydock
