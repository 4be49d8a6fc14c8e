#include "scenario/serve.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <string>

#include <fmt/format.h>

#include "bus/board/build_board.h"
#include "nt/data_set.h"
#include "nt/status.h"
#include "ntos/io/device.h"
#include "ntos/io/irp.h"
#include "ntos/io/mdl.h"
#include "ntos/ke/delay.h"
#include "ntos/ke/event.h"
#include "ntos/ke/wait.h"
#include "ntos/mm/mdl.h"
#include "ntos/ob/storage.h"
#include "ntos/pnp/manager.h"
#include "ntos/ps/thread.h"
#include "scenario/reset_client.h"
#include "scenario/run.h"
#include "scenario/stage.h"
#include "scenario/steps.h"

namespace drydock::scenario {

using namespace nt;
using namespace std::chrono_literals;
using host::BlockChannel;
using host::BlockRequest;
using Kind = host::BlockRequestKind;
namespace user = ntos::io::user;

namespace {

constexpr unsigned kThreads = 8;
constexpr ULONG kTag = 0x76726573;  // "serv"
constexpr machine::Duration kStopPoll = 50ms;
constexpr unsigned kAttemptsMax = 8;  // of a request on a disk that is there and still fails it

/// Buffers that devices reach begin and end with pages.
std::size_t pages_of(std::size_t bytes) {
  return (bytes + machine::kPageSize - 1) & ~(machine::kPageSize - 1);
}

int errno_of(NTSTATUS status) {
  if (NT_SUCCESS(status)) return 0;
  switch (status) {
    case STATUS_DISK_FULL: return ENOSPC;
    case STATUS_MEDIA_WRITE_PROTECTED: return EROFS;
    case STATUS_INVALID_PARAMETER: return EINVAL;
    default: return EIO;
  }
}

class Server;

/// A request of a client's, on its way through the disk. One for each place in the channel.
struct Transfer {
  Server* server = nullptr;
  unsigned index = 0;  ///< in the channel
  Kind kind = Kind::Read;
  std::uint64_t offset = 0;
  std::uint32_t bytes = 0;
  unsigned attempts = 0;
  unsigned pulls_before = 0;     ///< Server::pulls_ when it was sent last
  std::byte* buffer = nullptr;  ///< pool, while it is out
};

/// What the threads of one serving share. Reads and writes go as a file system sends them, without a thread that waits for
/// each; what is rare does have one.
class Server {
 public:
  Server(Stage& stage, ServeJob& job) : stage_(stage), job_(job) {
    job_.work = new KEVENT;
    ntos::KeInitializeEvent(job_.work, SynchronizationEvent, FALSE);
    ntos::KeInitializeEvent(&back_, NotificationEvent, TRUE);
    ntos::KeInitializeEvent(&all_ended_, NotificationEvent, FALSE);
    for (unsigned index = 0; index < transfers_.size(); ++index) {
      transfers_[index].server = this;
      transfers_[index].index = index;
    }
  }

  void run() {
    running_ = kThreads;
    for (unsigned n = 0; n < kThreads; ++n)
      ntos::ps::create_system_thread(fmt::format("serve {}", n + 1), [this] { serve(); });
    start_chaos("bus resets", job_.chaos.bus_reset, &Server::reset_bus);
    start_chaos("function-level resets", job_.chaos.function_reset, &Server::reset_function);
    start_chaos("unplugs", job_.chaos.unplug, &Server::unplug_and_plug);
    *job_.ready = 1;
    while (!job_.stop_asked->load()) ntos::ke::delay(kStopPoll);
    stopping_ = true;
    wake_one();
    ntos::KeWaitForSingleObject(&all_ended_, Executive, KernelMode, FALSE, nullptr);
    job_.work = nullptr;
    job_.channel->wake_waiters();
    job_.channel->hang_up();
  }

 private:
  static machine::Time now() { return machine::Machine::current().now(); }
  Disk& disk() { return stage_.disks()[job_.disk]; }
  void wake_one() { ntos::KeSetEvent(job_.work, 0, FALSE); }

  // ---- requests

  void serve() {
    for (;;) {
      while (Transfer* transfer = next()) send(*transfer);
      if (stopping_ && users_ == 0) break;
      ntos::KeWaitForSingleObject(job_.work, Executive, KernelMode, FALSE, nullptr);
    }
    wake_one();  // the next one ends too
    thread_ended();
  }

  /// One that failed and may be sent again, or a new one; null if there is none.
  Transfer* next() {
    if (!again_.empty()) {
      Transfer* transfer = again_.front();
      again_.pop_front();
      return transfer;
    }
    for (;;) {
      const unsigned index = job_.channel->take();
      if (index == BlockChannel::kRequestsMax) return nullptr;
      if (read_request(transfers_[index])) return &transfers_[index];
      answer(index, EINVAL);
    }
  }

