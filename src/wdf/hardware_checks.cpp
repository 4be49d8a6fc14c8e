#include "wdf/hardware_checks.h"

#include <fmt/format.h>

#include "wdf/device.h"
#include "wdf/misuse.h"

namespace drydock::wdf {

void check_status(const Device& device, NTSTATUS status, const char* callback) {
  if (status != STATUS_NOT_SUPPORTED) return;
  record("WDF-456", "not-supported-returned",
         fmt::format("{} of {} returned STATUS_NOT_SUPPORTED, which it may not", callback, describe(device)));
}

void check_mappings_after_release(const Device&) {}

HardwareGuard::HardwareGuard(Device& device, const char* callback)
    : before_(machine::Machine::current().register_traps()), device_(device), callback_(callback) {}

HardwareGuard::~HardwareGuard() {
  const std::uint64_t touched = machine::Machine::current().register_traps() - before_;
  if (touched == 0) return;
  record("WDF-446", "hardware-touched-after-release",
         fmt::format("registers are accessed {} time{} while {} of {} runs, which may not touch the device", touched,
                     touched == 1 ? "" : "s", callback_, describe(device_)));
}

}  // namespace drydock::wdf
