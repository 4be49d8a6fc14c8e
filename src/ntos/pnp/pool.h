#pragma once
// Blocks that drivers free or that hold what drivers read: pool, zeroed, tagged as the PnP manager's.

#include <cstddef>

namespace drydock::ntos::pnp {

/// Null if pool is exhausted. IRQL: PASSIVE_LEVEL.
void* allocate_pool(std::size_t bytes);
/// Also for blocks that drivers allocated for us; null is fine.
void free_pool(void* block);

/// Frees a block at the end of a scope.
template <class T>
class PoolPointer {
 public:
  explicit PoolPointer(T* block = nullptr) : block_(block) {}
  PoolPointer(const PoolPointer&) = delete;
  PoolPointer& operator=(const PoolPointer&) = delete;
  ~PoolPointer() { free_pool(block_); }
  T* get() const { return block_; }
  T* operator->() const { return block_; }
  explicit operator bool() const { return block_ != nullptr; }
  T* release() {
    T* block = block_;
    block_ = nullptr;
    return block;
  }

 private:
  T* block_;
};

}  // namespace drydock::ntos::pnp
