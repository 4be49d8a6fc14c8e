#pragma once
// The power policy machine of a device: when its stack is in D0 and when not (contract, sections 5 and 9). Only the
// power policy owner asks for transitions; another driver follows the requests that pass it, and is Following.

#include "wdf/machine_table.h"

namespace drydock::wdf {

// clang-format off
#define WDF_POLICY_STATES(X)                                                                                         \
  X(Off)                                                                                                             \
  X(Starting)          /* implicit D0 under way */                                                                   \
  X(Working)                                                                                                         \
  X(GoingIdle)         /* Dx asked for, because nothing is to do */                                                  \
  X(Idle)                                                                                                            \
  X(LeavingIdle)       /* D0 asked for */                                                                            \
  X(LeavingToHold)     /* because a query wants the device in D0 */                                                  \
  X(LeavingToStop)     /* because it is to be stopped or removed in order */                                         \
  X(DecidingSleep)     /* idle, and the system goes to sleep */                                                      \
  X(LeavingToSleep)                                                                                                  \
  X(GoingAsleep)                                                                                                     \
  X(Asleep)                                                                                                          \
  X(DecidingWake)                                                                                                    \
  X(Waking)                                                                                                          \
  X(StartingToFollow) X(Following)                                                                                   \
  X(Stopping)          /* implicit D3 under way */                                                                   \
  X(Failed)            /* waits to be removed */

#define WDF_POLICY_EVENTS(X)                                                                                         \
  X(StartWanted) X(FollowWanted) X(StopWanted) X(SurpriseWanted) X(HoldWanted) X(HoldReleased)                       \
  X(PoweredUp) X(PowerUpFailed) X(PoweredDown) X(PowerDownFailed) X(RequestFailed)                                   \
  X(IdleTimedOut) X(PowerNeeded) X(WakeEnded) X(SystemSleeps) X(SystemWakes) X(ComesUp) X(StaysDown)

#define WDF_POLICY_ACTIONS(X)                                                                                        \
  X(nothing) X(start_power) X(tell_started) X(tell_start_failed) X(go_idle) X(settle_idle) X(request_d0)             \
  X(resume_work) X(confirm_hold) X(confirm_hold_failed) X(refuse_hold) X(release_hold) X(stop_power) X(tell_stopped) \
  X(tell_stop_failed) X(tell_failed) X(decide_sleep) X(go_asleep) X(settle_asleep) X(decide_wake) X(finish_wake)     \
  X(note_wake) X(watch_idleness) X(follow_started) X(undo_idle) X(sleep_failed) X(pass_system)

#define X(name) name,
enum class PolicyState : std::uint8_t { WDF_POLICY_STATES(X) Count };
enum class PolicyEvent : std::uint8_t { WDF_POLICY_EVENTS(X) };
enum class PolicyAction : std::uint8_t { WDF_POLICY_ACTIONS(X) };
#undef X
inline constexpr std::size_t kPolicyStates = static_cast<std::size_t>(PolicyState::Count);

namespace policy_rows {

using enum PolicyState;
using enum PolicyEvent;
using enum PolicyAction;
inline constexpr PolicyState kStay = Count;
using PolicyRow = Row<PolicyState, PolicyEvent, PolicyAction>;
using PolicyException = Exception<PolicyState, PolicyEvent>;

inline constexpr PolicyRow kRows[] = {
    // in state                 on               becomes           and the machine then   rule
    {in(Off),                   StartWanted,     Starting,         start_power,           "WDF-058"},
    {in(Starting),              PoweredUp,       Working,          tell_started,          "WDF-071"},
    {in(Starting),              PowerUpFailed,   Off,              tell_start_failed,     "WDF-187"},

    {in(Working),               IdleTimedOut,    GoingIdle,        go_idle,               "WDF-087"},
    {in(GoingIdle),             PoweredDown,     Idle,             settle_idle,           "WDF-079"},
    {in(GoingIdle),             PowerDownFailed, Failed,           tell_failed,           "WDF-209"},
    {in(GoingIdle),             RequestFailed,   Working,          undo_idle,             "WDF-087"},
    {in(Idle),                  PowerNeeded,     LeavingIdle,      request_d0,            "WDF-088"},
    {in(Idle),                  WakeEnded,       LeavingIdle,      request_d0,            "WDF-098"},
    {in(LeavingIdle),           PoweredUp,       Working,          resume_work,           "WDF-080"},
    {in(LeavingIdle),           PowerUpFailed,   Failed,           tell_failed,           "WDF-190"},
    {in(LeavingIdle),           RequestFailed,   Failed,           tell_failed,           "WDF-190"},
    {in(Working),               PowerNeeded,     kStay,            watch_idleness,        "WDF-087"},

    {in(Working),               HoldWanted,      kStay,            confirm_hold,          "WDF-109"},
    {in(Idle),                  HoldWanted,      LeavingToHold,    request_d0,            "WDF-109"},
    {in(LeavingToHold),         PoweredUp,       Working,          confirm_hold,          "WDF-127"},
    {in(LeavingToHold),         PowerUpFailed,   Failed,           confirm_hold_failed,   "WDF-190"},
    {in(LeavingToHold),         RequestFailed,   Failed,           confirm_hold_failed,   "WDF-190"},
    {in(Failed),                HoldWanted,      kStay,            refuse_hold,           "WDF-109"},
    {in(Following, Asleep),     HoldWanted,      kStay,            confirm_hold,          "WDF-109"},
    {in(Working, Following, Failed, Off, Asleep),
                                HoldReleased,    kStay,            release_hold,          "WDF-111"},

    {in(Working),               StopWanted,      Stopping,         stop_power,            "WDF-112"},
    {in(Idle),                  StopWanted,      LeavingToStop,    request_d0,            "WDF-132"},
    {in(LeavingToStop),         PoweredUp,       Stopping,         stop_power,            "WDF-132"},
    {in(LeavingToStop),         PowerUpFailed,   Off,              tell_stopped,          "WDF-190"},
    {in(LeavingToStop),         RequestFailed,   Stopping,         stop_power,            "WDF-132"},
    {in(Following, Asleep),     StopWanted,      Stopping,         stop_power,            "WDF-083"},
    {in(Working, Idle, Asleep, Following),
                                SurpriseWanted,  Stopping,         stop_power,            "WDF-148"},
    {in(Stopping),              PoweredDown,     Off,              tell_stopped,          "WDF-112"},
    {in(Stopping),              PowerDownFailed, Off,              tell_stop_failed,      "WDF-210"},
    {in(Failed, Off),           StopWanted,      Off,              tell_stopped,          "WDF-190"},
    {in(Failed, Off),           SurpriseWanted,  Off,              tell_stopped,          "WDF-191"},

    {in(Working),               SystemSleeps,    GoingAsleep,      go_asleep,             "WDF-079"},
    {in(GoingAsleep),           PoweredDown,     Asleep,           settle_asleep,         "WDF-079"},
    {in(GoingAsleep),           PowerDownFailed, Failed,           sleep_failed,          "WDF-208"},
    {in(GoingAsleep),           RequestFailed,   Asleep,           settle_asleep,         "WDF-208"},
    {in(Idle),                  SystemSleeps,    DecidingSleep,    decide_sleep,          "WDF-504"},
    {in(DecidingSleep),         ComesUp,         LeavingToSleep,   request_d0,            "WDF-504"},
    {in(DecidingSleep),         StaysDown,       Asleep,           settle_asleep,         "WDF-504"},
    {in(LeavingToSleep),        PoweredUp,       GoingAsleep,      go_asleep,             "WDF-504"},
    {in(LeavingToSleep),        PowerUpFailed,   Failed,           sleep_failed,          "WDF-190"},
    {in(LeavingToSleep),        RequestFailed,   Failed,           sleep_failed,          "WDF-190"},
    {in(Asleep),                SystemWakes,     DecidingWake,     decide_wake,           "WDF-107"},
    {in(DecidingWake),          ComesUp,         Waking,           request_d0,            "WDF-107"},
    {in(DecidingWake),          StaysDown,       Idle,             finish_wake,           "WDF-107"},
    {in(Waking),                PoweredUp,       Working,          finish_wake,           "WDF-080"},
    {in(Waking),                PowerUpFailed,   Failed,           tell_failed,           "WDF-190"},
    {in(Waking),                RequestFailed,   Failed,           tell_failed,           "WDF-190"},
    {in(Asleep),                WakeEnded,       kStay,            note_wake,             "WDF-097"},

    {in(Off),                   FollowWanted,    StartingToFollow, start_power,           "WDF-105"},
    {in(StartingToFollow),      PoweredUp,       Following,        follow_started,        "WDF-105"},
    {in(StartingToFollow),      PowerUpFailed,   Off,              tell_start_failed,     "WDF-187"},
    {in(Following),             PoweredUp,       kStay,            nothing,               "WDF-105"},
    {in(Following),             PoweredDown,     kStay,            nothing,               "WDF-105"},
    {in(Following),             PowerUpFailed,   Failed,           tell_failed,           "WDF-190"},
    {in(Following),             PowerDownFailed, Failed,           tell_failed,           "WDF-209"},
    {in(Off, Failed, Following, Working),
                                SystemWakes,     kStay,            pass_system,           "WDF-105"},
    {in(Off, Failed, Following),
                                SystemSleeps,    kStay,            pass_system,           "WDF-105"},
};

/// Transitions end before anything else is looked at; what they wait for comes from the power machine.
inline constexpr auto kInTransition = in(Starting, GoingIdle, LeavingIdle, LeavingToHold, LeavingToStop, LeavingToSleep,
                                         GoingAsleep, Waking, StartingToFollow, Stopping);
inline constexpr PolicyException kDeferred[] = {
    {kInTransition, StopWanted, "a transition ends first"},
    {kInTransition, SurpriseWanted, "a transition ends first (WDF-170)"},
    {kInTransition, HoldWanted, "a transition ends first"},
    {kInTransition, HoldReleased, "a transition ends first"},
    {kInTransition, PowerNeeded, "a transition ends first"},
    {kInTransition, SystemSleeps, "a transition ends first"},
    {kInTransition, SystemWakes, "a transition ends first"},
};

inline constexpr States<PolicyState> all_but(States<PolicyState> states) {
  return {((1ull << kPolicyStates) - 1) & ~states.bits};
}

inline constexpr PolicyException kDropped[] = {
    {all_but(in(Working)), IdleTimedOut, "the timer was set in D0, which has been left since"},
    {all_but({in(Working, Idle).bits | kInTransition.bits}), PowerNeeded, "the device is coming up, or will not"},
    {all_but(in(Idle, Asleep)), WakeEnded, "the device is in D0, or on its way there"},
    {all_but(in(Starting, LeavingIdle, LeavingToHold, LeavingToStop, LeavingToSleep, Waking, StartingToFollow, Following)),
     PoweredUp, "a request that somebody else sent"},
    {all_but(in(GoingIdle, GoingAsleep, Stopping, Following)), PoweredDown, "a request that somebody else sent"},
    {all_but(in(GoingIdle, GoingAsleep, LeavingIdle, LeavingToHold, LeavingToStop, LeavingToSleep, Waking)),
     RequestFailed, "the transition has ended already"},
};

}  // namespace policy_rows
// clang-format on

struct PolicyTable {
  using State = PolicyState;
  using Event = PolicyEvent;
  using Action = PolicyAction;
  static constexpr const char* kName = "power policy";
  static constexpr const char* kFile = "wdf/policy_table.h";
  static constexpr auto& kRows = policy_rows::kRows;
  static constexpr auto& kDeferred = policy_rows::kDeferred;
  static constexpr auto& kDropped = policy_rows::kDropped;
  static std::string_view name(PolicyState state);
  static std::string_view name(PolicyEvent event);
};

static_assert(proofs::at_most_one_row_answers(policy_rows::kRows));
static_assert(proofs::no_row_is_excepted(policy_rows::kRows, policy_rows::kDropped));
static_assert(proofs::no_row_is_excepted(policy_rows::kRows, policy_rows::kDeferred));
static_assert(proofs::every_state_reaches(PolicyState::Off, kPolicyStates, policy_rows::kRows));
static_assert(proofs::every_state_is_reached(PolicyState::Off, kPolicyStates, policy_rows::kRows));
// In whatever state the device is, it may be pulled. (The two deciding states are left within one step.)
static_assert(proofs::every_state_answers(PolicyEvent::SurpriseWanted, kPolicyStates,
                                          in(policy_rows::DecidingSleep, policy_rows::DecidingWake), policy_rows::kRows,
                                          policy_rows::kDeferred, policy_rows::kDropped));

}  // namespace drydock::wdf