  /// The memory is shared with a process that clients talk to: it is read once, and checked.
  bool read_request(Transfer& transfer) {
    const BlockRequest& request = job_.channel->request(transfer.index);
    transfer.kind = request.kind;
    transfer.offset = request.offset;
    transfer.bytes = request.bytes;
    transfer.attempts = 0;
    count(transfer);
    if (transfer.kind == Kind::Flush) return true;
    const std::uint64_t size = disk().blocks * disk().block_bytes;
    return transfer.bytes != 0 && transfer.offset <= size && transfer.bytes <= size - transfer.offset &&
           transfer.offset % disk().block_bytes == 0 && transfer.bytes % disk().block_bytes == 0 &&
           (transfer.kind == Kind::Trim || transfer.bytes <= BlockRequest::kBytesMax);
  }

  void send(Transfer& transfer) {
    ntos::KeWaitForSingleObject(&back_, Executive, KernelMode, FALSE, nullptr);
    ++users_;
    ++transfer.attempts;
    transfer.pulls_before = pulls_;
    switch (transfer.kind) {
      case Kind::Read:
      case Kind::Write:
      case Kind::Zero:
        start(transfer);
        return;
      case Kind::Flush:
        wake_one();  // somebody else takes what comes meanwhile
        ended(transfer, disk().file.flush());
        return;
      case Kind::Trim:
        wake_one();
        ended(transfer, trim(transfer));
        return;
    }
    ended(transfer, {STATUS_INVALID_PARAMETER, 0});
  }

  void start(Transfer& transfer) {
    const bool reads = transfer.kind == Kind::Read;
    transfer.buffer = static_cast<std::byte*>(ntos::kernel_allocate(pages_of(transfer.bytes), kTag));
    DEVICE_OBJECT* top = ntos::io::IoGetRelatedDeviceObject(disk().file.object());
    LARGE_INTEGER at;
    at.QuadPart = static_cast<LONGLONG>(transfer.offset);
    IRP* irp = nullptr;
    if (transfer.buffer != nullptr) {
      if (transfer.kind == Kind::Write) std::memcpy(transfer.buffer, job_.channel->data(transfer.index), transfer.bytes);
      if (transfer.kind == Kind::Zero) std::memset(transfer.buffer, 0, transfer.bytes);
      irp = ntos::io::IoBuildAsynchronousFsdRequest(reads ? IRP_MJ_READ : IRP_MJ_WRITE, top, transfer.buffer,
                                                    transfer.bytes, &at, nullptr);
    }
    if (irp == nullptr) {
      if (transfer.buffer != nullptr) ntos::kernel_free(transfer.buffer);
      ended(transfer, {STATUS_INSUFFICIENT_RESOURCES, 0});
      return;
    }
    IoSetCompletionRoutine(irp, transfer_done, &transfer, true, true, true);
    ntos::io::IofCallDriver(top, irp);
  }

  static NTSTATUS NTAPI transfer_done(DEVICE_OBJECT*, IRP* irp, PVOID context) {
    auto& transfer = *static_cast<Transfer*>(context);
    const user::IoResult result{irp->IoStatus.Status, irp->IoStatus.Information};
    if (transfer.kind == Kind::Read && result.ok())
      std::memcpy(transfer.server->job_.channel->data(transfer.index), transfer.buffer,
                  std::min<std::size_t>(result.information, transfer.bytes));
    ntos::MmUnlockPages(irp->MdlAddress);
    ntos::io::IoFreeMdl(irp->MdlAddress);
    ntos::io::IoFreeIrp(irp);
    ntos::kernel_free(transfer.buffer);
    transfer.server->ended(transfer, result);
    return STATUS_MORE_PROCESSING_REQUIRED;
  }

  user::IoResult trim(const Transfer& transfer) {
    struct {
      DEVICE_MANAGE_DATA_SET_ATTRIBUTES head;
      ULONG pad;
      DEVICE_DATA_SET_RANGE range;
    } request{};
    request.head.Size = sizeof(request.head);
    request.head.Action = DeviceDsmAction_Trim;
    request.head.DataSetRangesOffset = offsetof(decltype(request), range);
    request.head.DataSetRangesLength = sizeof(request.range);
    request.range.StartingOffset = static_cast<LONGLONG>(transfer.offset);
    request.range.LengthInBytes = transfer.bytes;
    return disk().file.ioctl(IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES, std::as_bytes(std::span(&request, 1)));
  }

  /// IRQL: at most DISPATCH_LEVEL.
  void ended(Transfer& transfer, const user::IoResult& result) {
    --users_;
    const bool moves_data = transfer.kind != Kind::Flush && transfer.kind != Kind::Trim;
    const bool only_advice = transfer.kind == Kind::Trim && result.status == STATUS_NOT_SUPPORTED;
    // A device that was pulled comes back; what it had not answered is sent again.
    const bool pulled = transfer.pulls_before != pulls_;
    if (only_advice || (result.ok() && (!moves_data || result.information == transfer.bytes))) {
      answer(transfer.index, 0);
    } else if (!pulled && transfer.attempts >= kAttemptsMax) {
      answer(transfer.index, result.ok() ? EIO : errno_of(result.status));
    } else {
      ++job_.statistics.repeated;
      again_.push_back(&transfer);
      wake_one();
    }
    if (stopping_) wake_one();
  }

