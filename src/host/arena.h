#pragma once
// Where a machine's mutable state lives. While an ArenaScope is open on a thread, operator new takes from its arena;
// operator delete finds the owner by address. Dropping an arena runs no destructors; a snapshot is a copy of its extent.

#include <cstddef>
#include <cstdint>

namespace drydock::host {

/// Address space handed out to machines: slot n owns [kSlotsBase + n * kSlotStride, + kSlotStride).
inline constexpr std::uintptr_t kSlotsBase = 0x2000'0000'0000;
inline constexpr std::uintptr_t kSlotStride = 0x100'0000'0000;
inline constexpr unsigned kSlotsMax = 32;

/// Size-class allocator over one growing extent; every byte of its own bookkeeping lies in the extent too.
class Arena {
 public:
  /// Lays an empty arena over [base, base + size_max), which must be mapped read-write and read as zero.
  static Arena* create(std::byte* base, std::size_t size_max);

  void* allocate(std::size_t bytes, std::size_t alignment);
  void release(void* block);

  std::byte* begin() { return reinterpret_cast<std::byte*>(this); }
  /// One past the highest byte ever handed out: [begin, end) is the arena's whole state.
  std::byte* end() const { return end_; }
  std::size_t bytes_in_use() const { return bytes_in_use_; }

 private:
  struct FreeBlock;
  static constexpr unsigned kClasses = 96;
  std::byte* end_;
  std::byte* limit_;
  std::size_t bytes_in_use_;
  FreeBlock* free_[kClasses];
};

/// Makes `arena` the one that operator new uses on this thread until the scope ends; null means the host's heap.
class ArenaScope {
 public:
  explicit ArenaScope(Arena* arena);
  ~ArenaScope();
  ArenaScope(const ArenaScope&) = delete;
  ArenaScope& operator=(const ArenaScope&) = delete;

 private:
  Arena* previous_;
};

/// Whether `address` lies in some machine's slot.
inline bool in_machine_slot(const void* address) {
  auto a = reinterpret_cast<std::uintptr_t>(address);
  return a - kSlotsBase < kSlotStride * kSlotsMax;
}

}  // namespace drydock::host
