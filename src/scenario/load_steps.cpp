// Steps that keep the disks busy.

#include <algorithm>

#include <fmt/format.h>

#include "bus/board/build_board.h"
#include "machine/thread.h"
#include "models/pci/fabric.h"
#include "nt/ioctl.h"
#include "nt/status.h"
#include "nt/storage.h"
#include "ntos/io/irp_ledger.h"
#include "ntos/ob/names.h"
#include "ntos/pnp/manager.h"
#include "port/scsiport/fdo.h"
#include "scenario/disk_accounts.h"
#include "scenario/steps.h"
#include "scenario/workload.h"

namespace drydock::scenario {

using namespace nt;
using namespace std::chrono_literals;
using machine::Machine;
namespace pnp = ntos::pnp;
namespace user = ntos::io::user;
namespace scsiport = port::scsiport;

namespace {

/// Where in the load the disturbance comes: one of so many moments, the first without decisions.
constexpr std::uint32_t kMoments = 16;
constexpr machine::Duration kPollEvery = 20us;

LoadPlan plan_of(const Stage& stage) {
  LoadPlan plan;
  plan.requests = stage.config().requests;
  plan.failures_allowed = stage.devices_may_fail();
  return plan;
}

/// Returns when enough has been sent and something is on its way: requests in flight at the chosen moment.
unsigned await_moment(Stage& stage, const Workload& load) {
  const std::uint32_t chosen = stage.machine().choose("order.disturbance", kMoments);
  const unsigned after = stage.config().requests / 4 + stage.config().requests / 2 * chosen / kMoments;
  while (load.running() && (load.sent() < after || load.outstanding() == 0))
    machine::delay_until(Machine::current().now() + kPollEvery, false, false);
  return load.outstanding();
}

/// "49 failed", and a line for each status.
std::string failures_text(const Workload& load) {
  std::uint64_t all = 0;
  for (const auto& [status, times] : load.failures()) all += times;
  return all == 0 ? "none failed" : fmt::format("{} failed", all);
}

std::vector<std::string> failure_lines(const Workload& load) {
  std::vector<std::string> lines;
  for (const auto& [status, times] : load.failures())
    lines.push_back(fmt::format("{} ended with {}", times, status_text(status)));
  return lines;
}

/// The adapters that the port drives now, for this driver.
std::vector<scsiport::Adapter*> port_adapters(Stage& stage) {
  std::vector<scsiport::Adapter*> adapters;
  for (scsiport::Adapter* adapter : scsiport::port().adapters)
    if (adapter->driver != nullptr && adapter->driver->object == stage.driver_object()) adapters.push_back(adapter);
  return adapters;
}

/// Counts what the class driver retried while the step ran.
class RetryCount {
 public:
  explicit RetryCount(Stage& stage) : stage_(stage), before_(requests_retried(stage.machine())) {}
  ~RetryCount() { stage_.counts().retried += requests_retried(stage_.machine()) - before_; }

