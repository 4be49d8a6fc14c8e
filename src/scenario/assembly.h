#pragma once
// Puts a computer together: kernel, board, bus and class drivers, the driver under test as an installed service.

#include "host/result.h"
#include "machine/machine.h"
#include "scenario/run.h"

namespace drydock::scenario {

/// A machine ready to run `config`'s scenario; nothing has run in it yet. `config` must outlive it.
host::Result<std::unique_ptr<machine::Machine>> assemble(const RunConfig& config);

}  // namespace drydock::scenario
