#include "ntos/pnp/arbiter.h"

#include <algorithm>

#include "machine/processor.h"
#include "nt/resource.h"

namespace drydock::ntos::pnp {

namespace {

constexpr unsigned kLines = 24;
/// A list longer than this is placed without going back on earlier choices.
constexpr std::size_t kBacktrackMax = 12;

bool overlap(const Resource& a, std::uint64_t start, std::uint64_t length) {
  return a.start < start + length && start < a.start + a.length;
}

/// A window is passed on to the devices behind it: it is no obstacle.
bool is_window(const Resource& resource) {
  switch (resource.kind) {
    case ResourceKind::Memory:
      return resource.flags & nt::CM_RESOURCE_MEMORY_WINDOW_DECODE;
    case ResourceKind::Port:
      return resource.flags & nt::CM_RESOURCE_PORT_WINDOW_DECODE;
    case ResourceKind::BusNumber:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool Arbiter::assign(Owner owner, const Requirements& requirements, const std::vector<Resource>& avoid,
                     std::vector<Resource>& assigned) {
  for (const std::vector<Resource>* others : {&avoid, static_cast<const std::vector<Resource>*>(nullptr)}) {
    if (others && others->empty()) continue;
    const std::vector<Resource> nothing;
    for (const auto& list : requirements.lists) {
      std::vector<Resource> placed;
      if (!place_all(owner, list, 0, others ? *others : nothing, placed)) continue;
      if (!translate(placed)) continue;
      for (const Resource& each : placed)
        if (each.kind != ResourceKind::DevicePrivate && each.kind != ResourceKind::ConfigData)
          claims_.push_back({owner, each});
      assigned = std::move(placed);
      return true;
    }
  }
  return false;
}

bool Arbiter::place_all(Owner owner, const std::vector<Requirement>& list, std::size_t index,
                        const std::vector<Resource>& avoid, std::vector<Resource>& assigned) {
  if (index == list.size()) return true;
  std::vector<const Alternative*> order;
  for (bool preferred : {true, false})
    for (const Alternative& each : list[index].alternatives)
      if (each.preferred == preferred) order.push_back(&each);
  for (const Alternative* wanted : order) {
    Resource result;
    if (!place(owner, *wanted, assigned, avoid, result)) continue;
    assigned.push_back(result);
    if (place_all(owner, list, index + 1, avoid, assigned)) return true;
    assigned.resize(index);
    if (list.size() > kBacktrackMax) return false;
  }
  return false;
}

bool Arbiter::place(Owner, const Alternative& wanted, const std::vector<Resource>& placed,
                    const std::vector<Resource>& avoid, Resource& result) const {
  result = {.kind = wanted.kind, .shared = wanted.shared, .flags = wanted.flags};
  switch (wanted.kind) {
    case ResourceKind::Memory:
    case ResourceKind::Port:
    case ResourceKind::BusNumber:
      return place_range(wanted, placed, avoid, result);
    case ResourceKind::Line:
      return place_line(wanted, placed, result);
    case ResourceKind::Message:
      result.messages = std::max(1u, wanted.messages);
      return result.messages == 1;
    case ResourceKind::DevicePrivate:
      std::copy(std::begin(wanted.data), std::end(wanted.data), result.data);
      return true;
    case ResourceKind::ConfigData:
      return true;
  }
  return false;
}

bool Arbiter::place_range(const Alternative& wanted, const std::vector<Resource>& placed,
                          const std::vector<Resource>& avoid, Resource& result) const {
  if (wanted.length == 0) return false;
  std::uint64_t start = wanted.minimum;
  while (true) {
    start = (start + wanted.alignment - 1) / wanted.alignment * wanted.alignment;
    if (start < wanted.minimum || wanted.length - 1 > wanted.maximum || start > wanted.maximum - (wanted.length - 1))
      return false;
    const Resource* obstacle = nullptr;
    auto look = [&](const Resource& other, bool may_share) {
      if (other.kind != wanted.kind || !overlap(other, start, wanted.length) || is_window(other)) return;
      if (may_share && wanted.shared && other.shared) return;
      if (!obstacle || other.start + other.length > obstacle->start + obstacle->length) obstacle = &other;
    };
    for (const Claim& claim : claims_) look(claim.resource, true);
    for (const Resource& other : placed) look(other, true);
    for (const Resource& other : avoid) look(other, false);
    if (!obstacle) break;
    start = obstacle->start + obstacle->length;
  }
  result.start = start;
  result.length = wanted.length;
  return true;
}

bool Arbiter::place_line(const Alternative& wanted, const std::vector<Resource>& placed, Resource& result) const {
  unsigned fewest_sharers = ~0u;
  for (std::uint64_t line = wanted.minimum; line <= wanted.maximum && line < kLines; ++line) {
    unsigned sharers = 0;
    bool taken = false;
    auto look = [&](const Resource& other) {
      if (other.kind != ResourceKind::Line || other.start != line) return;
      ++sharers;
      taken |= !(wanted.shared && other.shared);
    };
    for (const Claim& claim : claims_) look(claim.resource);
    for (const Resource& other : placed) look(other);
    if (taken || sharers >= fewest_sharers) continue;
    fewest_sharers = sharers;
    result.start = line;
    result.length = 1;
  }
  return fewest_sharers != ~0u;
}

void Arbiter::reserve(Owner owner, const std::vector<Resource>& resources) {
  for (const Resource& each : resources) claims_.push_back({owner, each});
}

void Arbiter::release(Owner owner) {
  std::vector<Resource> given_back;
  std::erase_if(claims_, [&](const Claim& claim) {
    if (claim.owner != owner) return false;
    given_back.push_back(claim.resource);
    return true;
  });
  untranslate(given_back);
}

bool Arbiter::claim(Owner owner, const std::vector<Resource>& resources) {
  for (const Claim& other : claims_) {
    if (other.owner == owner || is_window(other.resource)) continue;
    for (const Resource& each : resources)
      if (each.kind == other.resource.kind && !(each.shared && other.resource.shared) &&
          overlap(other.resource, each.start, std::max<std::uint64_t>(each.length, 1)))
        return false;
  }
  release(owner);
  reserve(owner, resources);
  return true;
}

bool translate(std::vector<Resource>& resources) {
  for (std::size_t i = 0; i < resources.size(); ++i) {
    Resource& each = resources[i];
    if (each.kind == ResourceKind::Line) each.vector = machine::vector_of_line(static_cast<unsigned>(each.start));
    if (each.kind == ResourceKind::Message) {
      each.vector = machine::allocate_message_vector();
      if (each.vector == 0) {
        untranslate({resources.begin(), resources.begin() + static_cast<std::ptrdiff_t>(i)});
        return false;
      }
    }
    if (each.kind == ResourceKind::Line || each.kind == ResourceKind::Message) {
      each.irql = machine::irql_of_vector(each.vector);
      each.affinity = (1ull << machine::processor_count()) - 1;
    }
  }
  return true;
}

void untranslate(const std::vector<Resource>& resources) {
  for (const Resource& each : resources)
    if (each.kind == ResourceKind::Message && each.vector != 0) machine::free_message_vector(each.vector);
}

}  // namespace drydock::ntos::pnp
