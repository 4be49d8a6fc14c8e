#include "scenario/serve.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include <fmt/format.h>

#include "bus/board/build_board.h"
#include "nt/data_set.h"
#include "nt/status.h"
#include "ntos/ke/delay.h"
#include "ntos/ke/event.h"
#include "ntos/ke/wait.h"
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

constexpr unsigned kThreads = 32;
constexpr machine::Duration kStopPoll = 50ms;
constexpr unsigned kAttemptsMax = 8;  // of a request on a disk that is there and still fails it

int errno_of(NTSTATUS status) {
  if (NT_SUCCESS(status)) return 0;
  switch (status) {
    case STATUS_DISK_FULL: return ENOSPC;
    case STATUS_MEDIA_WRITE_PROTECTED: return EROFS;
    case STATUS_INVALID_PARAMETER: return EINVAL;
    default: return EIO;
  }
}

/// What the threads of one serving share.
class Server {
 public:
  Server(Stage& stage, ServeJob& job) : stage_(stage), job_(job) {
    job_.work = new KSEMAPHORE;
    ntos::KeInitializeSemaphore(job_.work, 0, 0x7FFFFFFF);
    ntos::KeInitializeEvent(&back_, NotificationEvent, TRUE);
    ntos::KeInitializeEvent(&all_ended_, NotificationEvent, FALSE);
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
    ntos::KeReleaseSemaphore(job_.work, 0, kThreads, FALSE);
    ntos::KeWaitForSingleObject(&all_ended_, Executive, KernelMode, FALSE, nullptr);
    job_.work = nullptr;
    job_.channel->wake_waiters();
    job_.channel->hang_up();
  }

 private:
  static machine::Time now() { return machine::Machine::current().now(); }
  Disk& disk() { return stage_.disks()[job_.disk]; }

  // ---- requests

  void serve() {
    for (;;) {
      const unsigned index = job_.channel->take();
      if (index != BlockChannel::kRequestsMax) {
        const int error = answer(job_.channel->request(index), job_.channel->data(index));
        if (error != 0) ++job_.statistics.failed;
        job_.channel->complete(index, error);
        continue;
      }
      if (stopping_) break;
      ntos::KeWaitForSingleObject(job_.work, Executive, KernelMode, FALSE, nullptr);
    }
    thread_ended();
  }

  /// The memory is shared with a process that clients talk to: it is read once, and checked.
  int answer(const BlockRequest& request, std::byte* data) {
    const Kind kind = request.kind;
    const std::uint64_t offset = request.offset;
    const std::uint32_t bytes = request.bytes;
    const std::uint64_t size = disk().blocks * disk().block_bytes;
    const bool moves_data = kind != Kind::Flush && kind != Kind::Trim;
    if ((moves_data && bytes > BlockRequest::kBytesMax) ||
        (kind != Kind::Flush && (bytes == 0 || offset > size || bytes > size - offset || offset % disk().block_bytes ||
                                 bytes % disk().block_bytes)))
      return EINVAL;
    if (kind == Kind::Zero) std::memset(data, 0, bytes);
    count(kind, bytes);
    for (unsigned attempt = 1;; ++attempt) {
      const unsigned pulls_before = pulls_;
      const user::IoResult result = kind == Kind::Trim ? trim(offset, bytes) : send(kind, offset, {data, bytes});
      if (result.ok() && (!moves_data || result.information == bytes)) return 0;
      if (kind == Kind::Trim && result.status == STATUS_NOT_SUPPORTED) return 0;  // it was but advice
      // A device that was pulled comes back; what it had not answered is sent again.
      const bool pulled = pulls_ != pulls_before;
      if (!pulled && attempt >= kAttemptsMax) return result.ok() ? EIO : errno_of(result.status);
      ++job_.statistics.repeated;
    }
  }

  user::IoResult send(Kind kind, std::uint64_t offset, std::span<std::byte> data) {
    ntos::KeWaitForSingleObject(&back_, Executive, KernelMode, FALSE, nullptr);
    ++users_;
    user::IoResult result;
    switch (kind) {
      case Kind::Read: result = disk().file.read(data, offset); break;
      case Kind::Write:
      case Kind::Zero: result = disk().file.write(data, offset); break;
      case Kind::Flush: result = disk().file.flush(); break;
      case Kind::Trim: break;
    }
    --users_;
    return result;
  }

  user::IoResult trim(std::uint64_t offset, std::uint32_t bytes) {
    struct {
      DEVICE_MANAGE_DATA_SET_ATTRIBUTES head;
      ULONG pad;
      DEVICE_DATA_SET_RANGE range;
    } request{};
    request.head.Size = sizeof(request.head);
    request.head.Action = DeviceDsmAction_Trim;
    request.head.DataSetRangesOffset = offsetof(decltype(request), range);
    request.head.DataSetRangesLength = sizeof(request.range);
    request.range.StartingOffset = static_cast<LONGLONG>(offset);
    request.range.LengthInBytes = bytes;
    ntos::KeWaitForSingleObject(&back_, Executive, KernelMode, FALSE, nullptr);
    ++users_;
    const user::IoResult result =
        disk().file.ioctl(IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES, std::as_bytes(std::span(&request, 1)));
    --users_;
    return result;
  }

  void count(Kind kind, std::uint32_t bytes) {
    ServeStatistics& all = job_.statistics;
    switch (kind) {
      case Kind::Read: ++all.reads, all.bytes_read += bytes; break;
      case Kind::Write: ++all.writes, all.bytes_written += bytes; break;
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
  unsigned users_ = 0;  ///< threads with a request on the way
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
  const std::uint32_t submitted = channel->submitted();
  const auto fresh = static_cast<LONG>(std::min(submitted - announced_, BlockChannel::kRequestsMax));
  announced_ = submitted;
  if (fresh != 0) ntos::KeReleaseSemaphore(work, 0, fresh, FALSE);
  return fresh != 0;
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
