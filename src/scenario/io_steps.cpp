// Steps that start the devices and keep them busy.

#include <algorithm>

#include <fmt/format.h>

#include "nt/ioctl.h"
#include "nt/status.h"
#include "nt/storage.h"
#include "ntos/ke/delay.h"
#include "ntos/ob/names.h"
#include "port/scsiport/fdo.h"
#include "scenario/devices.h"
#include "scenario/disk_load.h"
#include "scenario/steps.h"
#include "scenario/under_load.h"

namespace drydock::scenario {

using namespace nt;
using namespace std::chrono_literals;
using machine::Machine;
namespace pnp = ntos::pnp;
namespace user = ntos::io::user;
namespace scsiport = port::scsiport;

namespace {

/// The adapters that the port drives now, for this driver; beside one that is no miniport, whatever there is.
std::vector<scsiport::Adapter*> port_adapters(Stage& stage) {
  const bool any = kind_of(stage.driver()) != DriverKind::ScsiMiniport;
  std::vector<scsiport::Adapter*> adapters;
  for (scsiport::Adapter* adapter : scsiport::port().adapters)
    if (adapter->driver != nullptr && (any || adapter->driver->object == stage.driver_object()))
      adapters.push_back(adapter);
  return adapters;
}

/// False, and the step is done, if the drivers of all devices refuse to be opened.
bool require_something_open(Stage& stage) {
  open_by_name(stage);
  if (!stage.present_disks().empty() || !stage.interfaces().empty()) return true;
  if (stage.adapters().empty())
    stage.fail("nothing-to-send-to", "the step needs a disk or another device, and none is there", tree_lines());
  stage.checked("nothing is sent: no device can be opened");
  return false;
}

}  // namespace

void start_devices(Stage& stage) {
  const pnp::Change change = pnp::manager().enumerate_root();
  pnp::manager().wait_until_settled();
  if (!change.ok()) stage.fail("enumeration-failed", "the root cannot be enumerated: " + status_text(change.status));
  if (!require_started(stage)) return;
  const std::uint64_t traps = stage.machine().register_traps();
  stage.checked(fmt::format("{} started, {}", counted(stage.adapters().size(), "adapter"),
                            counted(traps, "register access", "register accesses")));
}

void enumerate(Stage& stage) {
  if (!require_running(stage)) return;
  std::uint64_t bytes = 0;
  for (const Disk* disk : stage.present_disks()) bytes += disk->blocks * disk->block_bytes;
  if (stage.present_disks().empty())
    stage.checked(counted(stage.interfaces().size(), "device interface") + " opened");
  else
    stage.checked(
        fmt::format("{}, {}, as on the board", counted(stage.present_disks().size(), "disk"), size_text(bytes)));
}

void mixed_io(Stage& stage) {
  if (!require_something_open(stage)) return;
  const std::uint64_t bytes_before = stage.bytes_moved;
  RetryCount retries(stage);
  LoadPlan plan;
  plan.requests = stage.number() != 0 ? static_cast<unsigned>(stage.number()) : stage.config().requests;
  plan.failures_allowed = stage.devices_may_fail();
  plan.undisturbed = stage.undisturbed();
  Load load(stage, open_sources(stage), plan);
  load.start();
  load.join();
  for (Disk* disk : stage.present_disks()) {
    const user::IoResult flushed = disk->file.flush();
    if (!flushed.ok() && !stage.devices_may_fail())
      stage.fail("flush-failed",
                 fmt::format("flushing disk {} failed with {}", disk->number, status_text(flushed.status)));
  }
  const std::uint64_t bytes = stage.bytes_moved - bytes_before;
  const bool by_name = std::any_of(stage.interfaces().begin(), stage.interfaces().end(),
                                   [](const OpenInterface& open) { return open.by_name; });
  stage.checked(fmt::format("{} KiB moved{}, {}", bytes / 1024, by_name ? " by a device's name" : "",
                            load.failures_text()),
                load.failure_lines());
}

void verify_data(Stage& stage) {
  if (!require_something_open(stage)) return;
  const std::uint64_t before = stage.sectors_verified;
  RetryCount retries(stage);
  for (Disk* disk : stage.present_disks()) verify_disk(stage, *disk);
  std::string said = counted(stage.sectors_verified - before, "sector") + ", every checksum right";
  if (const std::uint64_t failed = stage.counts().failed) said += fmt::format("; {} failed", counted(failed, "read"));
  stage.checked(std::move(said));
}

unsigned ask_for_bus_resets(Stage& stage) {
  unsigned asked = 0;
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
  return asked;
}

void reset_bus(Stage& stage) {
  if (stage.present_disks().empty()) stage.fail("no-disks", "the step needs disks, and the board has none");
  const std::uint64_t resets_before = scsiport::account().bus_resets;
  unsigned asked = 0;
  machine::Time began{};
  const Disturbed disturbed = under_load(stage, false, [&] {
    began = stage.machine().now();
    asked = ask_for_bus_resets(stage);
  });
  const std::uint64_t resets = scsiport::account().bus_resets - resets_before;
  if (asked == 0) stage.fail("no-adapter", "no adapter of the port driver is there to be reset");
  if (resets < asked)
    stage.fail("reset-not-made", fmt::format("{} asked for, {} made", counted(asked, "bus reset"), resets));
  std::vector<std::string> details = disturbed.lines;
  details.push_back("the load ended " + time_text(stage.machine().now() - began) + " after the reset was asked for");
  stage.checked(fmt::format("{}, {}", counted(resets, "reset"), disturbed.text()), std::move(details));
}

void wait_a_while(Stage& stage) {
  const machine::Duration wanted = stage.number() != 0 ? machine::Duration{stage.number()} : machine::Duration{1s};
  ntos::ke::delay(wanted);
  stage.checked(time_text(wanted) + " passed");
}

}  // namespace drydock::scenario
