#pragma once
// Pool: blocks of up to a page less a header come from pages cut into equal blocks, larger ones are whole pages.
// Every small block has Windows' 16-byte header, whose second half names the driver address that asked for it.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "image/export_table.h"
#include "machine/gs.h"
#include "machine/machine.h"
#include "nt/pool.h"
#include "ntos/kernel.h"

namespace drydock::ntos {

using namespace nt;

namespace ex {

struct PoolHeader {
  UCHAR PreviousSize;  ///< of the block below in the page, in units of 16 bytes; 0 for the first
  UCHAR PoolIndex;     ///< follows from the address: header_mark()
  UCHAR BlockSize;     ///< in units of 16 bytes, header included
  UCHAR PoolType;      ///< 0 free, else kInUse | kPaged
  ULONG PoolTag;
  ULONG64 Caller;
};
static_assert(sizeof(PoolHeader) == 16);

class Pool {
 public:
  static constexpr SIZE_T kUnit = 16;
  static constexpr SIZE_T kSmallMax = machine::kPageSize - 32;  ///< larger requests get whole pages
  static constexpr UCHAR kInUse = 2;
  static constexpr UCHAR kPaged = 1;
  static constexpr ULONG64 kFreshPattern = 0xCDCDCDCDCDCDCDCD;
  static constexpr ULONG64 kFreedPattern = 0xDDDDDDDDDDDDDDDD;

  Pool(machine::Memory& memory, bool may_refuse) : memory_(memory), may_refuse_(may_refuse) {}

  /// `type` is kInUse or kInUse | kPaged. The contents are a pattern. Null when memory is used up.
  [[gnu::always_inline]] void* allocate(UCHAR type, SIZE_T bytes, ULONG tag, ULONG64 caller) {
    SIZE_T units = (bytes + sizeof(PoolHeader) + kUnit - 1) / kUnit;
    if (__builtin_expect(bytes > kSmallMax || bytes == 0, 0)) return allocate_other(type, bytes, tag, caller);
    FreeBlock* block = free_[units];
    if (__builtin_expect(block == nullptr, 0)) return allocate_from_new_page(type, units, tag, caller);
    return take(block, free_[units], type, units, tag, caller);
  }
  /// The same on a cache line of its own.
  void* allocate_cache_aligned(UCHAR type, SIZE_T bytes, ULONG tag, ULONG64 caller);
  /// `tag` 0 frees whatever the tag; another than the block's is BAD_POOL_CALLER.
  [[gnu::always_inline]] void release(void* address, ULONG tag) {
    auto place = reinterpret_cast<std::uintptr_t>(address);
    if (__builtin_expect(
            (place & (machine::kPageSize - 1)) == 0 || (place & (kUnit - 1)) != 0 || !memory_.is_ram(address), 0))
      return release_other(address, tag);
    PoolHeader* header = static_cast<PoolHeader*>(address) - 1;
    SIZE_T units = header->BlockSize;
    PoolHeader* next = header + units;
    bool last = (reinterpret_cast<std::uintptr_t>(next) & (machine::kPageSize - 1)) == 0;
    if (__builtin_expect(header->PoolIndex != header_mark(header) || (header->PoolType & kInUse) == 0 || units < 2 ||
                             (tag != 0 && tag != header->PoolTag) || same_page(header, next - 1) == false ||
                             (!last && next->PreviousSize != units) ||
                             ((header->PoolType & kPaged) != 0 && machine::gs::irql() > APC_LEVEL),
                         0))
      return release_is_wrong(address, tag);
    header->PoolType = 0;
    bytes_in_use_ -= units * kUnit;
    bool aligned = (place & 63) == 0 && (units & 3) == 0;
    put_back(address, aligned ? free_aligned_[units] : free_[units], units);
  }

  /// A block as a report shows it.
  struct Block {
    void* address;
    SIZE_T bytes;  ///< rounded up to the block for small ones
    ULONG tag;
    bool paged;
    ULONG64 caller;
  };
  /// All blocks in use, in the order of their pages' making, whose caller lies in [first, last].
  std::vector<Block> blocks_of(ULONG64 first_caller, ULONG64 last_caller) const;
  /// The block in use around `address`; false if none.
  bool find(const void* address, Block& block) const;
  SIZE_T bytes_in_use() const { return bytes_in_use_; }
  /// Whether anyone is asked before an allocation; the steady strategy never refuses.
  bool may_refuse() const { return may_refuse_; }
  /// Whether allocations are asked about at all (machine::refused).
  void set_may_refuse(bool may) { may_refuse_ = may; }

