#pragma once
// Bus reset as data (contract, section 7): every state, every event, what follows and which rules say so.

#include <array>
#include <cstddef>
#include <cstdint>

namespace drydock::port::scsiport {

enum class ResetState : std::uint8_t {
  Running,
  Resetting,  ///< the port calls HwScsiResetBus
  HoldOff,    ///< the bus rests; nothing is started
  Stopped,    ///< not started, stopped or powered down
  Failed,     ///< resets do not help; declared failed
};
inline constexpr unsigned kResetStateCount = static_cast<unsigned>(ResetState::Failed) + 1;

enum class ResetEvent : std::uint8_t {
  AdapterStarted,
  ResetWanted,            ///< overdue request, adapter not ready again, IOCTL
  ResetDetected,          ///< notified by the miniport
  ResetRequestCompleted,  ///< a RESET_BUS SRB came back, and not as INVALID_REQUEST
  RoutineReturned,        ///< HwScsiResetBus
  RequestArrives,
  SrbGivenBack,
  NextRequestNotified,  ///< or NextLuRequest
  ClockEnds,            ///< of the hold-off
  ResetsWithoutEnd,     ///< the eighth reset without a success between
  AdapterStopped,
};
inline constexpr unsigned kResetEventCount = static_cast<unsigned>(ResetEvent::AdapterStopped) + 1;

enum class ResetAction : std::uint8_t {
  nothing,
  open_queues,
  call_reset_bus,
  start_hold_off,
  restart_hold_off,
  start_request,
  queue_request,
  refuse_request,
  take_back,
  take_back_after_return,
  become_ready,
  remember_ready,
  end_hold_off,
  drop_hold_off,
  stop,
  fail_adapter,
};

struct ResetStates {
  std::uint32_t bits = 0;
  constexpr bool has(ResetState state) const { return bits >> static_cast<unsigned>(state) & 1; }
};
template <class... S>
constexpr ResetStates in(S... states) {
  return {((1u << static_cast<unsigned>(states)) | ...)};
}

struct ResetRow {
  ResetStates from;
  ResetEvent on;
  ResetState becomes;
  ResetAction then;
  const char* rules;
};

/// An event that a state drops, and why.
struct DroppedResetEvent {
  ResetStates from;
  ResetEvent on;
  const char* reason;
};

// clang-format off
namespace reset_rows {

using enum ResetState;
using enum ResetEvent;
using enum ResetAction;

inline constexpr ResetRow kResetRows[] = {
    // in state                    on                     becomes    and the port then       rules
    {in(Stopped),                  AdapterStarted,        Running,   open_queues,            "SP-052 SP-276"},

    {in(Running),                  ResetWanted,           Resetting, call_reset_bus,         "SP-153 SP-154 SP-155 SP-156 SP-163 SP-164"},
    {in(Running),                  ResetDetected,         HoldOff,   start_hold_off,         "SP-205 SP-206 SP-045"},
    {in(Running),                  ResetRequestCompleted, HoldOff,   start_hold_off,         "SP-214 SP-215"},
    {in(Running),                  RequestArrives,        Running,   start_request,          "SP-053 SP-055"},
    {in(Running),                  SrbGivenBack,          Running,   take_back,              "SP-119"},
    {in(Running),                  NextRequestNotified,   Running,   become_ready,           "SP-125 SP-126"},

    {in(Resetting),                SrbGivenBack,          Resetting, take_back_after_return, "SP-167 SP-102 SP-194 SP-199"},
    {in(Resetting),                ResetDetected,         Resetting, nothing,                "SP-175"},
    {in(Resetting),                NextRequestNotified,   Resetting, remember_ready,         "SP-173 SP-186"},
    {in(Resetting),                ResetRequestCompleted, Resetting, nothing,                "SP-214"},
    {in(Resetting),                RoutineReturned,       HoldOff,   start_hold_off,         "SP-180 SP-181 SP-192"},

    {in(HoldOff),                  RequestArrives,        HoldOff,   queue_request,          "SP-184 SP-185"},
    {in(HoldOff),                  NextRequestNotified,   HoldOff,   remember_ready,         "SP-186"},
    {in(HoldOff),                  SrbGivenBack,          HoldOff,   take_back,              "SP-187 SP-168"},
    {in(HoldOff),                  ResetDetected,         HoldOff,   restart_hold_off,       "SP-188"},
    {in(HoldOff),                  ResetRequestCompleted, HoldOff,   restart_hold_off,       "SP-188 SP-214"},
    {in(HoldOff),                  ResetWanted,           Resetting, call_reset_bus,         "SP-327"},
    {in(HoldOff),                  ClockEnds,             Running,   end_hold_off,           "SP-190 SP-191 SP-189 SP-349"},
    {in(HoldOff),                  AdapterStopped,        Stopped,   drop_hold_off,          "SP-276"},

    {in(Running, Resetting, HoldOff),
                                   ResetsWithoutEnd,      Failed,    fail_adapter,           "SP-193"},
    {in(Running, Failed),          AdapterStopped,        Stopped,   stop,                   "SP-269"},

    {in(Failed),                   RequestArrives,        Failed,    refuse_request,         "SP-193"},
    {in(Failed),                   SrbGivenBack,          Failed,    take_back,              "SP-193"},
    {in(Stopped),                  RequestArrives,        Stopped,   queue_request,          "SP-269"},
    {in(Stopped),                  SrbGivenBack,          Stopped,   take_back,              "SP-265"},
};

inline constexpr DroppedResetEvent kDroppedResetEvents[] = {
    {in(Running),                  ClockEnds,             "the clock was stopped while its DPC was under way"},
    {in(Resetting),                RequestArrives,        "it waits for the port lock, which is held until the routine has returned"},
    {in(Resetting),                ResetWanted,           "the port lock is held until the routine has returned"},
    {in(Resetting),                ClockEnds,             "the routine's return sets the clock anew"},
    {in(Stopped, Failed),          ClockEnds,             "the clock was stopped while its DPC was under way"},
    {in(Stopped, Failed),          ResetWanted,           "there is nothing left to reset for"},
    {in(Stopped, Failed),          ResetDetected,         "no request is started anyway"},
    {in(Stopped, Failed),          ResetRequestCompleted, "no request is started anyway"},
    {in(Stopped, Failed),          NextRequestNotified,   "a start makes the adapter ready of itself"},
    {in(Stopped, Failed),          RoutineReturned,       "the adapter was stopped or failed in the routine"},
    {in(Stopped),                  AdapterStopped,        "it is stopped"},
};

}  // namespace reset_rows
// clang-format on

using reset_rows::kDroppedResetEvents;
using reset_rows::kResetRows;

inline constexpr std::size_t kResetRowCount = std::size(kResetRows);
inline constexpr std::uint8_t kNoResetRow = 0xFF;
inline constexpr std::uint8_t kDroppedResetEvent = 0xFE;

namespace detail {

constexpr auto make_reset_index() {
  std::array<std::array<std::uint8_t, kResetEventCount>, kResetStateCount> index{};
  for (unsigned state = 0; state < kResetStateCount; ++state)
    for (unsigned event = 0; event < kResetEventCount; ++event) {
      index[state][event] = kNoResetRow;
      for (const DroppedResetEvent& row : kDroppedResetEvents)
        if (static_cast<unsigned>(row.on) == event && row.from.has(static_cast<ResetState>(state)))
          index[state][event] = kDroppedResetEvent;
      for (std::size_t i = 0; i < kResetRowCount; ++i)
        if (static_cast<unsigned>(kResetRows[i].on) == event && kResetRows[i].from.has(static_cast<ResetState>(state)))
          index[state][event] = static_cast<std::uint8_t>(i);
    }
  return index;
}

constexpr bool at_most_one_row_answers() {
  for (std::size_t i = 0; i < kResetRowCount; ++i)
    for (std::size_t j = i + 1; j < kResetRowCount; ++j)
      if (kResetRows[i].on == kResetRows[j].on && (kResetRows[i].from.bits & kResetRows[j].from.bits)) return false;
  return true;
}

constexpr bool no_row_is_dropped() {
  for (const DroppedResetEvent& dropped : kDroppedResetEvents)
    for (const ResetRow& row : kResetRows)
      if (row.on == dropped.on && (row.from.bits & dropped.from.bits)) return false;
  return true;
}

/// From every state some sequence of events leads to `goal`.
constexpr bool every_state_reaches(ResetState goal) {
  std::uint32_t reached = 1u << static_cast<unsigned>(goal);
  for (unsigned round = 0; round < kResetStateCount; ++round)
    for (const ResetRow& row : kResetRows)
      if (reached >> static_cast<unsigned>(row.becomes) & 1) reached |= row.from.bits;
  return reached == (1u << kResetStateCount) - 1;
}

constexpr bool every_state_answers(ResetEvent event) {
  std::uint32_t answered = 0;
  for (const ResetRow& row : kResetRows)
    if (row.on == event) answered |= row.from.bits;
  for (const DroppedResetEvent& row : kDroppedResetEvents)
    if (row.on == event) answered |= row.from.bits;
  return answered == (1u << kResetStateCount) - 1;
}

}  // namespace detail

/// Row by state and event; kDroppedResetEvent, or kNoResetRow for what cannot happen.
inline constexpr auto kResetIndex = detail::make_reset_index();

static_assert(detail::at_most_one_row_answers());                 // no state answers an event twice
static_assert(detail::no_row_is_dropped());                       // nor answers and drops it
static_assert(detail::every_state_reaches(ResetState::Running));  // no adapter stays held for ever
static_assert(detail::every_state_reaches(ResetState::Stopped));
static_assert(detail::every_state_answers(ResetEvent::RequestArrives));  // a request may come at any moment
static_assert(detail::every_state_answers(ResetEvent::SrbGivenBack));    // and so may a completion,
static_assert(detail::every_state_answers(ResetEvent::ResetDetected));   // a notification,
static_assert(detail::every_state_answers(ResetEvent::NextRequestNotified));
static_assert(detail::every_state_answers(ResetEvent::ResetWanted));  // an IOCTL
static_assert(detail::every_state_answers(ResetEvent::ClockEnds));    // and a timer that could not be stopped

const char* state_name(ResetState state);
const char* event_name(ResetEvent event);
const char* action_name(ResetAction action);

}  // namespace drydock::port::scsiport
