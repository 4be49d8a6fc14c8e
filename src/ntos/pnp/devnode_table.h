#pragma once
// Every step a devnode may take, as data. The manager looks rows up, counts visits and carries the actions out.
// Rules: docs/contracts/pnp.md.

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace drydock::ntos::pnp {

/// What holds for a devnode between two steps.
enum class DevnodeState : std::uint8_t {
  Reported,     ///< its bus named the PDO; nobody asked it anything yet
  Initialized,  ///< identified; no driver's AddDevice has run
  NotStarted,   ///< the stack is built
  ResourcesAssigned,
  Started,
  StopPending,      ///< agreed to stop for a rebalance
  Stopped,          ///< gave up its resources
  RemovePending,    ///< agreed to be removed
  SurpriseRemoved,  ///< told that the device is gone or failed; handles may still be open
  Removing,         ///< the remove IRP is on its way
  Removed,          ///< the stack is gone, the PDO stays because the bus still reports it
  Deleted,          ///< the PDO went with the stack
};
inline constexpr unsigned kDevnodeStateCount = static_cast<unsigned>(DevnodeState::Deleted) + 1;

/// What came back: from a driver, from the bus, or from whoever asked for a change.
enum class DevnodeEvent : std::uint8_t {
  Identified,
  StartWanted,
  StackBuilt,
  NoDriver,
  AddDeviceFailed,
  ResourcesFound,
  ResourcesRefused,
  StartSucceeded,
  StartFailed,
  RunsAlready,  ///< a driver reported it as detected
  QueryStopAgreed,
  QueryStopRefused,
  RebalanceGoesAhead,
  RebalanceCalledOff,
  QueryRemoveAgreed,
  QueryRemoveRefused,
  RemovalGoesAhead,
  RemovalCalledOff,
  DeviceGone,        ///< missing from its bus's relations
  DeviceFailed,      ///< a driver reported PNP_DEVICE_FAILED
  LastHandleClosed,  ///< or none was open
  RemoveCompleted,
  StillReported,     ///< after the remove: the bus has the device
  NoLongerReported,  ///< after the remove: the bus has it no more
};

/// What the manager does then.
enum class DevnodeAction : std::uint8_t {
  nothing,
  find_drivers,
  assign_resources,
  send_start,
  query_bus_relations,
  wait_for_the_others,
  send_stop,
  send_cancel_stop,
  send_cancel_remove,
  send_surprise_removal,
  send_remove,
  ask_the_bus,
  forget_devnode,
};

std::string_view state_name(DevnodeState state);
std::string_view event_name(DevnodeEvent event);
std::string_view action_name(DevnodeAction action);

struct DevnodeStates {
  std::uint32_t bits = 0;
  constexpr bool has(DevnodeState state) const { return bits >> static_cast<unsigned>(state) & 1; }
};
template <class... S>
constexpr DevnodeStates in(S... states) {
  return {((1u << static_cast<unsigned>(states)) | ...)};
}

struct DevnodeRow {
  DevnodeStates from;
  DevnodeEvent on;
  DevnodeState becomes;
  DevnodeAction then;
  const char* rule;
};

/// An event that a state may drop, and why.
struct DroppedEvent {
  DevnodeStates from;
  DevnodeEvent on;
  const char* reason;
};

// clang-format off
namespace rows {

using enum DevnodeState;
using enum DevnodeEvent;
using enum DevnodeAction;

inline constexpr DevnodeRow kDevnodeRows[] = {
    // in state                on                  becomes            and the manager then    rule
    {in(Reported),             Identified,         Initialized,       nothing,                "PNP-001"},
    {in(Initialized),          StartWanted,        Initialized,       find_drivers,           "PNP-002"},
    {in(Initialized),          NoDriver,           Initialized,       nothing,                "PNP-003"},
    {in(Initialized),          StackBuilt,         NotStarted,        assign_resources,       "PNP-004"},
    {in(Initialized),          AddDeviceFailed,    Removing,          send_remove,            "PNP-005"},
    {in(Initialized),          RunsAlready,        Started,           nothing,                "PNP-010"},
    {in(NotStarted),           ResourcesFound,     ResourcesAssigned, send_start,             "PNP-006"},
    {in(NotStarted),           ResourcesRefused,   Removing,          send_remove,            "PNP-007"},
    {in(ResourcesAssigned),    StartSucceeded,     Started,           query_bus_relations,    "PNP-008"},
    {in(ResourcesAssigned),    StartFailed,        Removing,          send_remove,            "PNP-009"},

    {in(Started),              QueryStopAgreed,    StopPending,       wait_for_the_others,    "PNP-020"},
    {in(Started),              QueryStopRefused,   Started,           send_cancel_stop,       "PNP-021"},
    {in(StopPending),          RebalanceGoesAhead, Stopped,           send_stop,              "PNP-022"},
    {in(StopPending),          RebalanceCalledOff, Started,           send_cancel_stop,       "PNP-023"},
    {in(Stopped),              ResourcesFound,     Stopped,           send_start,             "PNP-024"},
    {in(Stopped),              ResourcesRefused,   SurpriseRemoved,   send_surprise_removal,  "PNP-025"},
    {in(Stopped),              StartSucceeded,     Started,           nothing,                "PNP-026"},
    {in(Stopped),              StartFailed,        SurpriseRemoved,   send_surprise_removal,  "PNP-027"},

    {in(Started),              QueryRemoveAgreed,  RemovePending,     wait_for_the_others,    "PNP-030"},
    {in(Started),              QueryRemoveRefused, Started,           send_cancel_remove,     "PNP-031"},
    {in(RemovePending),        RemovalCalledOff,   Started,           send_cancel_remove,     "PNP-032"},
    {in(RemovePending, NotStarted, ResourcesAssigned),
                               RemovalGoesAhead,   Removing,          send_remove,            "PNP-033"},

    {in(NotStarted, ResourcesAssigned, Started, StopPending, Stopped, RemovePending),
                               DeviceGone,         SurpriseRemoved,   send_surprise_removal,  "PNP-040"},
    {in(Started, StopPending, Stopped, RemovePending),
                               DeviceFailed,       SurpriseRemoved,   send_surprise_removal,  "PNP-041"},
    {in(Reported, Initialized),
                               DeviceGone,         Removing,          send_remove,            "PNP-042"},
    {in(SurpriseRemoved),      LastHandleClosed,   Removing,          send_remove,            "PNP-043"},

    {in(Removing),             RemoveCompleted,    Removed,           ask_the_bus,            "PNP-050"},
    {in(Removed),              StillReported,      Initialized,       nothing,                "PNP-051"},
    {in(Removed),              NoLongerReported,   Deleted,           forget_devnode,         "PNP-052"},
};

inline constexpr DroppedEvent kDroppedEvents[] = {
    {in(SurpriseRemoved, Removing, Removed, Deleted), DeviceFailed, "it is being taken down already"},
    {in(SurpriseRemoved, Removing, Removed, Deleted), DeviceGone, "the bus is asked again after the remove"},
    {in(Reported, Initialized, NotStarted, ResourcesAssigned), DeviceFailed, "a failed start has its own event"},
};

}  // namespace rows
// clang-format on

using rows::kDevnodeRows;
using rows::kDroppedEvents;

inline constexpr std::size_t kDevnodeRowCount = std::size(kDevnodeRows);
inline constexpr std::size_t kNoRow = ~std::size_t{0};

constexpr std::size_t find_row(DevnodeState state, DevnodeEvent event) {
  for (std::size_t i = 0; i < kDevnodeRowCount; ++i)
    if (kDevnodeRows[i].on == event && kDevnodeRows[i].from.has(state)) return i;
  return kNoRow;
}

constexpr bool may_drop(DevnodeState state, DevnodeEvent event) {
  for (const DroppedEvent& row : kDroppedEvents)
    if (row.on == event && row.from.has(state)) return true;
  return false;
}

namespace detail {

template <std::size_t N>
constexpr bool at_most_one_row_answers(const DevnodeRow (&table)[N]) {
  for (std::size_t i = 0; i < N; ++i)
    for (std::size_t j = i + 1; j < N; ++j)
      if (table[i].on == table[j].on && (table[i].from.bits & table[j].from.bits)) return false;
  return true;
}

template <std::size_t N>
constexpr bool no_row_is_dropped(const DevnodeRow (&table)[N]) {
  for (const DroppedEvent& dropped : kDroppedEvents)
    for (const DevnodeRow& row : table)
      if (row.on == dropped.on && (row.from.bits & dropped.from.bits)) return false;
  return true;
}

/// From every state some sequence of events leads to `goal`.
template <std::size_t N>
constexpr bool every_state_reaches(DevnodeState goal, const DevnodeRow (&table)[N]) {
  std::uint32_t reached = 1u << static_cast<unsigned>(goal);
  for (std::size_t round = 0; round < kDevnodeStateCount; ++round)
    for (const DevnodeRow& row : table)
      if (reached >> static_cast<unsigned>(row.becomes) & 1) reached |= row.from.bits;
  return reached == (1u << kDevnodeStateCount) - 1;
}

/// Every state comes up on some path from the first one.
template <std::size_t N>
constexpr bool every_state_is_reached(const DevnodeRow (&table)[N]) {
  std::uint32_t reached = 1u << static_cast<unsigned>(DevnodeState::Reported);
  for (std::size_t round = 0; round < kDevnodeStateCount; ++round)
    for (const DevnodeRow& row : table)
      if (row.from.bits & reached) reached |= 1u << static_cast<unsigned>(row.becomes);
  return reached == (1u << kDevnodeStateCount) - 1;
}

/// Once the bus has lost the device there is an answer in every state that still has a stack or a PDO.
template <std::size_t N>
constexpr bool every_state_answers(DevnodeEvent event, const DevnodeRow (&table)[N]) {
  std::uint32_t answered = 0;
  for (const DevnodeRow& row : table)
    if (row.on == event) answered |= row.from.bits;
  for (const DroppedEvent& row : kDroppedEvents)
    if (row.on == event) answered |= row.from.bits;
  return answered == (1u << kDevnodeStateCount) - 1;
}

}  // namespace detail

static_assert(detail::at_most_one_row_answers(kDevnodeRows));                        // no state answers an event twice
static_assert(detail::no_row_is_dropped(kDevnodeRows));                              // nor answers and drops it
static_assert(detail::every_state_reaches(DevnodeState::Deleted, kDevnodeRows));     // no device gets stuck
static_assert(detail::every_state_is_reached(kDevnodeRows));                         // no state is idle
static_assert(detail::every_state_answers(DevnodeEvent::DeviceGone, kDevnodeRows));  // a device may go at any moment
static_assert(detail::every_state_answers(DevnodeEvent::DeviceFailed, kDevnodeRows));

}  // namespace drydock::ntos::pnp
