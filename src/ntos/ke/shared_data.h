#pragma once
// KUSER_SHARED_DATA: made up at each read, since every read traps.

#include <cstdint>

namespace drydock::ntos::ke {

/// `size` bytes at `offset`, as a little-endian number. Costs what a look at a clock costs.
std::uint64_t shared_data_read(unsigned offset, unsigned size);

}  // namespace drydock::ntos::ke
