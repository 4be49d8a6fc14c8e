#include "ntos/pnp/pool.h"

#include <cstring>

#include "ntos/ob/storage.h"

namespace drydock::ntos::pnp {

namespace {
constexpr nt::ULONG kTag = 0x20706E50;  // 'Pnp '
}

void* allocate_pool(std::size_t bytes) {
  void* block = kernel_allocate(bytes, kTag);
  if (block) std::memset(block, 0, bytes);
  return block;
}

void free_pool(void* block) {
  if (block) kernel_free(block);
}

}  // namespace drydock::ntos::pnp
