// The devices the driver serves: start, disks, removal, coming back.

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "bus/board/build_board.h"
#include "nt/device_object.h"
#include "nt/ioctl.h"
#include "nt/pass_through.h"
#include "nt/status.h"
#include "nt/storage.h"
#include "ntos/io/irp_ledger.h"
#include "ntos/ob/names.h"
#include "ntos/pnp/manager.h"
#include "port/scsiport/fdo.h"
#include "scenario/stage.h"
#include "scenario/steps.h"

namespace drydock::scenario {

using namespace nt;
namespace pnp = ntos::pnp;
namespace user = ntos::io::user;

namespace {

constexpr unsigned kDriveNumbersMax = 64;

bus::board::Slot slot_of(const pnp::Devnode& node) {
  return {node.bus_number, node.capabilities.address >> 16, node.capabilities.address & 0xFFFF};
}

std::u16string service_name(const Stage& stage) {
  return ntos::ob::widen(stage.driver().service);
}

/// Notes which devnode serves which slot now.
void find_adapters(Stage& stage) {
  for (Adapter& adapter : stage.adapters()) {
    adapter.devnode = 0;
    for (pnp::Devnode* node : pnp::manager().served_by(service_name(stage)))
      if (slot_of(*node) == adapter.slot && node->has_stack()) {
        adapter.devnode = node->id;
        adapter.bus_devnode = node->parent->id;
      }
  }
}

std::vector<std::string> tree_lines() {
  std::vector<std::string> lines;
  for (const pnp::TreeLine& line : pnp::manager().tree())
    lines.push_back(fmt::format("{:{}}devnode#{} {} {} {}", "", 2 * line.depth, line.devnode, line.instance_path,
                                line.service.empty() ? "(no driver)" : line.service,
                                line.problem == pnp::Problem::None ? "" : pnp::problem_name(line.problem)));
  return lines;
}

/// False if a device that may fail does not run.
bool require_started(Stage& stage) {
  find_adapters(stage);
  for (const Adapter& adapter : stage.adapters()) {
    const pnp::Devnode* node = adapter.devnode == 0 ? nullptr : pnp::manager().find(adapter.devnode);
    if (node != nullptr && node->state == pnp::DevnodeState::Started) continue;
    std::string why = "its bus does not show it";
    for (const pnp::TreeLine& line : pnp::manager().tree()) {
      const pnp::Devnode* known = pnp::manager().find(line.devnode);
      if (known == nullptr || slot_of(*known) != adapter.slot || known->state == pnp::DevnodeState::Deleted) continue;
      why = line.problem == pnp::Problem::None
                ? "it stands in state " + std::string(pnp::state_name(known->state))
                : fmt::format("{}, {}", pnp::problem_name(line.problem), status_text(known->problem_status));
    }
    std::string summary = fmt::format("the {} in slot {} does not run: {}", adapter.device->model,
                                      bus::board::to_text(adapter.slot), why);
    if (!stage.devices_may_fail()) stage.fail("start-failed", std::move(summary), tree_lines());
    stage.checked(summary);
    stage.end_early(std::move(summary));
    return false;
  }
  return true;
}

/// Opens what answers to \\.\PhysicalDrive<n> and finds out which disk of the board it is.
void open_disks(Stage& stage) {
  for (unsigned n = 0; n < kDriveNumbersMax; ++n) {
    std::u16string path = u"\\\\.\\PhysicalDrive" + ntos::ob::widen(std::to_string(n));
    NTSTATUS status;
    user::File file = user::open(path, &status);
    if (!file) continue;
    SCSI_ADDRESS address{};
    const user::IoResult asked = file.ioctl(IOCTL_SCSI_GET_ADDRESS, {}, std::as_writable_bytes(std::span(&address, 1)));
    if (!asked.ok()) continue;
    const pnp::Devnode* unit = pnp::manager().find_in_stack(file.object()->DeviceObject);
    if (unit == nullptr || unit->parent == nullptr) continue;
    for (Disk& disk : stage.disks()) {
      const bool same = disk.slot == slot_of(*unit->parent) && disk.board->target == address.TargetId &&
                        disk.board->lun == address.Lun;
      if (!same || disk.present()) continue;
      GET_LENGTH_INFORMATION length{};
      DISK_GEOMETRY geometry{};
      user::IoResult result = file.ioctl(IOCTL_DISK_GET_LENGTH_INFO, {}, std::as_writable_bytes(std::span(&length, 1)));
      if (result.ok())
        result = file.ioctl(IOCTL_DISK_GET_DRIVE_GEOMETRY, {}, std::as_writable_bytes(std::span(&geometry, 1)));
      if (!result.ok() && stage.devices_may_fail()) continue;
      if (!result.ok())
        stage.fail("disk-unreadable",
                   fmt::format("{} does not tell its size: {}", ntos::ob::narrow(path), status_text(result.status)));
      const auto bytes = static_cast<std::uint64_t>(length.Length.QuadPart);
      if (bytes != disk.board->size_bytes || geometry.BytesPerSector != disk.board->block_bytes)
        stage.fail("wrong-capacity", fmt::format("{} says it has {} in blocks of {}; the board has {} in blocks of {}",
                                                 ntos::ob::narrow(path), size_text(bytes), geometry.BytesPerSector,
                                                 size_text(disk.board->size_bytes), disk.board->block_bytes));
      disk.path = path;
      disk.block_bytes = disk.board->block_bytes;
      disk.blocks = bytes / disk.block_bytes;
      disk.file = std::move(file);
      break;
    }
  }
}

std::string disks_text(Stage& stage) {
  std::uint64_t bytes = 0;
  for (const Disk* disk : stage.present_disks()) bytes += disk->blocks * disk->block_bytes;
  return fmt::format("{}, {}", counted(stage.present_disks().size(), "disk"), size_text(bytes));
}

bool require_disks(Stage& stage) {
  open_disks(stage);
  for (const Disk& disk : stage.disks()) {
    if (disk.present()) continue;
    std::string summary = fmt::format("no device for target {} lun {} behind slot {}", disk.board->target,
                                      disk.board->lun, bus::board::to_text(disk.slot));
    if (!stage.devices_may_fail()) stage.fail("disk-missing", std::move(summary), tree_lines());
    stage.checked(summary);
    stage.end_early(std::move(summary));
    return false;
  }
  return true;
}

void close_disks(Stage& stage) {
  for (Disk& disk : stage.disks()) {
    disk.file.close();
    disk.path.clear();
  }
}

}  // namespace

void start_adapters(Stage& stage) {
  const pnp::Change change = pnp::manager().enumerate_root();
  pnp::manager().wait_until_settled();
  if (!change.ok()) stage.fail("enumeration-failed", "the root cannot be enumerated: " + status_text(change.status));
  if (!require_started(stage)) return;
  const std::uint64_t traps = stage.machine().register_traps();
  stage.checked(fmt::format("{} started, {}", counted(stage.adapters().size(), "adapter"),
                            counted(traps, "register access", "register accesses")));
}

void find_disks(Stage& stage) {
  if (!require_disks(stage)) return;
  stage.checked(fmt::format("{}, as on the board", disks_text(stage)));
}

void remove_adapters(Stage& stage) {
  close_disks(stage);
  for (Adapter& adapter : stage.adapters()) {
    const pnp::Change change = pnp::manager().remove(adapter.devnode);
    if (!change.ok())
      stage.fail("remove-refused", fmt::format("the adapter in slot {} cannot be removed: {}{}",
                                               bus::board::to_text(adapter.slot), status_text(change.status),
                                               change.vetoed_by.empty() ? "" : ", vetoed by " + change.vetoed_by));
  }
  pnp::manager().wait_until_settled();
  const auto left = ntos::io::outstanding_irps();
  if (!left.empty()) {
    std::vector<std::string> lines;
    for (const ntos::io::LiveIrp& live : left)
      for (std::string& line : ntos::io::describe(live.irp)) lines.push_back(std::move(line));
    stage.fail("lost-request",
               fmt::format("after the removal {} on the way", counted(left.size(), "request is", "requests are")),
               std::move(lines));
  }
  find_adapters(stage);
  for (const Adapter& adapter : stage.adapters())
    if (adapter.devnode != 0)
      stage.fail(
          "remove-failed",
          fmt::format("the adapter in slot {} still has a stack after its removal", bus::board::to_text(adapter.slot)),
          tree_lines());
  stage.checked(fmt::format("{} removed, driver {}", counted(stage.adapters().size(), "adapter"),
                            stage.driver_object() == nullptr ? "unloaded" : "still loaded"));
}

void re_add_adapters(Stage& stage) {
  for (const Adapter& adapter : stage.adapters()) {
    const pnp::Change change = pnp::manager().scan(adapter.bus_devnode);
    if (!change.ok())
      stage.fail("scan-failed", "the bus cannot be scanned: " + status_text(change.status), tree_lines());
  }
  pnp::manager().wait_until_settled();
  if (!require_started(stage) || !require_disks(stage)) return;
  stage.checked(fmt::format("{} started, {}", counted(stage.adapters().size(), "adapter"), disks_text(stage)));
}

void plug_adapters_back(Stage& stage) {
  for (const Adapter& adapter : stage.adapters()) {
    const host::Status plugged = bus::board::plug(stage.machine(), adapter.slot);
    if (!plugged) stage.fail("plug-failed", plugged.failure().message);
  }
  pnp::manager().wait_until_settled();
  if (!require_started(stage) || !require_disks(stage)) return;
  stage.checked(fmt::format("{} started, {}", counted(stage.adapters().size(), "adapter"), disks_text(stage)));
}

}  // namespace drydock::scenario
