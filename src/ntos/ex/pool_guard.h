#pragma once
// Pool of another kind, for blocks that drivers ask for: special pool (src/verifier) puts itself here.

#include <vector>

#include "ntos/ex/pool.h"

namespace drydock::ntos::ex {

class PoolGuard {
 public:
  virtual ~PoolGuard() = default;
  /// As Pool::allocate; `alignment` is 16 or 64. Null: the ordinary pool is to serve it.
  virtual void* allocate(UCHAR type, SIZE_T bytes, SIZE_T alignment, ULONG tag, ULONG64 caller) = 0;
  /// As Pool::release. False: the address lies in none of its blocks, and nothing was done.
  virtual bool release(void* address, ULONG tag) = 0;
  /// As Pool::find and Pool::blocks_of.
  virtual bool find(const void* address, Pool::Block& block) const = 0;
  virtual void add_blocks_of(ULONG64 first_caller, ULONG64 last_caller, std::vector<Pool::Block>& blocks) const = 0;
};

/// From now on every allocation of a driver's is offered to `guard`, which lives as long as the machine.
void set_pool_guard(PoolGuard& guard);

}  // namespace drydock::ntos::ex
