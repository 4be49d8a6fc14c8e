#pragma once
// Every step a platform-level reset may take, as data. Rules: docs/contracts/reset.md, sections 3, 6 and 7.

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace drydock::ntos::pnp {

/// What holds for a platform-level reset between two steps.
enum class ResetState : std::uint8_t {
  Accepted,
  Waiting,     ///< for the interval before an attempt
  Asking,      ///< query-remove goes through the domain
  Removing,    ///< every stack has agreed or said that its device hangs
  Resetting,   ///< the reset method runs
  Rebuilding,  ///< the buses report the old devices missing and the new ones present
  Over,
};

/// What came back.
enum class ResetEvent : std::uint8_t {
  Requested,
  IntervalOver,
  Vetoed,
  VetoedTooOften,
  Agreed,
  StacksGone,
  MethodSucceeded,
  MethodFailed,
  Enumerated,
};

/// What the manager then does.
enum class ResetAction : std::uint8_t {
  wait_interval,
  ask_domain,
  call_off_and_wait,
  give_up,
  remove_those_that_agreed,
  run_method,
  have_domain_found_anew,
  leave_domain_out,
  finish,
};

std::string_view state_name(ResetState state);
std::string_view event_name(ResetEvent event);

struct ResetRow {
  ResetState from;
  ResetEvent on;
  ResetState becomes;
  ResetAction then;
  const char* rule;
};

// clang-format off
inline constexpr ResetRow kResetRows[] = {
    // in state              on                           becomes                 and the manager then                  rule
    {ResetState::Accepted,   ResetEvent::Requested,       ResetState::Waiting,    ResetAction::wait_interval,            "RST-046"},
    {ResetState::Waiting,    ResetEvent::IntervalOver,    ResetState::Asking,     ResetAction::ask_domain,               "RST-051"},
    {ResetState::Asking,     ResetEvent::Vetoed,          ResetState::Waiting,    ResetAction::call_off_and_wait,        "RST-058"},
    {ResetState::Asking,     ResetEvent::VetoedTooOften,  ResetState::Over,       ResetAction::give_up,                  "RST-059"},
    {ResetState::Asking,     ResetEvent::Agreed,          ResetState::Removing,   ResetAction::remove_those_that_agreed, "RST-054"},
    {ResetState::Removing,   ResetEvent::StacksGone,      ResetState::Resetting,  ResetAction::run_method,               "RST-119"},
    {ResetState::Resetting,  ResetEvent::MethodSucceeded, ResetState::Rebuilding, ResetAction::have_domain_found_anew,   "RST-042"},
    {ResetState::Resetting,  ResetEvent::MethodFailed,    ResetState::Over,       ResetAction::leave_domain_out,         "RST-107"},
    {ResetState::Rebuilding, ResetEvent::Enumerated,      ResetState::Over,       ResetAction::finish,                   "RST-108"},
};
// clang-format on

inline constexpr std::size_t kResetRowCount = std::size(kResetRows);

constexpr const ResetRow* find_row(ResetState state, ResetEvent event) {
  for (const ResetRow& row : kResetRows)
    if (row.from == state && row.on == event) return &row;
  return nullptr;
}

namespace detail {

constexpr bool no_event_has_two_answers() {
  for (std::size_t i = 0; i < kResetRowCount; ++i)
    for (std::size_t j = i + 1; j < kResetRowCount; ++j)
      if (kResetRows[i].from == kResetRows[j].from && kResetRows[i].on == kResetRows[j].on) return false;
  return true;
}

/// From every state some sequence of events ends the reset.
constexpr bool every_reset_ends() {
  std::uint32_t ends = 1u << static_cast<unsigned>(ResetState::Over);
  for (std::size_t round = 0; round < kResetRowCount; ++round)
    for (const ResetRow& row : kResetRows)
      if (ends >> static_cast<unsigned>(row.becomes) & 1) ends |= 1u << static_cast<unsigned>(row.from);
  return ends == (2u << static_cast<unsigned>(ResetState::Over)) - 1;
}

}  // namespace detail

static_assert(detail::no_event_has_two_answers());
static_assert(detail::every_reset_ends());

}  // namespace drydock::ntos::pnp
