// Names of the machines' states and events, for traces and reports.

#include "wdf/pnp_table.h"
#include "wdf/policy_table.h"
#include "wdf/power_table.h"

namespace drydock::wdf {

#define X(name) #name,
#define NAMES(list, value)                        \
  constexpr std::string_view names[] = {list(X)}; \
  return names[static_cast<unsigned>(value)]

std::string_view PnpTable::name(PnpState state) {
  NAMES(WDF_PNP_STATES, state);
}
std::string_view PnpTable::name(PnpEvent event) {
  NAMES(WDF_PNP_EVENTS, event);
}
std::string_view PowerTable::name(PowerState state) {
  NAMES(WDF_POWER_STATES, state);
}
std::string_view PowerTable::name(PowerEvent event) {
  NAMES(WDF_POWER_EVENTS, event);
}
std::string_view PolicyTable::name(PolicyState state) {
  NAMES(WDF_POLICY_STATES, state);
}
std::string_view PolicyTable::name(PolicyEvent event) {
  NAMES(WDF_POLICY_EVENTS, event);
}

}  // namespace drydock::wdf
