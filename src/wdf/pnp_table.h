#pragma once
// The PnP machine of a device: what PnP requests, the power policy and the driver's answers make of it
// (contract, sections 4 and 6 to 9).

#include "wdf/machine_table.h"

namespace drydock::wdf {

// clang-format off
#define WDF_PNP_STATES(X)                                                                                            \
  X(Created)            /* never started */                                                                          \
  X(Starting)           /* lower drivers are being started */                                                        \
  X(Preparing)          /* interrupts matched, PrepareHardware */                                                    \
  X(PoweringUp)         /* the policy brings the device to D0 for the first time */                                  \
  X(Enabling)           /* device interfaces, WMI */                                                                 \
  X(Started)                                                                                                         \
  X(AskingStop)         /* fixed checks, QueryStop */                                                                \
  X(HoldingForStop)     /* the policy brings the device up and keeps it there */                                     \
  X(StopPending)                                                                                                     \
  X(Stopping)           /* DOWN for a rebalance */                                                                   \
  X(ReleasingStopped)                                                                                                \
  X(Stopped)                                                                                                         \
  X(Restarting)         /* as Starting, after a stop */                                                              \
  X(Repreparing)                                                                                                     \
  X(RepoweringUp)                                                                                                    \
  X(StoppingToRestart)  /* START while started: DOWN first */                                                        \
  X(ReleasingToRestart)                                                                                              \
  X(AskingRemove)                                                                                                    \
  X(HoldingForRemove)                                                                                                \
  X(RemovePending)                                                                                                   \
  X(Removing)           /* DOWN for REMOVE */                                                                        \
  X(ReleasingRemoved)                                                                                                \
  X(SurpriseDown)       /* DOWN for SURPRISE_REMOVAL */                                                              \
  X(ReleasingSurprised)                                                                                              \
  X(SurpriseRemoved)    /* waits for REMOVE */                                                                       \
  X(EnablingFailed)     /* came up, could not be announced: DOWN again */                                            \
  X(ReleasingFailed)                                                                                                 \
  X(Failed)             /* nothing held any more; waits to be removed */                                             \
  X(FailedHolding)      /* failed with descendants: still holds its hardware */                                      \
  X(PdoRemoved)         /* removed, and still reported by its bus */                                                 \
  X(Ejecting)                                                                                                        \
  X(Leaving)            /* cleanup, then the request goes down and the device object goes */                         \
  X(Gone)

#define WDF_PNP_EVENTS(X)                                                                                            \
  X(StartArrived) X(QueryStopArrived) X(CancelStopArrived) X(StopArrived) X(QueryRemoveArrived)                      \
  X(CancelRemoveArrived) X(RemoveArrived) X(SurpriseArrived) X(EjectArrived)                                         \
  X(LowerStarted) X(LowerFailed) X(HardwarePrepared) X(MatchFailed) X(PrepareFailed) X(Announced) X(AnnounceFailed)  \
  X(PolicyStarted) X(PolicyStartFailed) X(PolicyStopped) X(PolicyStopFailed) X(HeldInD0) X(HoldRefused)              \
  X(PowerFailedEarly) X(PowerFailedLate) X(DriverAgreed) X(DriverRefused) X(Released) X(ReleaseFailed) X(PutAway)    \
  X(StillReported) X(CleanedUp) X(EjectDone) X(ParentLeaves) X(AddFailed)

#define WDF_PNP_ACTIONS(X)                                                                                           \
  X(nothing) X(start_lower) X(start_again) X(prepare) X(power_up) X(announce) X(complete_start) X(fail_start)        \
  X(refuse_start) X(ask_stop) X(ask_remove) X(hold_in_d0) X(pass_query) X(fail_query) X(refuse_query)                \
  X(cancel_query) X(pass_on) X(power_stop) X(power_surprise) X(release) X(finish_stop) X(put_away) X(fail)           \
  X(tell_surprise) X(tell_surprise_and_release) X(tell_surprise_and_put_away) X(finish_surprise) X(leave)            \
  X(rest) X(eject) X(finish_eject) X(forget)

// clang-format on
#define X(name) name,
enum class PnpState : std::uint8_t { WDF_PNP_STATES(X) Count };
enum class PnpEvent : std::uint8_t { WDF_PNP_EVENTS(X) };
enum class PnpAction : std::uint8_t { WDF_PNP_ACTIONS(X) };
#undef X
inline constexpr std::size_t kPnpStates = static_cast<std::size_t>(PnpState::Count);

// clang-format off
namespace pnp_rows {

using enum PnpState;
using enum PnpEvent;
using enum PnpAction;
inline constexpr PnpState kStay = Count;
using PnpRow = Row<PnpState, PnpEvent, PnpAction>;
using PnpException = Exception<PnpState, PnpEvent>;

inline constexpr PnpRow kRows[] = {
    // in state                     on                    becomes             and the machine then         rule
    {in(Created),                   StartArrived,         Starting,           start_lower,                 "WDF-058"},
    {in(PdoRemoved),                StartArrived,         Starting,           start_again,                 "WDF-142"},
    {in(Starting),                  LowerStarted,         Preparing,          prepare,                     "WDF-062"},
    {in(Starting),                  LowerFailed,          Created,            fail_start,                  "WDF-057"},
    {in(Preparing),                 HardwarePrepared,     PoweringUp,         power_up,                    "WDF-058"},
    {in(Preparing),                 MatchFailed,          Created,            fail_start,                  "WDF-179"},
    {in(Preparing),                 PrepareFailed,        ReleasingFailed,    release,                     "WDF-173"},
    {in(PoweringUp),                PolicyStarted,        Enabling,           announce,                    "WDF-071"},
    {in(PoweringUp),                PolicyStartFailed,    ReleasingFailed,    release,                     "WDF-188"},
    {in(Enabling),                  Announced,            Started,            complete_start,              "WDF-077"},
    {in(Enabling),                  AnnounceFailed,       EnablingFailed,     power_stop,                  "WDF-206"},
    {in(EnablingFailed),            PolicyStopped,        ReleasingFailed,    release,                     "WDF-206"},
    {in(EnablingFailed),            PolicyStopFailed,     ReleasingFailed,    release,                     "WDF-206"},

    {in(Started),                   QueryStopArrived,     AskingStop,         ask_stop,                    "WDF-108"},
    {in(AskingStop),                DriverAgreed,         HoldingForStop,     hold_in_d0,                  "WDF-109"},
    {in(AskingStop),                DriverRefused,        Started,            fail_query,                  "WDF-223"},
    {in(HoldingForStop),            HeldInD0,             StopPending,        pass_query,                  "WDF-109"},
    {in(HoldingForStop),            HoldRefused,          Started,            refuse_query,                "WDF-109"},
    {in(StopPending),               CancelStopArrived,    Started,            cancel_query,                "WDF-111"},
    {in(StopPending),               StopArrived,          Stopping,           power_stop,                  "WDF-112"},
    {in(Stopping),                  PolicyStopped,        ReleasingStopped,   release,                     "WDF-112"},
    {in(Stopping),                  PolicyStopFailed,     ReleasingFailed,    release,                     "WDF-210"},
    {in(ReleasingStopped),          Released,             Stopped,            finish_stop,                 "WDF-113"},
    {in(ReleasingStopped),          ReleaseFailed,        Failed,             fail,                        "WDF-217"},
    {in(Stopped),                   StartArrived,         Restarting,         start_lower,                 "WDF-117"},
    {in(Restarting),                LowerStarted,         Repreparing,        prepare,                     "WDF-117"},
    {in(Restarting),                LowerFailed,          Failed,             fail,                        "WDF-057"},
    {in(Repreparing),               HardwarePrepared,     RepoweringUp,       power_up,                    "WDF-117"},
    {in(Repreparing),               MatchFailed,          Failed,             fail,                        "WDF-179"},
    {in(Repreparing),               PrepareFailed,        ReleasingFailed,    release,                     "WDF-185"},
    {in(RepoweringUp),              PolicyStarted,        Started,            complete_start,              "WDF-117"},
    {in(RepoweringUp),              PolicyStartFailed,    ReleasingFailed,    release,                     "WDF-193"},
    {in(Started),                   StartArrived,         StoppingToRestart,  power_stop,                  "WDF-078"},
    {in(StoppingToRestart),         PolicyStopped,        ReleasingToRestart, release,                     "WDF-078"},
    {in(StoppingToRestart),         PolicyStopFailed,     ReleasingFailed,    release,                     "WDF-210"},
    {in(ReleasingToRestart),        Released,             Restarting,         start_lower,                 "WDF-078"},
    {in(ReleasingToRestart),        ReleaseFailed,        Failed,             fail,                        "WDF-218"},

    {in(Started),                   QueryRemoveArrived,   AskingRemove,       ask_remove,                  "WDF-126"},
    {in(AskingRemove),              DriverAgreed,         HoldingForRemove,   hold_in_d0,                  "WDF-127"},
    {in(AskingRemove),              DriverRefused,        Started,            fail_query,                  "WDF-223"},
    {in(HoldingForRemove),          HeldInD0,             RemovePending,      pass_query,                  "WDF-127"},
    {in(HoldingForRemove),          HoldRefused,          Started,            refuse_query,                "WDF-109"},
    {in(RemovePending),             CancelRemoveArrived,  Started,            cancel_query,                "WDF-129"},
    {in(Started, RemovePending),    RemoveArrived,        Removing,           power_stop,                  "WDF-131"},
    {in(Removing),                  PolicyStopped,        ReleasingRemoved,   release,                     "WDF-131"},
    {in(Removing),                  PolicyStopFailed,     ReleasingRemoved,   release,                     "WDF-211"},
    {in(ReleasingRemoved),          Released,             Leaving,            put_away,                    "WDF-131"},
    {in(ReleasingRemoved),          ReleaseFailed,        Leaving,            put_away,                    "WDF-216"},
    {in(Leaving),                   PutAway,              Leaving,            leave,                       "WDF-131"},
    {in(Leaving),                   StillReported,        PdoRemoved,         rest,                        "WDF-141"},
    {in(Leaving),                   CleanedUp,            Gone,               forget,                      "WDF-139"},
    {in(Created),                   RemoveArrived,        Leaving,            leave,                       "WDF-138"},
    {in(Failed),                    RemoveArrived,        Leaving,            leave,                       "WDF-176"},
    {in(SurpriseRemoved),           RemoveArrived,        Leaving,            leave,                       "WDF-152"},
    {in(PdoRemoved),                RemoveArrived,        Leaving,            leave,                       "WDF-143"},
    {in(Created, PdoRemoved),       ParentLeaves,         Leaving,            leave,                       "WDF-136"},
    {in(Created),                   AddFailed,            Leaving,            leave,                       "WDF-023"},

    {in(Started, StopPending, RemovePending),
                                    SurpriseArrived,      SurpriseDown,       power_surprise,              "WDF-147"},
    {in(SurpriseDown),              PolicyStopped,        ReleasingSurprised, release,                     "WDF-147"},
    {in(SurpriseDown),              PolicyStopFailed,     ReleasingSurprised, release,                     "WDF-154"},
    {in(ReleasingSurprised),        Released,             SurpriseRemoved,    finish_surprise,             "WDF-151"},
    {in(ReleasingSurprised),        ReleaseFailed,        SurpriseRemoved,    finish_surprise,             "WDF-216"},
    {in(Created),                   SurpriseArrived,      SurpriseRemoved,    pass_on,                     "WDF-157"},
    {in(Stopped),                   SurpriseArrived,      SurpriseRemoved,    tell_surprise_and_put_away,  "WDF-122"},
    {in(PdoRemoved),                SurpriseArrived,      SurpriseRemoved,    tell_surprise,               "WDF-160"},
    {in(Failed),                    SurpriseArrived,      SurpriseRemoved,    tell_surprise,               "WDF-191"},
    {in(FailedHolding),             SurpriseArrived,      ReleasingSurprised, tell_surprise_and_release,   "WDF-261"},

    {in(Started),                   PowerFailedEarly,     ReleasingFailed,    release,                     "WDF-190"},
    {in(Started),                   PowerFailedLate,      FailedHolding,      nothing,                     "WDF-260"},
    {in(ReleasingFailed),           Released,             Failed,             fail,                        "WDF-175"},
    {in(ReleasingFailed),           ReleaseFailed,        Failed,             fail,                        "WDF-219"},
    {in(FailedHolding),             RemoveArrived,        ReleasingRemoved,   release,                     "WDF-258"},
    {in(Failed, FailedHolding),     QueryStopArrived,     kStay,              refuse_query,                "WDF-109"},
    {in(Failed, FailedHolding),     QueryRemoveArrived,   kStay,              refuse_query,                "WDF-109"},
    {in(Failed, FailedHolding, SurpriseRemoved),
                                    StartArrived,         kStay,              refuse_start,                "WDF-184"},
    {in(Created, PdoRemoved),       QueryRemoveArrived,   kStay,              pass_on,                     "WDF-128"},
    {in(Created, PdoRemoved),       QueryStopArrived,     kStay,              pass_on,                     "WDF-128"},
    {in(Created, Started, Failed, FailedHolding, PdoRemoved),
                                    CancelRemoveArrived,  kStay,              pass_on,                     "WDF-128"},
    {in(Created, Started, Failed, FailedHolding, PdoRemoved),
                                    CancelStopArrived,    kStay,              pass_on,                     "WDF-121"},
    {in(Created, PdoRemoved),       EjectArrived,         Ejecting,           eject,                       "WDF-340"},
    {in(Ejecting),                  EjectDone,            PdoRemoved,         finish_eject,                "WDF-340"},
};

/// All states but those named.
template <class... S>
constexpr States<PnpState> all_but(S... states) {
  return {((1ull << kPnpStates) - 1) & ~in(states...).bits};
}

inline constexpr PnpException kDeferred[] = {
    {in(PoweringUp, RepoweringUp, HoldingForStop, HoldingForRemove, Stopping, StoppingToRestart, Removing,
        EnablingFailed, SurpriseDown),
     RemoveArrived, "the request before it is still being worked on"},
    {in(HoldingForStop, HoldingForRemove, EnablingFailed), SurpriseArrived, "what was begun ends first"},
    {in(ReleasingFailed), SurpriseArrived, "the clean-up of a failed transition ends first (WDF-170)"},
    {in(ReleasingFailed), RemoveArrived, "the clean-up of a failed transition ends first"},
    {in(ReleasingFailed), QueryStopArrived, "the clean-up of a failed transition ends first"},
    {in(ReleasingFailed), QueryRemoveArrived, "the clean-up of a failed transition ends first"},
};

inline constexpr PnpException kDropped[] = {
    {all_but(Started), PowerFailedEarly, "a request is under way whose answer holds the failure, or it is down already"},
    {all_but(Started), PowerFailedLate, "a request is under way whose answer holds the failure, or it is down already"},
    {in(Stopped), RemoveArrived, "a stopped device accepts START and SURPRISE_REMOVAL only (WDF-123)"},
    {all_but(Created, PdoRemoved), ParentLeaves, "its own removal is asked for by request"},
};

}  // namespace pnp_rows
// clang-format on

struct PnpTable {
  using State = PnpState;
  using Event = PnpEvent;
  using Action = PnpAction;
  static constexpr const char* kName = "PnP";
  static constexpr const char* kFile = "wdf/pnp_table.h";
  static constexpr auto& kRows = pnp_rows::kRows;
  static constexpr auto& kDeferred = pnp_rows::kDeferred;
  static constexpr auto& kDropped = pnp_rows::kDropped;
  static std::string_view name(PnpState state);
  static std::string_view name(PnpEvent event);
};

static_assert(proofs::at_most_one_row_answers(pnp_rows::kRows));                  // no state answers an event twice
static_assert(proofs::no_row_is_excepted(pnp_rows::kRows, pnp_rows::kDropped));   // nor answers and drops it
static_assert(proofs::no_row_is_excepted(pnp_rows::kRows, pnp_rows::kDeferred));  // nor answers and defers it
static_assert(proofs::every_state_reaches(PnpState::Gone, kPnpStates, pnp_rows::kRows));        // none is stuck
static_assert(proofs::every_state_is_reached(PnpState::Created, kPnpStates, pnp_rows::kRows));  // none is idle

}  // namespace drydock::wdf
