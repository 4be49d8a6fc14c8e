#pragma once
// What the class driver says about its requests.

#include <cstdint>
#include <string>
#include <vector>

#include "machine/machine.h"

namespace drydock::scenario {

/// SRBs that disk.sys sent again since the machine was switched on, over all disks there ever were.
std::uint64_t requests_retried(machine::Machine& machine);
/// One line for each disk whose account does not come out even, now that nothing should be on its way.
std::vector<std::string> open_accounts(machine::Machine& machine);

}  // namespace drydock::scenario
