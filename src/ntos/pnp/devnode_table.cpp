#include "ntos/pnp/devnode_table.h"

namespace drydock::ntos::pnp {

std::string_view state_name(DevnodeState state) {
  constexpr std::string_view names[] = {"Reported",        "Initialized", "NotStarted", "ResourcesAssigned",
                                        "Started",         "StopPending", "Stopped",    "RemovePending",
                                        "SurpriseRemoved", "Removing",    "Removed",    "Deleted"};
  static_assert(std::size(names) == kDevnodeStateCount);
  return names[static_cast<unsigned>(state)];
}

std::string_view event_name(DevnodeEvent event) {
  constexpr std::string_view names[] = {
      "Identified",         "StartWanted",      "StackBuilt",         "NoDriver",           "AddDeviceFailed",
      "ResourcesFound",     "ResourcesRefused", "StartSucceeded",     "StartFailed",        "RunsAlready",
      "QueryStopAgreed",    "QueryStopRefused", "RebalanceGoesAhead", "RebalanceCalledOff", "QueryRemoveAgreed",
      "QueryRemoveRefused", "RemovalGoesAhead", "RemovalCalledOff",   "DeviceGone",         "DeviceFailed",
      "LastHandleClosed",   "RemoveCompleted",  "StillReported",      "NoLongerReported"};
  static_assert(std::size(names) == static_cast<unsigned>(DevnodeEvent::NoLongerReported) + 1);
  return names[static_cast<unsigned>(event)];
}

std::string_view action_name(DevnodeAction action) {
  constexpr std::string_view names[] = {"nothing",
                                        "find_drivers",
                                        "assign_resources",
                                        "send_start",
                                        "query_bus_relations",
                                        "wait_for_the_others",
                                        "send_stop",
                                        "send_cancel_stop",
                                        "send_cancel_remove",
                                        "send_surprise_removal",
                                        "send_remove",
                                        "ask_the_bus",
                                        "forget_devnode"};
  static_assert(std::size(names) == static_cast<unsigned>(DevnodeAction::forget_devnode) + 1);
  return names[static_cast<unsigned>(action)];
}

}  // namespace drydock::ntos::pnp
