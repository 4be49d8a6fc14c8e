#pragma once
// The power machine of a device: UP and DOWN step by step, and what each failure undoes (contract, sections 4, 5, 9.2
// to 9.4). PDO and FDO, power policy owner or not, go through the same rows.

#include "wdf/machine_table.h"

namespace drydock::wdf {

// clang-format off
#define WDF_POWER_STATES(X)                                                                                          \
  X(Off)              /* not started, stopped, removed or failed */                                                  \
  X(UpWaiting)        /* for the parent to reach D0 */                                                               \
  X(UpEntering) X(UpInterrupts) X(UpPostInterrupts) X(UpDma) X(UpScan) X(UpDisarm) X(UpQueues) X(UpSelfManaged)      \
  X(D0)                                                                                                              \
  X(DownSelfManaged) X(DownQueues) X(DownArm) X(DownDma) X(DownPreInterrupts) X(DownInterrupts) X(DownExit)          \
  X(Dx)                                                                                                              \
  X(UndoQueues) X(UndoDma) X(UndoPreInterrupts) X(UndoInterrupts) X(UndoExit)

#define WDF_POWER_EVENTS(X) X(Start) X(PowerUp) X(PowerDown) X(Stop) X(Done) X(Failed) X(Parked)

#define WDF_POWER_ACTIONS(X)                                                                                         \
  X(bring_parent_up) X(call_d0_entry) X(connect_interrupts) X(call_post_interrupts) X(start_dma) X(scan_children)    \
  X(disarm) X(open_queues) X(start_self_managed) X(report_up) X(report_up_failed) X(suspend_self_managed)            \
  X(hold_queues) X(arm) X(stop_dma) X(call_pre_interrupts) X(disconnect_interrupts) X(call_d0_exit) X(report_down)   \
  X(drop_interrupts) X(pass_power_irp) X(report_stopped)                           

#define X(name) name,
enum class PowerState : std::uint8_t { WDF_POWER_STATES(X) Count };
enum class PowerEvent : std::uint8_t { WDF_POWER_EVENTS(X) };
enum class PowerAction : std::uint8_t { WDF_POWER_ACTIONS(X) };
#undef X
inline constexpr std::size_t kPowerStates = static_cast<std::size_t>(PowerState::Count);

namespace power_rows {

using enum PowerState;
using enum PowerEvent;
using enum PowerAction;
inline constexpr PowerState kStay = Count;
using PowerRow = Row<PowerState, PowerEvent, PowerAction>;
using PowerException = Exception<PowerState, PowerEvent>;

inline constexpr PowerRow kRows[] = {
    // in state               on         becomes            and the machine then    rule
    {in(Off),                 Start,     UpWaiting,         bring_parent_up,        "WDF-075"},
    {in(Dx),                  PowerUp,   UpWaiting,         bring_parent_up,        "WDF-075"},
    {in(UpWaiting),           Done,      UpEntering,        call_d0_entry,          "WDF-080"},
    {in(UpEntering),          Done,      UpInterrupts,      connect_interrupts,     "WDF-065"},
    {in(UpEntering),          Failed,    Off,               report_up_failed,       "WDF-188"},
    {in(UpInterrupts),        Done,      UpPostInterrupts,  call_post_interrupts,   "WDF-067"},
    {in(UpInterrupts),        Failed,    UndoExit,          call_d0_exit,           "WDF-197"},
    {in(UpPostInterrupts),    Done,      UpDma,             start_dma,              "WDF-068"},
    {in(UpPostInterrupts),    Failed,    UndoInterrupts,    disconnect_interrupts,  "WDF-199"},
    {in(UpDma),               Done,      UpScan,            scan_children,          "WDF-069"},
    {in(UpDma),               Failed,    UndoDma,           stop_dma,               "WDF-200"},
    {in(UpScan),              Done,      UpDisarm,          disarm,                 "WDF-097"},
    {in(UpDisarm),            Done,      UpQueues,          open_queues,            "WDF-070"},
    {in(UpQueues),            Done,      UpSelfManaged,     start_self_managed,     "WDF-306"},
    {in(UpSelfManaged),       Done,      D0,                report_up,              "WDF-058"},
    {in(UpSelfManaged),       Failed,    UndoQueues,        hold_queues,            "WDF-202"},

    {in(UndoQueues),          Done,      UndoDma,           stop_dma,               "WDF-202"},
    {in(UndoDma),             Done,      UndoPreInterrupts, call_pre_interrupts,    "WDF-200"},
    {in(UndoPreInterrupts),   Done,      UndoInterrupts,    disconnect_interrupts,  "WDF-200"},
    {in(UndoInterrupts),      Done,      UndoExit,          call_d0_exit,           "WDF-199"},
    {in(UndoExit),            Done,      Off,               report_up_failed,       "WDF-197"},

    {in(D0),                  PowerDown, DownSelfManaged,   suspend_self_managed,   "WDF-079"},
    {in(D0),                  Stop,      DownSelfManaged,   suspend_self_managed,   "WDF-112"},
    {in(DownSelfManaged),     Done,      DownQueues,        hold_queues,            "WDF-079"},
    {in(DownQueues),          Done,      DownArm,           arm,                    "WDF-092"},
    {in(DownArm),             Done,      DownDma,           stop_dma,               "WDF-085"},
    {in(DownDma),             Done,      DownPreInterrupts, call_pre_interrupts,    "WDF-079"},
    {in(DownPreInterrupts),   Done,      DownInterrupts,    disconnect_interrupts,  "WDF-275"},
    {in(DownInterrupts),      Done,      DownExit,          call_d0_exit,           "WDF-079"},
    {in(DownExit),            Done,      Dx,                report_down,            "WDF-208"},
    {in(DownExit),            Failed,    Off,               report_down,            "WDF-209"},
    {in(DownExit),            Parked,    Off,               report_down,            "WDF-112"},

    {in(Dx),                  Stop,      Off,               drop_interrupts,        "WDF-148"},
    {in(Off),                 Stop,      kStay,             report_stopped,         "WDF-312"},
    {in(Off, Dx),             PowerDown, kStay,             pass_power_irp,         "WDF-105"},
    {in(Off, D0),             PowerUp,   kStay,             pass_power_irp,         "WDF-105"},
};


inline constexpr std::array<PowerException, 0> kNone{};

}  // namespace power_rows
// clang-format on

struct PowerTable {
  using State = PowerState;
  using Event = PowerEvent;
  using Action = PowerAction;
  static constexpr const char* kName = "power";
  static constexpr const char* kFile = "wdf/power_table.h";
  static constexpr auto& kRows = power_rows::kRows;
  static constexpr auto& kDeferred = power_rows::kNone;
  static constexpr auto& kDropped = power_rows::kNone;
  static std::string_view name(PowerState state);
  static std::string_view name(PowerEvent event);
};

static_assert(proofs::at_most_one_row_answers(power_rows::kRows));
static_assert(proofs::every_state_reaches(PowerState::Off, kPowerStates, power_rows::kRows));
static_assert(proofs::every_state_is_reached(PowerState::Off, kPowerStates, power_rows::kRows));

}  // namespace drydock::wdf
