// What the machine itself costs: a fiber switch, a trapped register access, a call across the border, a whole computer.

#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstring>
#include <fstream>

#include "machine/machine.h"
#include "machine/snapshot.h"

namespace drydock {
namespace {

using namespace machine;

std::unique_ptr<Machine> make() { return std::move(Machine::create({})).value(); }

template <class Function>
Function assemble(std::initializer_list<std::uint8_t> code) {
  auto* page = static_cast<std::byte*>(Machine::current().memory().allocate_pages(1));
  std::memcpy(page, code.begin(), code.size());
  Machine::current().memory().protect(page, 1, Access::ReadExecute);
  return reinterpret_cast<Function>(page);
}

/// Two threads hand the processor to each other.
void fiber_switch(benchmark::State& state) {
  auto machine = make();
  machine->run([&] {
    bool stop = false;
    create_thread("partner", [&] {
      while (!stop) yield_thread();
    });
    for (auto _ : state) yield_thread();
    stop = true;
    yield_thread();
  });
  state.SetItemsProcessed(2 * static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(fiber_switch);

void call_into_a_driver(benchmark::State& state) {
  auto machine = make();
  machine->run([&] {
    auto ret = assemble<void(NTAPI*)()>({0xC3});
    for (auto _ : state) call_driver(ret);
  });
}
BENCHMARK(call_into_a_driver);

void NTAPI nothing() {}

/// A driver loop of 1,000 calls through one import thunk.
void call_out_of_a_driver(benchmark::State& state) {
  auto machine = make();
  static const ExportSlot slot{reinterpret_cast<void*>(nothing), 0, 15, 0, 0, "bench", "nothing"};
  machine->run([&] {
    // push rbx; push rsi; sub rsp,28h; mov rsi,rcx; mov ebx,1000; l: call rsi; dec ebx; jnz l; add rsp,28h; pop rsi; pop rbx; ret
    auto loop = assemble<void(NTAPI*)(void*)>({0x53, 0x56, 0x48, 0x83, 0xEC, 0x28, 0x48, 0x89, 0xCE, 0xBB, 0xE8, 0x03, 0x00, 0x00,
                                               0xFF, 0xD6, 0xFF, 0xCB, 0x75, 0xFA, 0x48, 0x83, 0xC4, 0x28, 0x5E, 0x5B, 0xC3});
    void* thunk = guest_entry(&slot);
    for (auto _ : state) call_driver(loop, thunk);
  });
  if (!machine->findings().empty()) fprintf(stderr, "%s\n", machine->findings()[0].summary.c_str());
  state.SetItemsProcessed(1000 * static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(call_out_of_a_driver);

struct OneRegister final : IoFabric {
  std::uint64_t read_memory(PhysicalAddress, unsigned) override { return 1; }
  void write_memory(PhysicalAddress, unsigned, std::uint64_t) override {}
  std::uint32_t read_port(std::uint16_t, unsigned) override { return 1; }
  void write_port(std::uint16_t, unsigned, std::uint32_t) override {}
  std::uint32_t read_config(unsigned, unsigned, unsigned, unsigned, unsigned) override { return ~0u; }
  void write_config(unsigned, unsigned, unsigned, unsigned, unsigned, std::uint32_t) override {}
};

/// One load from device memory: fault, decode, fabric, resume.
void trapped_register_read(benchmark::State& state) {
  auto machine = make();
  OneRegister fabric;
  machine->enter([&] { Machine::current().set_fabric(&fabric); });
  machine->run([&] {
    void* where = Machine::current().memory().device_va(0xC000'0000);
    auto read = assemble<std::uint64_t(NTAPI*)(void*)>({0x8B, 0x01, 0xC3});
    for (auto _ : state) benchmark::DoNotOptimize(call_driver(read, where));
  });
}
BENCHMARK(trapped_register_read);

void create_run_and_drop_a_machine(benchmark::State& state) {
  for (auto _ : state) {
    auto machine = make();
    machine->run([] {});
  }
}
BENCHMARK(create_run_and_drop_a_machine);

void restore_a_snapshot(benchmark::State& state) {
  auto machine = make();
  machine->run([] {});
  auto snapshot = machine->snapshot();
  for (auto _ : state) machine->restore(*snapshot);
  state.counters["bytes"] = static_cast<double>(snapshot->bytes());
}
BENCHMARK(restore_a_snapshot);

double resident_kib() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0, resident = 0;
  statm >> total >> resident;
  return static_cast<double>(resident) * 4;
}

/// A thousand machines one after another: what the process grew by between the 10th and the last.
void growth_over_a_thousand_machines(benchmark::State& state) {
  double before = 0;
  for (auto _ : state) {
    for (int n = 0; n < 1000; ++n) {
      auto machine = make();
      machine->run([] { Machine::current().memory().allocate_pages(64); });
      if (n == 10) before = resident_kib();
    }
  }
  state.counters["grown_KiB"] = resident_kib() - before;
  state.counters["resident_KiB"] = resident_kib();
}
BENCHMARK(growth_over_a_thousand_machines)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace drydock
