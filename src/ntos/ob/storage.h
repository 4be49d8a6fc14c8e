#pragma once
// Pool for what the kernel itself hands out: charged to no driver.

#include "ntos/ex/pool.h"
#include "ntos/kernel.h"

namespace drydock::ntos {

/// Nonpaged. Null when memory is used up. IRQL: at most DISPATCH_LEVEL.
inline void* kernel_allocate(nt::SIZE_T bytes, nt::ULONG tag) {
  return kernel().pool->allocate(ex::Pool::kInUse, bytes, tag, 0);
}
/// Whatever the tag.
inline void kernel_free(void* block) { kernel().pool->release(block, 0); }

}  // namespace drydock::ntos
