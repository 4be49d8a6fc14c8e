#pragma once
// How often each row of the machines' tables was walked in a machine: rows no test has walked show as zeros.

#include "wdf/pnp_table.h"
#include "wdf/policy_table.h"
#include "wdf/power_table.h"

namespace drydock::wdf {

struct TableVisits {
  TableMachine<PnpTable>::Visits pnp{};
  TableMachine<PowerTable>::Visits power{};
  TableMachine<PolicyTable>::Visits policy{};
};

}  // namespace drydock::wdf
