#include "ntos/pnp/platform_reset_table.h"

namespace drydock::ntos::pnp {

std::string_view state_name(ResetState state) {
  constexpr std::string_view names[] = {"Accepted", "Waiting", "Asking", "Removing", "Resetting", "Rebuilding", "Over"};
  static_assert(std::size(names) == static_cast<unsigned>(ResetState::Over) + 1);
  return names[static_cast<unsigned>(state)];
}

std::string_view event_name(ResetEvent event) {
  constexpr std::string_view names[] = {"Requested",  "IntervalOver",    "Vetoed",       "VetoedTooOften", "Agreed",
                                        "StacksGone", "MethodSucceeded", "MethodFailed", "Enumerated"};
  static_assert(std::size(names) == static_cast<unsigned>(ResetEvent::Enumerated) + 1);
  return names[static_cast<unsigned>(event)];
}

}  // namespace drydock::ntos::pnp
