// Using a software driver as a curious application would: whatever devices it made are opened, read, written, cancelled
// and closed.

#include <algorithm>

#include <fmt/format.h>

#include "machine/thread.h"
#include "nt/device_object.h"
#include "nt/status.h"
#include "ntos/io/device.h"
#include "ntos/io/driver.h"
#include "ntos/io/irp_ledger.h"
#include "scenario/stage.h"
#include "scenario/steps.h"

namespace drydock::scenario {

using namespace nt;
using namespace std::chrono_literals;
using machine::Machine;
namespace user = ntos::io::user;

namespace {

constexpr std::size_t kTransferBytes = 512;
constexpr machine::Duration kPatience = 2s;         ///< then a pending request is cancelled
constexpr machine::Duration kCancelPatience = 30s;  ///< then it is lost

struct Use {
  unsigned devices = 0, opened = 0, cancelled = 0;
  std::vector<std::string> refusals;  ///< of being opened
};

/// Waits, cancels what does not end by itself, and counts. Every request ends once or the run ends here.
user::IoResult see_it_end(Stage& stage, Use& use, user::Request& request, const char* what, const std::string& device) {
  ++stage.counts().sent;
  machine::Time due = Machine::current().now() + kPatience;
  user::IoResult result = request.wait(&due);
  if (!request.done()) {
    ++use.cancelled;
    request.cancel();
    due = Machine::current().now() + kCancelPatience;
    result = request.wait(&due);
  }
  if (!request.done()) {
    ++stage.counts().lost;
    std::vector<std::string> details;
    for (const ntos::io::LiveIrp& live : ntos::io::live_irps())
      if (live.number == request.irp_number()) details = ntos::io::describe(live.irp);
    stage.fail("lost-request",
               fmt::format("irp#{}, a {} to {}, neither ends nor can be cancelled", request.irp_number(), what, device),
               std::move(details));
  }
  if (result.ok())
    ++stage.counts().completed;
  else
    ++stage.counts().failed;
  return result;
}

void use_device(Stage& stage, Use& use, DEVICE_OBJECT* device) {
  const std::string name = ntos::io::device_name(device);
  NTSTATUS status;
  user::File file = user::open(device, &status);
  if (!file) {
    use.refusals.push_back(fmt::format("{} refuses to be opened with {}", name, status_text(status)));
    return;
  }
  ++use.opened;
  std::vector<std::byte> data(kTransferBytes);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::byte>(i * 7 + 1);
  auto write = file.start_write(data);
  const user::IoResult wrote = see_it_end(stage, use, *write, "write", name);
  if (wrote.ok()) stage.bytes_moved += wrote.information;
  auto read = file.start_read(kTransferBytes);
  const user::IoResult got = see_it_end(stage, use, *read, "read", name);
  if (got.ok()) stage.bytes_moved += got.information;
  if (got.ok() && got.information > kTransferBytes)
    stage.fail("short-transfer",
               fmt::format("{} says it read {} bytes into a buffer of {}", name, got.information, kTransferBytes));
  // One that waits when its handle is closed.
  auto last = file.start_read(kTransferBytes);
  file.cancel_io();
  see_it_end(stage, use, *last, "read", name);
}

}  // namespace

void use_own_devices(Stage& stage) {
  Use use;
  std::vector<DEVICE_OBJECT*> devices;
  if (DRIVER_OBJECT* driver = stage.driver_object())
    for (DEVICE_OBJECT* device = driver->DeviceObject; device != nullptr; device = device->NextDevice)
      devices.push_back(device);
  std::reverse(devices.begin(), devices.end());  // in order of creation
  for (DEVICE_OBJECT* device : devices) {
    ++use.devices;
    use_device(stage, use, device);
  }
  if (use.devices == 0)
    stage.checked("it made no device");
  else
    stage.checked(fmt::format("{}, {} opened, {} cancelled{}", counted(use.devices, "device"), use.opened,
                              counted(use.cancelled, "request"),
                              use.refusals.empty() ? "" : "; " + fmt::format("{}", fmt::join(use.refusals, "; "))));
}

}  // namespace drydock::scenario
