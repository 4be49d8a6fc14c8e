#include "machine/trace.h"

#include <fmt/format.h>

namespace drydock::machine {
namespace {

constexpr std::string_view kNames[] = {
    "thread",       "interrupt",    "interrupt-exit", "dpc",          "reg-read",      "reg-write",     "port-read",
    "port-write",   "irp-sent",     "irp-completed",  "srb-started",  "srb-completed", "miniport-call", "miniport-return",
    "notification", "devnode",      "power",          "device-reset", "unplugged",     "image-loaded",  "image-unloaded",
    "finding",      "bug-check",    "step",
};

}  // namespace

std::string_view event_name(Event event) {
  static_assert(std::size(kNames) == static_cast<std::size_t>(Event::ScenarioStep) + 1);
  return kNames[static_cast<std::size_t>(event)];
}

void Trace::note(Time at, unsigned processor, std::string_view text) {
  if (keep_) notes_.push_back({at, processor, records_.size(), std::string(text)});
}

std::uint64_t Trace::digest_value() const { return fold(hash_[0] ^ count_, hash_[1] ^ 0x9FB21C651E98DF25u); }

std::string Trace::digest() const { return fmt::format("{:016x}", digest_value()); }

}  // namespace drydock::machine
