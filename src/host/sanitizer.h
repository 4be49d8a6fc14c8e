#pragma once
// AddressSanitizer's view of stacks that are left, copied or reused in ways it cannot see. Nothing in other builds.

#include <cstddef>

namespace drydock::host {

#if defined(__SANITIZE_ADDRESS__)
/// Frames on this stack were abandoned, or are about to be copied or overwritten as plain memory.
void unpoison_stack(std::byte* lowest, std::size_t bytes);
#else
inline void unpoison_stack(std::byte*, std::size_t) {}
#endif

}  // namespace drydock::host
