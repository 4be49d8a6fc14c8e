// The board's devices: who runs, which disks and interfaces they have, handles to them.

#include "scenario/devices.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "nt/device_object.h"
#include "nt/ioctl.h"
#include "nt/pass_through.h"
#include "nt/status.h"
#include "nt/storage.h"
#include "ntos/io/irp_ledger.h"
#include "ntos/ob/names.h"
#include "ntos/pnp/device_interface.h"

namespace drydock::scenario {

using namespace nt;
namespace pnp = ntos::pnp;
namespace user = ntos::io::user;

namespace {

constexpr unsigned kDriveNumbersMax = 64;

bus::board::Slot slot_of(const pnp::Devnode& node) {
  return {node.bus_number, node.capabilities.address >> 16, node.capabilities.address & 0xFFFF};
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

bool is_at_or_below(const pnp::Devnode* node, const pnp::Devnode& top) {
  while (node != nullptr && node != &top) node = node->parent;
  return node != nullptr;
}

void open_by_name(Stage& stage, const pnp::Devnode& node) {
  for (const OpenInterface& open : stage.interfaces()) {
    const pnp::Devnode* owner = pnp::manager().find(open.devnode);
    if (owner != nullptr && is_at_or_below(owner, node)) return;
  }
  NTSTATUS status;
  OpenInterface open{.link = node.instance_path,
                     .name = fmt::format("the name of devnode#{}", node.id),
                     .kind = ntos::ob::narrow(node.service),
                     .devnode = node.id,
                     .ledger = Ledger(node.id, false),
                     .file = user::open(node.pdo, &status),
                     .by_name = true};
  if (open.file) stage.interfaces().push_back(std::move(open));
}

/// Opens every interface that the stack of a device without disks has enabled, or that of a child.
void open_interfaces(Stage& stage) {
  for (const Adapter& adapter : stage.adapters()) {
    const pnp::Devnode* node = devnode_of(adapter);
    if (node == nullptr || !adapter.device->disks.empty()) continue;
    for (const pnp::DeviceInterface* each : pnp::manager().interfaces().all()) {
      const pnp::Devnode* owner = each->enabled ? pnp::manager().find_in_stack(each->pdo) : nullptr;
      if (owner == nullptr || !is_at_or_below(owner, *node)) continue;
      const bool known = std::any_of(stage.interfaces().begin(), stage.interfaces().end(),
                                     [each](const OpenInterface& open) { return open.link == each->link; });
      if (known) continue;
      NTSTATUS status;
      const std::string link = ntos::ob::narrow(each->link);
      OpenInterface open{.link = each->link,
                         .name = "the interface " + link,
                         .kind = link.substr(std::min(link.find('{'), link.size())),
                         .devnode = owner->id,
                         .ledger = Ledger(owner->id, false),
                         .file = user::open(each->link, &status)};
      if (!open.file && !each->enabled) continue;  // its device is just going
      if (!open.file) stage.fail("open-failed", fmt::format("{} cannot be opened: {}", open.name, status_text(status)));
      stage.interfaces().push_back(std::move(open));
    }
  }
}

bool require_disks(Stage& stage) {
  open_disks(stage);
  for (const Disk& disk : stage.disks()) {
    if (disk.present()) continue;
    const bool served = std::any_of(stage.adapters().begin(), stage.adapters().end(), [&](const Adapter& adapter) {
      return adapter.slot == disk.slot && adapter.driver->imports_from("scsiport.sys");
    });
    if (!served) continue;  // its adapter has another kind of driver
    std::string summary = fmt::format("no device for target {} lun {} behind slot {}", disk.board->target,
                                      disk.board->lun, bus::board::to_text(disk.slot));
    if (!stage.devices_may_fail()) stage.fail("disk-missing", std::move(summary), tree_lines());
    stage.checked(summary);
    stage.end_early(std::move(summary));
    return false;
  }
  return true;
}

}  // namespace

pnp::Devnode* devnode_of(const Adapter& adapter) {
  pnp::Devnode* node = adapter.devnode == 0 ? nullptr : pnp::manager().find(adapter.devnode);
  return node != nullptr && node->has_stack() ? node : nullptr;
}

pnp::Devnode* devnode_in(bus::board::Slot slot) {
  pnp::Devnode* found = nullptr;
  for (const pnp::TreeLine& line : pnp::manager().tree()) {
    pnp::Devnode* node = pnp::manager().find(line.devnode);
    if (node != nullptr && node->bus_type && slot_of(*node) == slot) found = node;
  }
  return found;
}

void find_adapters(Stage& stage) {
  for (Adapter& adapter : stage.adapters()) {
    adapter.devnode = 0;
    for (pnp::Devnode* node : pnp::manager().served_by(ntos::ob::widen(adapter.driver->service)))
      if (slot_of(*node) == adapter.slot && node->has_stack()) {
        adapter.devnode = node->id;
        adapter.bus_devnode = node->parent->id;
      }
  }
}

std::vector<std::string> tree_lines() {
  std::vector<std::string> lines;
  for (const pnp::TreeLine& line : pnp::manager().tree())
    lines.push_back(fmt::format("{:{}}devnode#{} {} {} {} {}", "", 2 * line.depth, line.devnode, line.instance_path,
                                line.service.empty() ? "(no driver)" : line.service, pnp::state_name(line.state),
                                line.problem == pnp::Problem::None ? "" : pnp::problem_name(line.problem)));
  return lines;
}

std::string change_text(const pnp::Change& change) {
  std::string text = status_text(change.status);
  if (!change.vetoed_by.empty()) text += ", vetoed by " + change.vetoed_by;
  return text;
}

bool require_started(Stage& stage) {
  find_adapters(stage);
  for (const Adapter& adapter : stage.adapters()) {
    const pnp::Devnode* node = devnode_of(adapter);
    if (node != nullptr && node->state == pnp::DevnodeState::Started) continue;
    std::string why = "its bus does not show it";
    if (const pnp::Devnode* known = devnode_in(adapter.slot))
      why = known->problem == pnp::Problem::None
                ? "it stands in state " + std::string(pnp::state_name(known->state))
                : fmt::format("{}, {}", pnp::problem_name(known->problem), status_text(known->problem_status));
    std::string summary = fmt::format("the {} in slot {} does not run: {}", adapter.device->model,
                                      bus::board::to_text(adapter.slot), why);
    if (!stage.devices_may_fail()) stage.fail("start-failed", std::move(summary), tree_lines());
    stage.checked(summary);
    stage.end_early(std::move(summary));
    return false;
  }
  return true;
}

bool require_running(Stage& stage) {
  if (!require_started(stage) || !require_disks(stage)) return false;
  open_interfaces(stage);
  return true;
}

void open_by_name(Stage& stage) {
  for (const Adapter& adapter : stage.adapters()) {
    const pnp::Devnode* node = devnode_of(adapter);
    if (node != nullptr && node->state == pnp::DevnodeState::Started && adapter.device->disks.empty())
      open_by_name(stage, *node);
  }
}

std::string running_text(Stage& stage) {
  std::string text = counted(stage.adapters().size(), "adapter") + " started";
  std::uint64_t bytes = 0;
  for (const Disk* disk : stage.present_disks()) bytes += disk->blocks * disk->block_bytes;
  if (!stage.present_disks().empty())
    text += fmt::format(", {}, {}", counted(stage.present_disks().size(), "disk"), size_text(bytes));
  if (!stage.interfaces().empty()) text += ", " + counted(stage.interfaces().size(), "interface");
  return text;
}

void require_no_requests(Stage& stage, std::string_view when) {
  const auto left = ntos::io::outstanding_irps();
  if (left.empty()) return;
  std::vector<std::string> lines;
  for (const ntos::io::LiveIrp& live : left)
    for (std::string& line : ntos::io::describe(live.irp)) lines.push_back(std::move(line));
  stage.fail("lost-request", fmt::format("{} {} on the way", when, counted(left.size(), "request is", "requests are")),
             std::move(lines));
}

void require_gone(Stage& stage, std::string_view after) {
  pnp::manager().wait_until_settled();
  require_no_requests(stage, after);
  for (Adapter* adapter : stage.tested_adapters()) {
    if (const pnp::Devnode* node = devnode_of(*adapter))
      stage.fail("remove-failed",
                 fmt::format("{} the adapter in slot {} still has a stack, in state {}", after,
                             bus::board::to_text(adapter->slot), pnp::state_name(node->state)),
                 tree_lines());
    adapter->devnode = 0;
  }
}

}  // namespace drydock::scenario
