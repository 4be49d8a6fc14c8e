#pragma once
// Puts a computer together: kernel, board, bus and class drivers, the driver under test as an installed service.

#include "host/result.h"
#include "machine/machine.h"
#include "scenario/run.h"

namespace drydock::scenario {

/// Which of the run's drivers serves a device of the board: a SCSI miniport what takes disks, any other driver the
/// rest; the first one what nobody suits better.
const DriverFile& driver_for(const RunConfig& config, const bus::board::Device& device);
/// Whether a driver is of the kind that this device takes.
bool suits(const DriverFile& driver, const bus::board::Device& device);

/// A machine ready to run `config`'s scenario; nothing has run in it yet. `config` must outlive it.
host::Result<std::unique_ptr<machine::Machine>> assemble(const RunConfig& config);

}  // namespace drydock::scenario
