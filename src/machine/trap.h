#pragma once
// Access to device memory as an instruction of a driver would make it; for exports such as READ_REGISTER_ULONG.

#include <cstdint>

#include "machine/machine.h"

namespace drydock::machine {

/// `size` is 1, 2, 4 or 8. Costs virtual time, is counted and traced like a trapped access.
std::uint64_t read_device(Machine& machine, PhysicalAddress pa, unsigned size);
void write_device(Machine& machine, PhysicalAddress pa, unsigned size, std::uint64_t value);

}  // namespace drydock::machine
