#include "port/scsiport/settings.h"

namespace drydock::port::scsiport {

bool set(Settings& settings, std::string_view name, std::int64_t value) {
  const auto duration = machine::Duration{value};
  if (name == "scsiport.reset_holdoff") return settings.reset_holdoff = duration, true;
  if (name == "scsiport.request_timeout") return settings.request_timeout = duration, true;
  if (name == "scsiport.timer_resolution") return settings.timer_resolution = duration, true;
  if (name == "scsiport.initiator_bus_id") return settings.initiator_bus_id = value, true;
  if (name == "scsiport.uncached_extension_max") return settings.uncached_extension_max = value, true;
  if (name == "scsiport.dma64") return settings.dma64 = value, true;
  if (name == "scsiport.verify") return settings.verify = value != 0, true;
  if (name == "scsiport.guard_requests") return settings.guard_requests = value != 0, true;
  return false;
}

}  // namespace drydock::port::scsiport
