// A board's QEMU devices: one QEMU for all of them.

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "bus/board/board.h"
#include "host/disk_file.h"
#include "machine/tape.h"
#include "models/qemu/computer.h"

namespace drydock::bus::board {

namespace {

models::qemu::DevicePlan plan_of(const Board& board, const Device& device) {
  models::qemu::DevicePlan plan;
  plan.type = device.qemu_type;
  plan.properties = device.qemu_properties;
  plan.arguments = device.qemu_arguments;
  plan.place = (board.file.empty() ? board.name : board.file) + ":" + std::to_string(device.line);
  for (const Disk& disk : device.disks)
    plan.disks.push_back({.target = disk.target,
                          .lun = disk.lun,
                          .size_bytes = disk.size_bytes,
                          .block_bytes = disk.block_bytes,
                          .file = disk.file.empty() ? disk.file : std::filesystem::absolute(disk.file).string(),
                          .read_only = disk.read_only});
  return plan;
}

/// The size of what is in the file, whatever its format (QEMU's docs/interop/qcow2: magic at 0, size at 24).
host::Result<std::uint64_t> disk_size(const std::string& file) {
  std::array<unsigned char, 32> head{};
  std::ifstream stream(file, std::ios::binary | std::ios::ate);
  if (!stream) return host::error(file, ": this disk cannot be opened: does the file exist?");
  const auto bytes = static_cast<std::uint64_t>(stream.tellg());
  stream.seekg(0);
  stream.read(reinterpret_cast<char*>(head.data()), head.size());
  if (!stream || std::memcmp(head.data(), "QFI\xfb", 4) != 0) return bytes;
  std::uint64_t size = 0;
  for (unsigned i = 24; i < 32; ++i) size = size << 8 | head[i];
  return size;
}

host::Status open_file(Disk& disk, machine::Tape* tape) {
  if (tape && tape->replays()) {
    disk.size_bytes = tape->take(machine::TapeEntry::Reply);
    return {};
  }
  disk.size_bytes = TRY(disk_size(disk.file)) / disk.block_bytes * disk.block_bytes;
  if (tape) tape->put(machine::TapeEntry::Reply, disk.size_bytes);
  // QEMU's own locks let others share the disk, so that a pulled adapter may come back: ours does not.
  disk.descriptor = TRY(host::open_disk_file(disk.file, disk.read_only, true)).descriptor;
  return {};
}

}  // namespace

host::Status start_qemu(Board& board, machine::Tape* tape) {
  models::qemu::Plan plan;
  for (Device& device : board.devices) {
    if (device.model != "qemu") continue;
    device.qemu_number = static_cast<unsigned>(plan.devices.size());
    for (Disk& disk : device.disks)
      if (!disk.file.empty()) TRY(open_file(disk, tape));
    plan.devices.push_back(plan_of(board, device));
  }
  if (plan.devices.empty()) return {};
  if (plan.devices.size() > models::qemu::kPortsMax)
    return host::error(plan.devices.back().place, ": a board has at most ", models::qemu::kPortsMax, " QEMU devices");
  if (board.ram_above_4gb_bytes || board.memory_bytes % (1 << 20) || board.memory_bytes > (2048ull << 20))
    return host::error(plan.devices.front().place,
                       ": beside a QEMU device, memory must be whole MiB, at most 2 GiB, and all below 4 GiB");
  plan.ram_bytes = board.memory_bytes;
  board.qemu = TRY(models::qemu::Computer::start(plan, tape));
  for (Device& device : board.devices)
    if (device.model == "qemu") device.qemu = board.qemu.get();
  return {};
}

}  // namespace drydock::bus::board