 private:
  Stage& stage_;
  std::uint64_t before_;
};

void require_disks_open(Stage& stage) {
  if (stage.present_disks().empty()) stage.fail("no-disks", "the scenario needs disks, and the board has none");
}

}  // namespace

void mixed_io(Stage& stage) {
  require_disks_open(stage);
  const std::uint64_t bytes_before = stage.bytes_moved;
  {
    RetryCount retries(stage);
    Workload load(stage, stage.present_disks(), plan_of(stage));
    load.start();
    load.join();
    for (Disk* disk : stage.present_disks()) {
      const user::IoResult flushed = disk->file.flush();
      if (!flushed.ok() && !stage.devices_may_fail())
        stage.fail("flush-failed",
                   fmt::format("flushing disk {} failed with {}", disk->number, status_text(flushed.status)));
    }
    const std::uint64_t bytes = stage.bytes_moved - bytes_before;
    stage.checked(fmt::format("{} KiB moved, {}", bytes / 1024, failures_text(load)), failure_lines(load));
  }
}

void verify_data(Stage& stage) {
  require_disks_open(stage);
  const std::uint64_t before = stage.sectors_verified;
  RetryCount retries(stage);
  for (Disk* disk : stage.present_disks()) verify_disk(stage, *disk);
  std::string said = counted(stage.sectors_verified - before, "sector") + ", every checksum right";
  if (const std::uint64_t failed = stage.counts().failed) said += fmt::format("; {} failed", counted(failed, "read"));
  stage.checked(std::move(said));
}

void reset_bus_under_load(Stage& stage) {
  require_disks_open(stage);
  RetryCount retries(stage);
  Workload load(stage, stage.present_disks(), plan_of(stage));
  load.start();
  const unsigned in_flight = await_moment(stage, load);
  const std::uint64_t resets_before = scsiport::account().bus_resets;
  unsigned asked = 0;
  const machine::Time began = stage.machine().now();
  for (const scsiport::Adapter* adapter : port_adapters(stage)) {
    const std::u16string path = u"\\\\.\\Scsi" + ntos::ob::widen(std::to_string(adapter->number)) + u":";
    NTSTATUS status;
    user::File file = user::open(path, &status);
    if (!file)
      stage.fail("open-failed", fmt::format("{} cannot be opened: {}", ntos::ob::narrow(path), status_text(status)));
    const STORAGE_BUS_RESET_REQUEST request{0};
    const user::IoResult result = file.ioctl(IOCTL_STORAGE_RESET_BUS, std::as_bytes(std::span(&request, 1)));
    if (!result.ok() && !stage.devices_may_fail())
      stage.fail("reset-failed", fmt::format("IOCTL_STORAGE_RESET_BUS on {} failed with {}", ntos::ob::narrow(path),
                                             status_text(result.status)));
    ++asked;
  }
  load.join();
  const std::uint64_t resets = scsiport::account().bus_resets - resets_before;
  if (asked == 0) stage.fail("no-adapter", "no adapter of the port driver is there to be reset");
  if (resets < asked)
    stage.fail("reset-not-made", fmt::format("{} asked for, {} made", counted(asked, "bus reset"), resets));
  std::vector<std::string> details = failure_lines(load);
  details.push_back("the load ended " + time_text(stage.machine().now() - began) + " after the reset was asked for");
  stage.checked(fmt::format("{}, {} in flight, {}", counted(resets, "reset"), in_flight, failures_text(load)),
                std::move(details));
}

void pull_adapters_under_load(Stage& stage) {
  require_disks_open(stage);
  RetryCount retries(stage);
  LoadPlan plan = plan_of(stage);
  plan.failures_allowed = true;
  Workload load(stage, stage.present_disks(), plan);
  load.start();
  const unsigned in_flight = await_moment(stage, load);
  const machine::Time began = stage.machine().now();
  auto* fabric = bus::board::board_part()->fabric;
  std::uint64_t touched_before = 0;
  auto touches = [&] {
    std::uint64_t sum = 0;
    for (const Adapter& adapter : stage.adapters())
      sum += fabric
                 ->counts({static_cast<std::uint8_t>(adapter.slot.bus), static_cast<std::uint8_t>(adapter.slot.device),
                           static_cast<std::uint8_t>(adapter.slot.function)})
                 .after_unplug;
    return sum;
  };
  touched_before = touches();
  for (const Adapter& adapter : stage.adapters())
    if (!bus::board::unplug(stage.machine(), adapter.slot))
      stage.fail("unplug-failed",
                 fmt::format("there is nothing in slot {} to pull", bus::board::to_text(adapter.slot)));
  load.join();
  const machine::Duration took = stage.machine().now() - began;
  for (Disk& disk : stage.disks()) disk.file.close(), disk.path.clear();
  pnp::manager().wait_until_settled();

  std::vector<std::string> lines;
  for (const ntos::io::LiveIrp& live : ntos::io::outstanding_irps())
    for (std::string& line : ntos::io::describe(live.irp)) lines.push_back(std::move(line));
  if (!lines.empty())
    stage.fail("lost-request", "after the surprise removal requests are still on their way", std::move(lines));
  for (Adapter& adapter : stage.adapters()) {
    for (const pnp::Devnode* node : pnp::manager().served_by(ntos::ob::widen(stage.driver().service)))
      if (node->id == adapter.devnode && node->has_stack())
        stage.fail("remove-failed",
                   fmt::format("the stack of the pulled adapter in slot {} is still there, in state {}",
                               bus::board::to_text(adapter.slot), pnp::state_name(node->state)));
    adapter.devnode = 0;
  }
  std::vector<std::string> details = failure_lines(load);
  details.push_back("the last request ended " + time_text(took) + " after the adapter was pulled");
  details.push_back(counted(touches() - touched_before, "register access", "register accesses") +
                    " after it was pulled");
  stage.checked(fmt::format("{} in flight, each ended once, stack gone", in_flight), std::move(details));
}

}  // namespace drydock::scenario
