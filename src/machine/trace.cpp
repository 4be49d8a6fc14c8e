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
constexpr std::string_view kDetailNames[] = {"dpc-end",        "irp-parameters", "srb-contents",
                                            "srb-given-back", "adapter-state",  "decision"};

}  // namespace

std::string_view event_name(Event event) {
  static_assert(std::size(kNames) == static_cast<std::size_t>(Event::ScenarioStep) + 1);
  constexpr auto kFirstDetail = static_cast<std::size_t>(Event::DpcEnd);
  static_assert(std::size(kDetailNames) == static_cast<std::size_t>(Event::Decision) + 1 - kFirstDetail);
  if (is_detail(event)) return kDetailNames[static_cast<std::size_t>(event) - kFirstDetail];
  return kNames[static_cast<std::size_t>(event)];
}

std::string_view Trace::name_of(Thing thing, std::uint64_t number) const {
  const auto found = names_.find({thing, number});
  return found == names_.end() ? std::string_view() : std::string_view(found->second);
}

void Trace::note(Time at, unsigned processor, std::string_view text) {
  if (keep_) notes_.push_back({at, processor, records_.size(), std::string(text)});
}

std::uint64_t Trace::digest_value() const { return fold(hash_[0] ^ count_, hash_[1] ^ 0x9FB21C651E98DF25u); }

std::string Trace::digest() const { return fmt::format("{:016x}", digest_value()); }

}  // namespace drydock::machine
