#include "ntos/pnp/pool.h"

#include <cstring>

#include "ntos/ex/pool.h"

namespace drydock::ntos::pnp {

namespace {
constexpr nt::ULONG kTag = 0x20706E50;  // 'Pnp '
}

void* allocate_pool(std::size_t bytes) {
  void* block = ExAllocatePoolWithTag(nt::PagedPool, bytes, kTag);
  if (block) std::memset(block, 0, bytes);
  return block;
}

void free_pool(void* block) {
  if (block) ExFreePool(block);
}

}  // namespace drydock::ntos::pnp
