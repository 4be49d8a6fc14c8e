#pragma once
// A machine's RAM in memory that another process shares: QEMU, whose devices then read and write it themselves.

#include <cstddef>

namespace drydock::host {

/// From now on slots of exactly `ram_bytes` have this memory for RAM; one at a time. The descriptor stays the caller's.
/// -1: each slot's own again.
void share_ram(int descriptor, std::size_t ram_bytes);
/// Whether the slot with this base has such memory now.
bool ram_is_shared(const std::byte* slot_base);

}  // namespace drydock::host
