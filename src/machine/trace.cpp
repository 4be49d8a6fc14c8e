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

std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
  auto product = static_cast<unsigned __int128>(hash ^ word) * 0x9FB21C651E98DF25u;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64) ^ (word << 7);
}

}  // namespace

std::string_view event_name(Event event) {
  static_assert(std::size(kNames) == static_cast<std::size_t>(Event::ScenarioStep) + 1);
  return kNames[static_cast<std::size_t>(event)];
}

void Trace::add(Time at, unsigned processor, Event event, std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  std::uint64_t head = static_cast<std::uint64_t>(at.count()) << 13 ^ processor << 8 ^ static_cast<std::uint64_t>(event);
  hash_[0] = mix(mix(hash_[0], head), a);
  hash_[1] = mix(mix(hash_[1], b), c ^ hash_[0]);
  ++count_;
  if (keep_) records_.push_back({at, event, static_cast<std::uint8_t>(processor), a, b, c});
}

void Trace::note(Time at, unsigned processor, std::string_view text) {
  if (keep_) notes_.push_back({at, processor, records_.size(), std::string(text)});
}

std::uint64_t Trace::digest_value() const { return mix(hash_[0], hash_[1]); }

std::string Trace::digest() const { return fmt::format("{:016x}", digest_value()); }

}  // namespace drydock::machine