  void answer(unsigned index, int error) {
    if (error != 0) ++job_.statistics.failed;
    job_.channel->complete(index, error);
  }

  void count(const Transfer& transfer) {
    ServeStatistics& all = job_.statistics;
    switch (transfer.kind) {
      case Kind::Read: ++all.reads, all.bytes_read += transfer.bytes; break;
      case Kind::Write: ++all.writes, all.bytes_written += transfer.bytes; break;
      case Kind::Zero: ++all.zeroes; break;
      case Kind::Flush: ++all.flushes; break;
      case Kind::Trim: ++all.trims; break;
    }
  }

  void thread_ended() {
    if (--running_ == 0) ntos::KeSetEvent(&all_ended_, 0, FALSE);
  }

  // ---- disturbances, one at a time

  void start_chaos(const char* name, machine::Duration every, void (Server::*disturb)()) {
    if (every <= 0s) return;
    ++running_;
    ntos::ps::create_system_thread(name, [this, every, disturb] {
      for (machine::Time due = now() + every;; due = now() + every) {
        while (!stopping_ && now() < due) ntos::ke::delay_until(std::min(due, now() + kStopPoll));
        if (stopping_) break;
        while (disturbed_) ntos::ke::delay(1ms);
        disturbed_ = true;
        (this->*disturb)();
        disturbed_ = false;
      }
      thread_ended();
    });
  }

  void reset_bus() { job_.statistics.bus_resets += ask_for_bus_resets(stage_); }

  void reset_function() {
    for (const Adapter* adapter : stage_.tested_adapters()) {
      ResetClient client(*adapter);
      if (client.offers(FunctionLevelDeviceReset) && NT_SUCCESS(client.reset(FunctionLevelDeviceReset)))
        ++job_.statistics.function_resets;
    }
  }

  void unplug_and_plug() {
    ntos::KeClearEvent(&back_);
    ++pulls_;
    for (const Adapter* adapter : stage_.tested_adapters()) bus::board::unplug(stage_.machine(), adapter->slot);
    while (users_ != 0) ntos::ke::delay(1ms);
    stage_.close_handles();
    ntos::pnp::manager().wait_until_settled();
    ntos::ke::delay(kAwayFor);
    plug(stage_);
    ++job_.statistics.unplugs;
    ntos::KeSetEvent(&back_, 0, FALSE);
  }

  Stage& stage_;
  ServeJob& job_;
  KEVENT back_{};       ///< set while the disk is there
  KEVENT all_ended_{};
  unsigned running_ = 0;
  std::array<Transfer, BlockChannel::kRequestsMax> transfers_;
  std::deque<Transfer*> again_;  ///< failed and to be sent once more
  unsigned users_ = 0;           ///< requests on the way
  unsigned pulls_ = 0;
  bool stopping_ = false;
  bool disturbed_ = false;
};

/// Somebody who asks for resets that never come would take the silence for a pass.
void require_function_reset(Stage& stage) {
  for (const Adapter* adapter : stage.tested_adapters())
    if (!ResetClient(*adapter).offers(FunctionLevelDeviceReset))
      stage.fail("no-function-reset",
                 fmt::format("the bus offers no function-level reset for the adapter in slot {}: a board may give it "
                             "_RST, or leave function-reset out of --chaos",
                             bus::board::to_text(adapter->slot)));
}

void serve_disk(Stage& stage) {
  ServeJob& job = *stage.config().serve;
  if (job.chaos.function_reset > 0s) require_function_reset(stage);
  auto* server = new Server(stage, job);
  server->run();
  const ServeStatistics& all = job.statistics;
  stage.checked(fmt::format("{} reads, {} writes, {} repeated, {} failed", all.reads, all.writes, all.repeated, all.failed));
}

/// Not among the words that anybody may write: only the command has clients to serve.
constexpr StepWord kServeWord{"serve", StepWord::Number::None, "requests of NBD clients go to the disk", serve_disk};

}  // namespace

bool ServeJob::exchange() {
  channel->wake_waiters();
  if (!work) return false;
  if (channel->gather() == 0) return false;
  ntos::KeSetEvent(work, 0, FALSE);
  return true;
}

Scenario serve_scenario() {
  Scenario scenario = std::move(parse_scenario("load, start, enumerate, unload", "serve")).value();
  scenario.name = "serve";
  scenario.meaning = "a disk for NBD clients";
  scenario.board = "pvscsi";
  scenario.steps.insert(scenario.steps.end() - 1, Step{&kServeWord});
  return scenario;
}

}  // namespace drydock::scenario
