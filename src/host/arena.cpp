#include "host/arena.h"

#include <bit>
#include <cstdlib>
#include <new>

#include "host/check.h"

namespace drydock::host {
namespace {

constexpr std::size_t kGrain = 16;
constexpr unsigned kFineClasses = 64;  // 16, 32, ... 1024 bytes; above, powers of two

/// Stands before every block, so that release() needs nothing but the address.
struct BlockHeader {
  std::uint32_t size_class;
  std::uint32_t offset;  // from the block's own start to the header; not 0 for over-aligned blocks
  Arena* arena;
};
static_assert(sizeof(BlockHeader) == kGrain);

thread_local Arena* current_arena = nullptr;

unsigned class_of(std::size_t bytes) {
  if (bytes <= kFineClasses * kGrain) return static_cast<unsigned>((bytes + kGrain - 1) / kGrain - (bytes != 0));
  return kFineClasses + static_cast<unsigned>(std::bit_width(bytes - 1)) - 11;
}

std::size_t size_of(unsigned size_class) {
  if (size_class < kFineClasses) return (size_class + 1) * kGrain;
  return std::size_t{1} << (size_class - kFineClasses + 11);
}

}  // namespace

struct Arena::FreeBlock {
  FreeBlock* next;
};

Arena* Arena::create(std::byte* base, std::size_t size_max) {
  auto* arena = new (base) Arena;
  arena->end_ = base + (sizeof(Arena) + kGrain - 1) / kGrain * kGrain;
  arena->limit_ = base + size_max;
  arena->bytes_in_use_ = 0;
  for (FreeBlock*& list : arena->free_) list = nullptr;
  return arena;
}

void* Arena::allocate(std::size_t bytes, std::size_t alignment) {
  std::size_t slack = alignment > kGrain ? alignment : 0;
  unsigned size_class = class_of(bytes + slack + (bytes + slack == 0));
  HOST_CHECK(size_class < kClasses);
  std::byte* block;
  if (FreeBlock* free_block = free_[size_class]) {
    free_[size_class] = free_block->next;
    block = reinterpret_cast<std::byte*>(free_block) - sizeof(BlockHeader);
  } else {
    std::size_t whole = sizeof(BlockHeader) + size_of(size_class);
    if (static_cast<std::size_t>(limit_ - end_) < whole) throw std::bad_alloc();
    block = end_;
    end_ += whole;
  }
  bytes_in_use_ += size_of(size_class);
  std::byte* user = block + sizeof(BlockHeader);
  if (slack) user = reinterpret_cast<std::byte*>((reinterpret_cast<std::uintptr_t>(user) + alignment - 1) & -alignment);
  auto* header = reinterpret_cast<BlockHeader*>(user) - 1;
  *header = {size_class, static_cast<std::uint32_t>(reinterpret_cast<std::byte*>(header) - block), this};
  return user;
}

void Arena::release(void* user) {
  auto* header = static_cast<BlockHeader*>(user) - 1;
  unsigned size_class = header->size_class;
  bytes_in_use_ -= size_of(size_class);
  std::byte* block = reinterpret_cast<std::byte*>(header) - header->offset;
  auto* free_block = reinterpret_cast<FreeBlock*>(block + sizeof(BlockHeader));
  free_block->next = free_[size_class];
  free_[size_class] = free_block;
}

ArenaScope::ArenaScope(Arena* arena) : previous_(current_arena) { current_arena = arena; }
ArenaScope::~ArenaScope() { current_arena = previous_; }

namespace {

void* allocate(std::size_t bytes, std::size_t alignment) {
  if (Arena* arena = current_arena) return arena->allocate(bytes, alignment);
  void* block = alignment > alignof(std::max_align_t) ? std::aligned_alloc(alignment, (bytes + alignment - 1) & -alignment)
                                                      : std::malloc(bytes ? bytes : 1);
  if (!block) throw std::bad_alloc();
  return block;
}

void* allocate_or_null(std::size_t bytes, std::size_t alignment) noexcept {
  try {
    return allocate(bytes, alignment);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void release(void* block) {
  if (!block) return;
  if (!in_machine_slot(block)) return std::free(block);
  (static_cast<BlockHeader*>(block) - 1)->arena->release(block);
}

}  // namespace
}  // namespace drydock::host

void* operator new(std::size_t bytes) { return drydock::host::allocate(bytes, alignof(std::max_align_t)); }
void* operator new[](std::size_t bytes) { return drydock::host::allocate(bytes, alignof(std::max_align_t)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return drydock::host::allocate(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  return drydock::host::allocate(bytes, static_cast<std::size_t>(alignment));
}
// These too: a sanitizer's own would not come to the ones above.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return drydock::host::allocate_or_null(bytes, alignof(std::max_align_t));
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  return drydock::host::allocate_or_null(bytes, alignof(std::max_align_t));
}
void* operator new(std::size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return drydock::host::allocate_or_null(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return drydock::host::allocate_or_null(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* block) noexcept { drydock::host::release(block); }
void operator delete[](void* block) noexcept { drydock::host::release(block); }
void operator delete(void* block, std::size_t) noexcept { drydock::host::release(block); }
void operator delete[](void* block, std::size_t) noexcept { drydock::host::release(block); }
void operator delete(void* block, std::align_val_t) noexcept { drydock::host::release(block); }
void operator delete[](void* block, std::align_val_t) noexcept { drydock::host::release(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { drydock::host::release(block); }
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept { drydock::host::release(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { drydock::host::release(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { drydock::host::release(block); }
void operator delete(void* block, std::align_val_t, const std::nothrow_t&) noexcept { drydock::host::release(block); }
void operator delete[](void* block, std::align_val_t, const std::nothrow_t&) noexcept { drydock::host::release(block); }
