#include "scenario/toolbox_load.h"

#include <cstring>

#include <fmt/format.h>

#include "nt/status.h"

namespace drydock::scenario {

namespace user = ntos::io::user;

namespace {

constexpr std::string_view kToolboxClass = "{2a1f6c58-77d3-4e0b-a6a5-90c8d1b3e742}";
constexpr std::string_view kToolClass = "{c4e59b07-1b86-4d5c-8f3a-62a70e94d1f5}";

constexpr std::uint32_t control(std::uint32_t function) {
  return 0x2Au << 16 | function << 2;
}
constexpr std::uint32_t kControls[] = {control(0x800), control(0x801), control(0x802), control(0x803)};
constexpr std::uint32_t kUse = control(0x810);
constexpr std::string_view kNames[] = {"putting a tool into", "taking the tool out of", "ejecting the tool in",
                                       "looking into"};

struct ToolState {
  std::uint32_t slot, uses;
};

bool is_of_class(const OpenInterface& interface, std::string_view wanted) {
  std::string lower = interface.name;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower.find(wanted) != std::string::npos;
}

}  // namespace

bool ToolboxSource::understands(const OpenInterface& interface) {
  return is_of_class(interface, kToolboxClass);
}

std::unique_ptr<SentRequest> ToolboxSource::send(RandomStream& random) {
  auto call = std::make_unique<Call>();
  call->kind = static_cast<Kind>(random.below(4));
  const std::uint32_t code = kControls[static_cast<unsigned>(call->kind)];
  if (call->kind == Kind::Query) {
    call->changes = changes_;
    call->request = interface_.file.start_ioctl(code, {}, sizeof(std::uint32_t));
    return call;
  }
  call->slot = kFirstSlot + random.below(kSlots - kFirstSlot);
  if (changes_[call->slot] % 2 != 0) return nullptr;
  ++changes_[call->slot];
  call->request = interface_.file.start_ioctl(code, std::as_bytes(std::span(&call->slot, 1)), 0);
  return call;
}

/// What the slot is now; and it was not `contradiction`.
void ToolboxSource::settle(Slot now, const Call& call, Slot contradiction, const user::IoResult& result) {
  if (slots_[call.slot] == contradiction)
    stage_.fail("wrong-answer", fmt::format("{} ended with {}, and the slot was {} before", describe(call),
                                            status_text(result.status),
                                            contradiction == Slot::Filled ? "filled" : "empty"));
  slots_[call.slot] = now;
}

void ToolboxSource::check_query(const Call& call) {
  std::uint32_t filled;
  std::memcpy(&filled, call.request->data().data(), sizeof filled);
  for (unsigned slot = kFirstSlot; slot < kSlots; ++slot) {
    const bool known = slots_[slot] != Slot::Unknown && changes_[slot] % 2 == 0 && changes_[slot] == call.changes[slot];
    if (known && (slots_[slot] == Slot::Filled) != ((filled >> slot & 1) != 0))
      stage_.fail("wrong-answer", fmt::format("slot {} is said to be {}, and it is not", slot,
                                              filled >> slot & 1 ? "filled" : "empty"));
  }
}

void ToolboxSource::ended(SentRequest& sent, const user::IoResult& result) {
  const auto& call = static_cast<const Call&>(sent);
  if (call.kind == Kind::Query) {
    if (result.ok()) check_query(call);
    return;
  }
  ++changes_[call.slot];
  if (!result.ok() && !is_an_answer(result.status)) {
    slots_[call.slot] = Slot::Unknown;
  } else if (call.kind == Kind::PutIn) {
    // What is in the way may be on its way out.
    settle(result.ok() ? Slot::Filled : slots_[call.slot], call, result.ok() ? Slot::Filled : Slot::Empty, result);
  } else if (!result.ok()) {
    settle(Slot::Empty, call, Slot::Filled, result);
  } else {
    // Whether it will be let go is not known yet.
    settle(call.kind == Kind::Eject ? Slot::Unknown : Slot::Empty, call, Slot::Empty, result);
  }
}

std::string ToolboxSource::describe(const SentRequest& sent) const {
  const auto& call = static_cast<const Call&>(sent);
  if (call.kind == Kind::Query) return "looking into the slots of a toolbox";
  return fmt::format("{} slot {} of a toolbox", kNames[static_cast<unsigned>(call.kind)], call.slot);
}

bool ToolboxSource::is_an_answer(nt::NTSTATUS status) const {
  return status == nt::STATUS_NOT_FOUND || status == nt::STATUS_OBJECT_NAME_COLLISION;
}

bool ToolSource::understands(const OpenInterface& interface) {
  return is_of_class(interface, kToolClass);
}

std::unique_ptr<SentRequest> ToolSource::send(RandomStream&) {
  auto sent = std::make_unique<SentRequest>();
  sent->request = interface_.file.start_ioctl(kUse, {}, sizeof(ToolState));
  return sent;
}

void ToolSource::ended(SentRequest& sent, const user::IoResult& result) {
  if (!result.ok()) return;
  ToolState state;
  std::memcpy(&state, sent.request->data().data(), sizeof state);
  if (result.information != sizeof state || state.uses == 0)
    stage_.fail("wrong-data", fmt::format("{} gave {} bytes and {} uses", describe(sent), result.information,
                                          state.uses));
}

std::string ToolSource::describe(const SentRequest&) const {
  return fmt::format("a use of the tool of devnode#{}", interface_.devnode);
}

bool ToolSource::is_an_answer(nt::NTSTATUS status) const {
  return status == nt::STATUS_NO_SUCH_DEVICE || status == nt::STATUS_DELETE_PENDING ||
         status == nt::STATUS_INVALID_DEVICE_STATE || status == nt::STATUS_CANCELLED;
}

}  // namespace drydock::scenario