 private:
  struct FreeBlock {
    ULONG64 next;   ///< xored with kLinkMask, so that a driver that follows it faults
    ULONG64 check;  ///< complement of `next`
  };
  struct Page {
    std::byte* first;
    std::uint16_t units;
    std::uint16_t offset;
  };
  struct LargeBlock {
    SIZE_T bytes;
    SIZE_T pages;
    ULONG tag;
    UCHAR type;
    ULONG64 caller;
  };
  static constexpr ULONG64 kLinkMask = 0xDDDD'0000'0000'0000;
  static constexpr unsigned kUnitsMax = 256;

  static UCHAR header_mark(const PoolHeader* header) {
    return static_cast<UCHAR>(reinterpret_cast<std::uintptr_t>(header) >> 4) ^ 0x5A;
  }
  static bool same_page(const void* a, const void* b) {
    return (reinterpret_cast<std::uintptr_t>(a) ^ reinterpret_cast<std::uintptr_t>(b)) < machine::kPageSize;
  }

  [[gnu::always_inline]] void* take(FreeBlock* block, FreeBlock*& list, UCHAR type, SIZE_T units, ULONG tag,
                                    ULONG64 caller) {
    PoolHeader* header = reinterpret_cast<PoolHeader*>(block) - 1;
    if (__builtin_expect(block->check != ~block->next || header->BlockSize != units || header->PoolType != 0, 0))
      freed_block_changed(block);
    list = reinterpret_cast<FreeBlock*>(block->next ^ kLinkMask);
    header->PoolType = type;
    header->PoolTag = tag;
    header->Caller = caller;
    block->next = block->check = kFreshPattern;
    bytes_in_use_ += units * kUnit;
    return block;
  }
  [[gnu::always_inline]] void put_back(void* address, FreeBlock*& list, SIZE_T units) {
    auto* words = static_cast<ULONG64*>(address);
    SIZE_T count = 2 * (units - 1);
    for (SIZE_T i = 2; i < 8 && i < count; ++i) words[i] = kFreedPattern;
    auto* block = static_cast<FreeBlock*>(address);
    block->next = reinterpret_cast<ULONG64>(list) ^ kLinkMask;
    block->check = ~block->next;
    list = block;
  }

  void* NTAPI allocate_other(UCHAR type, SIZE_T bytes, ULONG tag, ULONG64 caller);
  void* NTAPI allocate_from_new_page(UCHAR type, SIZE_T units, ULONG tag, ULONG64 caller);
  void NTAPI release_other(void* address, ULONG tag);
  void NTAPI release_is_wrong(void* address, ULONG tag);
  [[noreturn]] void NTAPI freed_block_changed(FreeBlock* block);
  bool cut_new_page(SIZE_T units, SIZE_T offset, FreeBlock*& list);

  machine::Memory& memory_;
  bool may_refuse_;
  SIZE_T bytes_in_use_ = 0;
  FreeBlock* free_[kUnitsMax] = {};
  FreeBlock* free_aligned_[kUnitsMax] = {};
  std::vector<Page> pages_;
  std::map<std::uintptr_t, LargeBlock> large_;
};

/// "'Tst1'" as a person reads a tag: characters in memory order, '.' for what cannot be shown.
std::string tag_text(ULONG tag);

void add_pool_exports(image::ExportIndex& index);

}  // namespace ex

// IRQL: at most DISPATCH_LEVEL, paged pool at most APC_LEVEL. Ownership: the block is the caller's until freed.
// Null (or a raised STATUS_INSUFFICIENT_RESOURCES where asked for) when memory is used up or the fault plan says so.
// Contents are a pattern except ExAllocatePool2's, which are zero unless POOL_FLAG_UNINITIALIZED is given.
PVOID NTAPI ExAllocatePool(POOL_TYPE type, SIZE_T bytes);
PVOID NTAPI ExAllocatePoolWithTag(POOL_TYPE type, SIZE_T bytes, ULONG tag);
PVOID NTAPI ExAllocatePoolWithTagPriority(POOL_TYPE type, SIZE_T bytes, ULONG tag, LONG priority);
PVOID NTAPI ExAllocatePoolWithQuota(POOL_TYPE type, SIZE_T bytes);
PVOID NTAPI ExAllocatePoolWithQuotaTag(POOL_TYPE type, SIZE_T bytes, ULONG tag);
PVOID NTAPI ExAllocatePool2(ULONG64 flags, SIZE_T bytes, ULONG tag);
PVOID NTAPI ExAllocatePool3(ULONG64 flags, SIZE_T bytes, ULONG tag, PVOID extended, ULONG extended_count);
VOID NTAPI ExFreePool(PVOID block);
VOID NTAPI ExFreePoolWithTag(PVOID block, ULONG tag);
VOID NTAPI ExFreePool2(PVOID block, ULONG tag, PVOID extended, ULONG extended_count);
SIZE_T NTAPI ExQueryPoolBlockSize(PVOID block, BOOLEAN* quota_charged);

}  // namespace drydock::ntos
