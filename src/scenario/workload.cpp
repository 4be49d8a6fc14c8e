#include "scenario/workload.h"

#include <algorithm>

#include <fmt/format.h>

#include "machine/thread.h"
#include "nt/status.h"
#include "ntos/io/irp_ledger.h"
#include "ntos/ke/event.h"
#include "ntos/ke/wait.h"
#include "ntos/ps/thread.h"

namespace drydock::scenario {

namespace user = ntos::io::user;
using machine::Machine;
using namespace std::chrono_literals;

namespace {

constexpr unsigned kVerifyBytes = 32 << 10;
constexpr unsigned kVerifyDepth = 4;

[[noreturn]] void report_lost(Stage& stage, const user::Request& request, const char* what, const Disk& disk,
                              std::uint64_t block) {
  ++stage.counts().lost;
  std::vector<std::string> details;
  for (const ntos::io::LiveIrp& live : ntos::io::live_irps())
    if (live.number == request.irp_number()) details = ntos::io::describe(live.irp);
  stage.fail("lost-request",
             fmt::format("irp#{} never ended: {} of block {} of disk {}, {} after it was sent", request.irp_number(),
                         what, block, disk.number, time_text(kLostAfter)),
             std::move(details));
}

/// Waits for the end of a request; the run ends if there is none.
user::IoResult wait_for_end(Stage& stage, user::Request& request, const char* what, const Disk& disk,
                            std::uint64_t block) {
  const machine::Time due = Machine::current().now() + kLostAfter;
  const user::IoResult result = request.wait(&due);
  if (!request.done()) report_lost(stage, request, what, disk, block);
  return result;
}

void check_sectors(Stage& stage, Disk& disk, std::uint64_t first, std::span<const std::byte> data) {
  std::vector<std::string> wrong;
  std::uint64_t count = 0;
  for (std::uint64_t at = 0; at + disk.block_bytes <= data.size(); at += disk.block_bytes, ++count) {
    std::string difference = disk.ledger.check(first + count, data.subspan(at, disk.block_bytes));
    if (!difference.empty()) wrong.push_back(std::move(difference));
  }
  stage.sectors_verified += count;
  if (wrong.empty()) return;
  constexpr std::size_t kLinesMax = 8;
  std::string summary =
      fmt::format("{} of {} read hold wrong data: {}", wrong.size(), counted(count, "sector"), wrong.front());
  if (wrong.size() > kLinesMax) {
    const std::size_t more = wrong.size() - kLinesMax;
    wrong.resize(kLinesMax);
    wrong.push_back(fmt::format("and {} more", more));
  }
  stage.fail("wrong-data", std::move(summary), std::move(wrong));
}

void check_length(Stage& stage, const user::IoResult& result, std::uint64_t bytes, const char* what, const Disk& disk,
                  std::uint64_t block) {
  if (result.information == bytes) return;
  stage.fail("short-transfer", fmt::format("a {} of {} bytes at block {} of disk {} succeeded with {} bytes moved",
                                           what, bytes, block, disk.number, result.information));
}

}  // namespace

Workload::Workload(Stage& stage, std::vector<Disk*> disks, LoadPlan plan)
    : stage_(stage), disks_(std::move(disks)), plan_(plan), to_send_(plan.requests) {
  cells_.resize(disks_.size(), std::vector<Cell>(kCells));
  plan_.threads = std::max(1u, std::min(plan_.threads, plan_.requests));
  all_ended_ = new nt::KEVENT;
  ntos::KeInitializeEvent(all_ended_, nt::NotificationEvent, nt::FALSE);
}

std::uint64_t Workload::first_block(const Disk& disk, unsigned cell) const {
  return disk.blocks / kCells * cell;
}

void Workload::start() {
  threads_running_ = plan_.threads;
  for (unsigned n = 0; n < plan_.threads; ++n)
    ntos::ps::create_system_thread(fmt::format("load {}", n + 1), [this, n] { thread(n); });
}

void Workload::join() {
  ntos::KeWaitForSingleObject(all_ended_, nt::Executive, nt::KernelMode, nt::FALSE, nullptr);
}

void Workload::thread(unsigned number) {
  RandomStream random(stage_.seed_of_step() * 31 + number);
  std::deque<Sent> out;
  while (to_send_ != 0 || !out.empty()) {
    const auto depth = 1 + random.below(plan_.depth);
    while (to_send_ != 0 && out.size() < depth && issue(random, out)) {
    }
    if (out.empty())
      machine::delay_until(Machine::current().now() + 1ms, false, false);  // every cell it wanted was taken
    else
      await_one(out);
  }
  if (--threads_running_ == 0) ntos::KeSetEvent(all_ended_, 0, nt::FALSE);
}

bool Workload::issue(RandomStream& random, std::deque<Sent>& out) {
  const auto disk_index = static_cast<std::uint8_t>(random.below(static_cast<std::uint32_t>(disks_.size())));
  const auto cell_index = static_cast<std::uint8_t>(random.below(kCells));
  Disk& disk = *disks_[disk_index];
  Cell& cell = cells_[disk_index][cell_index];
  const std::uint32_t cell_blocks = kCellBytes / disk.block_bytes;
  const std::uint32_t count = 1 + random.below(std::max(1u, plan_.bytes_max / disk.block_bytes));
  const std::uint64_t first = first_block(disk, cell_index) + random.below(cell_blocks - count + 1);
  const bool write = random.below(100) < plan_.write_percent;
  if (cell.writing || (write && cell.reading != 0)) return false;

  Sent sent{nullptr, write, disk_index, cell_index, first, count, 0};
  --to_send_;
  ++sent_;
  ++outstanding_;
  ++stage_.counts().sent;
  const std::uint64_t offset = first * disk.block_bytes;
  const std::size_t bytes = std::size_t{count} * disk.block_bytes;
  if (write) {
    cell.writing = true;
    sent.version = disk.ledger.begin_write(first, count);
    std::vector<std::byte> data(bytes);
    for (std::uint32_t n = 0; n < count; ++n)
      fill_sector(std::span(data).subspan(std::size_t{n} * disk.block_bytes, disk.block_bytes),
                  {disk.number, sent.version, first + n});
    sent.request = disk.file.start_write(data, offset);
  } else {
    ++cell.reading;
    sent.request = disk.file.start_read(bytes, offset);
  }
  out.push_back(std::move(sent));
  return true;
}

void Workload::await_one(std::deque<Sent>& out) {
  const Sent& oldest = out.front();
  wait_for_end(stage_, *oldest.request, oldest.write ? "a write" : "a read", *disks_[oldest.disk], oldest.first);
  for (auto sent = out.begin(); sent != out.end();) {
    if (!sent->request->done()) {
      ++sent;
      continue;
    }
    end(*sent);
    sent = out.erase(sent);
  }
}

void Workload::end(Sent& sent) {
  Disk& disk = *disks_[sent.disk];
  Cell& cell = cells_[sent.disk][sent.cell];
  const user::IoResult result = sent.request->wait();
  const std::uint64_t bytes = std::uint64_t{sent.count} * disk.block_bytes;
  --outstanding_;
  if (sent.write)
    cell.writing = false;
  else
    --cell.reading;

  if (!result.ok()) {
    ++stage_.counts().failed;
    note_failure(result.status);
    if (sent.write) disk.ledger.failed(sent.first, sent.count, sent.version);
    if (!plan_.failures_allowed)
      stage_.fail(
          "request-failed",
          fmt::format(
              "irp#{}, a {} of {} at block {} of disk {}, failed with {} although nothing is wrong with the disk",
              sent.request->irp_number(), sent.write ? "write" : "read", counted(sent.count, "block"), sent.first,
              disk.number, status_text(result.status)));
    return;
  }
  check_length(stage_, result, bytes, sent.write ? "write" : "read", disk, sent.first);
  ++stage_.counts().completed;
  stage_.bytes_moved += bytes;
  if (sent.write)
    disk.ledger.acknowledged(sent.first, sent.count, sent.version);
  else
    check_sectors(stage_, disk, sent.first, sent.request->data().first(bytes));
}

void Workload::note_failure(nt::NTSTATUS status) {
  for (auto& [known, times] : failures_)
    if (known == status) {
      ++times;
      return;
    }
  failures_.emplace_back(status, 1);
}

void verify_disk(Stage& stage, Disk& disk) {
  struct Reading {
    std::unique_ptr<user::Request> request;
    std::uint64_t first;
    std::uint32_t count;
  };
  std::deque<Reading> out;
  auto end_oldest = [&] {
    Reading& reading = out.front();
    const std::uint64_t bytes = std::uint64_t{reading.count} * disk.block_bytes;
    const user::IoResult result = wait_for_end(stage, *reading.request, "a read", disk, reading.first);
    if (result.ok()) {
      ++stage.counts().completed;
      stage.bytes_moved += bytes;
      check_length(stage, result, bytes, "read", disk, reading.first);
      check_sectors(stage, disk, reading.first, reading.request->data().first(bytes));
    } else {
      ++stage.counts().failed;
      if (!stage.devices_may_fail())
        stage.fail("request-failed", fmt::format("reading back block {} of disk {} failed with {}", reading.first,
                                                 disk.number, status_text(result.status)));
    }
    out.pop_front();
  };
  const std::uint32_t chunk = kVerifyBytes / disk.block_bytes;
  for (const auto& [first, count] : disk.ledger.runs_written(chunk)) {
    if (out.size() == kVerifyDepth) end_oldest();
    ++stage.counts().sent;
    out.push_back(
        {disk.file.start_read(std::size_t{count} * disk.block_bytes, first * disk.block_bytes), first, count});
  }
  while (!out.empty()) end_oldest();
}

}  // namespace drydock::scenario
