#pragma once
// What the I/O manager keeps in a machine.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "machine/finding.h"
#include "nt/device_object.h"
#include "nt/irp.h"
#include "ntos/io/error_log.h"
#include "ntos/io/irp_ledger.h"
#include "ntos/kernel.h"

namespace drydock::ntos::io {

struct DriverRecord;
struct ConnectedInterrupt;

struct State {
  IrpLedger irps;

  nt::KSPIN_LOCK cancel_lock = 0;

  std::vector<std::unique_ptr<DriverRecord>> drivers;  ///< by driver number - 1; null once deleted
  std::vector<std::unique_ptr<ConnectedInterrupt>> interrupts;
  std::vector<nt::DEVICE_OBJECT*> shutdown_devices;         ///< last registered is told first
  std::vector<nt::DEVICE_OBJECT*> last_chance_devices;
  std::vector<ErrorLogEvent> error_log;
  std::uint32_t error_log_sequence = 0;

  nt::CONFIGURATION_INFORMATION* configuration = nullptr;  ///< in pool, drivers change it
  std::uint32_t work_items_queued = 0;  ///< now, of IoQueueWorkItem
};

inline State& state() { return *kernel().io; }

}  // namespace drydock::ntos::io
