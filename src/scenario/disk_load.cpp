#include "scenario/disk_load.h"

#include <algorithm>

#include <fmt/format.h>

#include "nt/status.h"

namespace drydock::scenario {

namespace user = ntos::io::user;

namespace {

constexpr unsigned kRequestBytesMax = 8192;
constexpr unsigned kWritePercent = 60;
constexpr unsigned kVerifyBytes = 32 << 10;
constexpr unsigned kVerifyDepth = 4;

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

DiskSource::DiskSource(Stage& stage, Disk& disk) : stage_(stage), disk_(disk), cells_(kCells) {}

std::unique_ptr<SentRequest> DiskSource::send(RandomStream& random) {
  const unsigned cell_index = random.below(kCells);
  Cell& cell = cells_[cell_index];
  const std::uint32_t cell_blocks = kCellBytes / disk_.block_bytes;
  auto transfer = std::make_unique<Transfer>();
  transfer->cell = cell_index;
  transfer->count = 1 + random.below(std::max(1u, kRequestBytesMax / disk_.block_bytes));
  transfer->first = disk_.blocks / kCells * cell_index + random.below(cell_blocks - transfer->count + 1);
  transfer->write = random.below(100) < kWritePercent;
  if (cell.writing || (transfer->write && cell.reading != 0)) return nullptr;

  const std::uint64_t offset = transfer->first * disk_.block_bytes;
  const std::size_t bytes = std::size_t{transfer->count} * disk_.block_bytes;
  if (!transfer->write) {
    ++cell.reading;
    transfer->request = disk_.file.start_read(bytes, offset);
    return transfer;
  }
  cell.writing = true;
  transfer->version = disk_.ledger.begin_write(transfer->first, transfer->count);
  std::vector<std::byte> data(bytes);
  for (std::uint32_t n = 0; n < transfer->count; ++n)
    fill_sector(std::span(data).subspan(std::size_t{n} * disk_.block_bytes, disk_.block_bytes),
                {disk_.number, transfer->version, transfer->first + n});
  transfer->request = disk_.file.start_write(data, offset);
  return transfer;
}

void DiskSource::ended(SentRequest& sent, const user::IoResult& result) {
  auto& transfer = static_cast<Transfer&>(sent);
  Cell& cell = cells_[transfer.cell];
  if (transfer.write)
    cell.writing = false;
  else
    --cell.reading;
  if (!result.ok()) {
    if (transfer.write) disk_.ledger.failed(transfer.first, transfer.count, transfer.version);
    return;
  }
  const std::uint64_t bytes = std::uint64_t{transfer.count} * disk_.block_bytes;
  check_length(stage_, result, bytes, transfer.write ? "write" : "read", disk_, transfer.first);
  stage_.bytes_moved += bytes;
  if (transfer.write)
    disk_.ledger.acknowledged(transfer.first, transfer.count, transfer.version);
  else
    check_sectors(stage_, disk_, transfer.first, transfer.request->data().first(bytes));
}

std::string DiskSource::describe(const SentRequest& sent) const {
  const auto& transfer = static_cast<const Transfer&>(sent);
  return fmt::format("a {} of {} at block {} of disk {}", transfer.write ? "write" : "read",
                     counted(transfer.count, "block"), transfer.first, disk_.number);
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
    const user::IoResult result =
        wait_for_end(stage, *reading.request, fmt::format("a read at block {} of disk {}", reading.first, disk.number));
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
