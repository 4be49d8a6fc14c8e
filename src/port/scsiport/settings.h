#pragma once
// What a board or a test may choose about the port driver. The names are those of [settings] in a board's file.

#include <cstdint>
#include <string_view>

#include "machine/time.h"

namespace drydock::port::scsiport {

using namespace std::chrono_literals;

struct Settings {
  /// SP-181: rest after a bus reset.
  machine::Duration reset_holdoff = 4s;
  /// SP-226: what TimeOutValue 0 means.
  machine::Duration request_timeout = 10s;
  /// SP-136: HwScsiTimer fires at the next multiple of it.
  machine::Duration timer_resolution = 10ms;
  /// SP-025: InitiatorBusId before HwScsiFindAdapter.
  std::int64_t initiator_bus_id = 0xFF;
  /// SP-303: largest uncached extension in bytes; 0 for no limit.
  std::int64_t uncached_extension_max = 0;
  /// SP-026: Dma64BitAddresses arrives as 0x80; -1 lets the machine's memory decide.
  std::int64_t dma64 = -1;
  /// Section 14: raise Windows' stops. Off: findings, and the run goes on.
  bool verify = true;
  /// SP-357: each request in pages of its own that the miniport loses at completion.
  bool guard_requests = false;
};

/// False if there is no setting of that name ("scsiport.reset_holdoff"); durations in ns.
bool set(Settings& settings, std::string_view name, std::int64_t value);

}  // namespace drydock::port::scsiport
