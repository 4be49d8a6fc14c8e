// What a real miniport on its model costs: a 4 KiB request there and back, and a bus reset under a full queue.

#include <benchmark/benchmark.h>

#include <places.h>
#include <ctime>
#include <memory>
#include <stdexcept>
#include <vector>

#include "bus/board/board.h"
#include "machine/machine.h"
#include "nt/ioctl.h"
#include "nt/storage.h"
#include "ntos/io/user.h"
#include "ntos/pnp/manager.h"
#include "port/scsiport/fdo.h"
#include "port/scsiport/kernel.h"
#include "scenario/assembly.h"
#include "scenario/driver_file.h"
#include "scenario/run.h"

namespace drydock::port::scsiport {
namespace {

constexpr ULONG kBytes = 4096;

/// pvscsi.sys started on the board "pvscsi".
class Computer {
 public:
  Computer() {
    auto driver = scenario::read_driver(DRYDOCK_BUILD_DIR "/guest/pvscsi.sys");
    auto board = bus::board::load_board("pvscsi");
    if (!driver || !board) throw std::runtime_error("pvscsi.sys or its board cannot be read");
    driver_ = std::move(driver).value();
    board_ = std::move(board).value();
    static const std::unique_ptr<image::ExportIndex> exports = scenario::build_export_index();
    config_.drivers = {&driver_};
    config_.board = &board_;
    config_.exports = exports.get();
    config_.budget.virtual_time = std::chrono::hours(24 * 365);
    config_.budget.points = ~0ull;
    machine_ = std::move(scenario::assemble(config_)).value();
  }

  /// Runs `body` with the first disk's logical unit.
  template <class Body>
  void run(benchmark::State& state, Body&& body) {
    machine_->run([&] {
      ntos::pnp::manager().enumerate_root();
      ntos::pnp::manager().wait_until_settled();
      if (port().adapters.empty() || port().adapters[0]->units.empty()) return state.SkipWithError("no unit was found");
      body(*port().adapters[0]->units[0]);
    });
    if (!machine_->findings().empty()) state.SkipWithError(machine_->findings()[0].summary.c_str());
  }
  machine::Machine& machine() { return *machine_; }

 private:
  scenario::DriverFile driver_;
  bus::board::Board board_;
  scenario::RunConfig config_;
  std::unique_ptr<machine::Machine> machine_;
};

/// A read of the unit's first blocks, as disk.sys sends it, that may be sent again and again.
struct Read {
  IRP* irp = nullptr;
  SCSI_REQUEST_BLOCK* srb = nullptr;
  std::byte* data = nullptr;

  static Read make() {
    Read read;
    read.data = static_cast<std::byte*>(ExAllocatePoolWithTag(NonPagedPool, kBytes, kPoolTag));
    read.srb =
        static_cast<SCSI_REQUEST_BLOCK*>(ExAllocatePoolWithTag(NonPagedPool, sizeof(SCSI_REQUEST_BLOCK), kPoolTag));
    read.irp = ntos::io::IoAllocateIrp(2, FALSE);
    read.irp->MdlAddress = IoAllocateMdl(read.data, kBytes, FALSE, FALSE, nullptr);
    ntos::MmBuildMdlForNonPagedPool(read.irp->MdlAddress);
    return read;
  }

  /// `ended` is called with `context` and keeps the IRP.
  void send(DEVICE_OBJECT* device, PIO_COMPLETION_ROUTINE ended, void* context) const {
    *srb = {};
    srb->Length = sizeof(*srb);
    srb->SrbFlags = SRB_FLAGS_DATA_IN | SRB_FLAGS_QUEUE_ACTION_ENABLE | SRB_FLAGS_NO_QUEUE_FREEZE;
    srb->QueueAction = SRB_SIMPLE_TAG_REQUEST;
    srb->TimeOutValue = 10;
    srb->Cdb[0] = SCSIOP_READ;
    srb->Cdb[8] = kBytes / 512;
    srb->CdbLength = 10;
    srb->DataBuffer = data;
    srb->DataTransferLength = kBytes;
    IO_STACK_LOCATION* stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = IRP_MJ_SCSI;
    stack->Parameters.Scsi.Srb = srb;
    IoSetCompletionRoutine(irp, ended, context, true, true, true);
    IofCallDriver(device, irp);
  }
};

/// Counts requests that end; the event is set when as many have as were waited for.
struct Ends {
  KEVENT event;
  unsigned left = 0;

  static NTSTATUS NTAPI one(DEVICE_OBJECT*, IRP*, PVOID context) {
    auto* ends = static_cast<Ends*>(context);
    if (--ends->left == 0) KeSetEvent(&ends->event, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
  }
  void expect(unsigned count) {
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    left = count;
  }
  void await() { KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr); }
};

void srb_through_pvscsi_and_its_model(benchmark::State& state) {
  Computer computer;
  computer.run(state, [&](LogicalUnit& unit) {
    const Read read = Read::make();
    Ends ends;
    const std::uint64_t traps = computer.machine().register_traps();
    for (auto _ : state) {
      ends.expect(1);
      read.send(unit.pdo, Ends::one, &ends);
      ends.await();
      if (SRB_STATUS(read.srb->SrbStatus) != SRB_STATUS_SUCCESS) state.SkipWithError("a read failed");
    }
    state.counters["register_traps"] =
        static_cast<double>(computer.machine().register_traps() - traps) / static_cast<double>(state.iterations());
  });
}
BENCHMARK(srb_through_pvscsi_and_its_model);

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

/// From IOCTL_STORAGE_RESET_BUS until each of 256 requests has ended: the miniport gives back what it owns, the bus
/// rests for four seconds of virtual time, what waited is started and ends.
void bus_reset_with_256_requests(benchmark::State& state) {
  constexpr unsigned kRequests = 256;
  namespace user = ntos::io::user;
  Computer computer;
  computer.run(state, [&](LogicalUnit& unit) {
    std::vector<Read> reads;
    for (unsigned i = 0; i < kRequests; ++i) reads.push_back(Read::make());
    user::File adapter = user::open(u"\\\\.\\Scsi0:");
    Ends ends;
    unsigned owned = 0;
    for (auto _ : state) {
      ends.expect(kRequests);
      for (const Read& read : reads) read.send(unit.pdo, Ends::one, &ends);
      owned = unit.adapter->owned;
      const STORAGE_BUS_RESET_REQUEST request{0};
      const double began = cpu_seconds();
      if (!adapter.ioctl(IOCTL_STORAGE_RESET_BUS, std::as_bytes(std::span(&request, 1))).ok())
        state.SkipWithError("the reset failed");
      ends.await();
      state.SetIterationTime(cpu_seconds() - began);
    }
    state.counters["owned_by_the_miniport"] = owned;
  });
}
BENCHMARK(bus_reset_with_256_requests)->UseManualTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace drydock::port::scsiport
