#include "report/hardware_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "report/table.h"

namespace drydock::report {

std::string hardware_text(const scenario::HardwareUse& use, const Look& look) {
  if (!use.is_qemu) return {};
  std::string text = fmt::format("QEMU: {} round trips, {} posted writes\n", grouped(use.round_trips), grouped(use.posted));
  if (use.ended)
    text += look.paint(Tone::Bad, fmt::format("QEMU {} {} after switch-on", use.stood_still ? "stood still from" : "ended",
                                              short_time(use.ended_at))) +
            ": what was found after that may come of it\n";
  for (std::size_t at = 0; at < use.said.size();) {
    const std::size_t end = std::min(use.said.find('\n', at), use.said.size());
    if (end != at) text += look.paint(Tone::Warn, "QEMU said: ") + use.said.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return text;
}

}  // namespace drydock::report
