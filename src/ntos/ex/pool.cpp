#include "ntos/ex/pool.h"

#include <cstring>

#include <fmt/format.h>

#include "nt/bugcheck.h"
#include "ntos/ex/pool_guard.h"
#include "ntos/ex/state.h"

namespace drydock::ntos::ex {

namespace {

constexpr ULONG kProtectedPool = 0x80000000;

ULONG64 number(const void* address) {
  return reinterpret_cast<ULONG64>(address);
}

ULONG64 first_word(const void* address) {
  ULONG64 word;
  std::memcpy(&word, address, sizeof word);
  return word;
}

// The reasons of BAD_POOL_CALLER and BAD_POOL_HEADER.
constexpr ULONG64 kDoubleFree = 7, kFreeAtBadIrql = 9, kWrongTag = 0xA, kUserAddress = 0x40, kNeverAllocated = 0x46;
constexpr ULONG64 kFreeListDamaged = 3, kSizeDamaged = 0x20;

}  // namespace

bool Pool::cut_new_page(SIZE_T units, SIZE_T offset, FreeBlock*& list) {
  auto* page = static_cast<std::byte*>(memory_.allocate_pages(1));
  if (page == nullptr) return false;
  std::memset(page, static_cast<int>(kFreshPattern & 0xFF), machine::kPageSize);
  pages_.push_back({page, static_cast<std::uint16_t>(units), static_cast<std::uint16_t>(offset)});

  SIZE_T count = (machine::kPageSize - offset) / (units * kUnit);
  SIZE_T end = offset + count * units * kUnit;
  if (end < machine::kPageSize) {
    // So that the last block's overrun is seen like any other's.
    auto* rest = reinterpret_cast<PoolHeader*>(page + end);
    *rest = {static_cast<UCHAR>(units), header_mark(rest), 0, 0, 0, 0};
  }
  for (SIZE_T i = count; i-- > 0;) {
    auto* header = reinterpret_cast<PoolHeader*>(page + offset + i * units * kUnit);
    *header = {static_cast<UCHAR>(i == 0 ? 0 : units), header_mark(header), static_cast<UCHAR>(units), 0, 0, 0};
    put_back(header + 1, list, units);
  }
  return true;
}

void* NTAPI Pool::allocate_from_new_page(UCHAR type, SIZE_T units, ULONG tag, ULONG64 caller) {
  if (!cut_new_page(units, 0, free_[units])) return nullptr;
  return take(free_[units], free_[units], type, units, tag, caller);
}

void* Pool::allocate_cache_aligned(UCHAR type, SIZE_T bytes, ULONG tag, ULONG64 caller) {
  // The header takes the 16 bytes below a line; a page holds whole lines less the first.
  constexpr SIZE_T kLine = 64, kFirstHeader = kLine - sizeof(PoolHeader);
  SIZE_T units = ((bytes + sizeof(PoolHeader) + kLine - 1) & ~(kLine - 1)) / kUnit;
  if (units * kUnit > machine::kPageSize - kFirstHeader) return allocate_other(type, machine::kPageSize, tag, caller);
  FreeBlock*& list = free_aligned_[units];
  if (list == nullptr && !cut_new_page(units, kFirstHeader, list)) return nullptr;
  return take(list, list, type, units, tag, caller);
}

void* NTAPI Pool::allocate_other(UCHAR type, SIZE_T bytes, ULONG tag, ULONG64 caller) {
  if (bytes == 0) return allocate(type, 1, tag, caller);  // Windows hands out its smallest block
  SIZE_T pages = (bytes + machine::kPageSize - 1) / machine::kPageSize;
  if (pages > memory_.ram_bytes() / machine::kPageSize) return nullptr;
  void* block = memory_.allocate_pages(pages);
  if (block == nullptr) return nullptr;
  std::memset(block, static_cast<int>(kFreshPattern & 0xFF), pages * machine::kPageSize);
  large_[number(block)] = {bytes, pages, tag, type, caller};
  bytes_in_use_ += pages * machine::kPageSize;
  return block;
}

void set_pool_guard(PoolGuard& guard) {
  kernel().ex->pool_guard = &guard;
  kernel().pool->set_may_refuse(true);  // leads every allocation past the guard
}

void NTAPI Pool::release_other(void* address, ULONG tag) {
  if (PoolGuard* guard = kernel().ex->pool_guard; guard != nullptr && guard->release(address, tag)) return;
  auto& machine = machine::Machine::current();
  auto found = large_.find(number(address));
  if (found == large_.end()) {
    bool user = number(address) < 0x80000000;
    machine.bug_check(BAD_POOL_CALLER, user ? kUserAddress : kNeverAllocated, number(address), 0, 0,
                      fmt::format("pool is freed at {:#x}, which is no address of a block", number(address)));
  }
  const LargeBlock& block = found->second;
  tag &= ~kProtectedPool;
  if (tag != 0 && tag != (block.tag & ~kProtectedPool))
    machine.bug_check(
        BAD_POOL_CALLER, kWrongTag, number(address), block.tag, tag,
        fmt::format("a block of pool with tag {} is freed with tag {}", tag_text(block.tag), tag_text(tag)));
  if ((block.type & kPaged) != 0 && machine::gs::irql() > APC_LEVEL)
    machine.bug_check(BAD_POOL_CALLER, kFreeAtBadIrql, machine::gs::irql(), PagedPool, number(address),
                      "paged pool is freed above APC_LEVEL");
  std::memset(address, static_cast<int>(kFreedPattern & 0xFF), 64);
  bytes_in_use_ -= block.pages * machine::kPageSize;
  memory_.free_pages(address, block.pages);
  large_.erase(found);
}

void NTAPI Pool::release_is_wrong(void* address, ULONG tag) {
  if (PoolGuard* guard = kernel().ex->pool_guard; guard != nullptr && guard->release(address, tag)) return;
  auto& machine = machine::Machine::current();
  PoolHeader* header = static_cast<PoolHeader*>(address) - 1;
  SIZE_T units = header->BlockSize;
  ULONG64 contents = first_word(header);
  if (header->PoolIndex != header_mark(header) || units < 2 || !same_page(header, header + units - 1))
    machine.bug_check(BAD_POOL_HEADER, kSizeDamaged, number(header), number(header + units), contents,
                      fmt::format("the pool header below {:#x} is damaged, or no block begins there", number(address)));
  if ((header->PoolType & kInUse) == 0)
    machine.bug_check(BAD_POOL_CALLER, kDoubleFree, 0, contents, number(address),
                      fmt::format("a block of pool with tag {} is freed twice", tag_text(header->PoolTag)));
  tag &= ~kProtectedPool;
  if (tag != 0 && tag != (header->PoolTag & ~kProtectedPool))
    machine.bug_check(
        BAD_POOL_CALLER, kWrongTag, number(address), header->PoolTag, tag,
        fmt::format("a block of pool with tag {} is freed with tag {}", tag_text(header->PoolTag), tag_text(tag)));
  PoolHeader* next = header + units;
  if (same_page(header, next) && next->PreviousSize != units)
    machine.bug_check(BAD_POOL_HEADER, kSizeDamaged, number(header), number(next), contents,
                      fmt::format("what follows a block of pool with tag {} was overwritten: the block was overrun",
                                  tag_text(header->PoolTag)));
  if ((header->PoolType & kPaged) != 0 && machine::gs::irql() > APC_LEVEL)
    machine.bug_check(BAD_POOL_CALLER, kFreeAtBadIrql, machine::gs::irql(), PagedPool, number(address),
                      "paged pool is freed above APC_LEVEL");
  release(address, 0);  // only PROTECTED_POOL told the tags apart
}

void NTAPI Pool::freed_block_changed(FreeBlock* block) {
  PoolHeader* header = reinterpret_cast<PoolHeader*>(block) - 1;
  machine::Machine::current().bug_check(
      BAD_POOL_HEADER, kFreeListDamaged, number(block), block->next, block->check,
      fmt::format("a freed block of pool was written to; its last tag was {}", tag_text(header->PoolTag)));
}

std::vector<Pool::Block> Pool::blocks_of(ULONG64 first_caller, ULONG64 last_caller) const {
  std::vector<Block> result;
  for (const Page& page : pages_) {
    SIZE_T step = page.units * kUnit;
    for (SIZE_T at = page.offset; at + step <= machine::kPageSize; at += step) {
      auto* header = reinterpret_cast<PoolHeader*>(page.first + at);
      if ((header->PoolType & kInUse) == 0 || header->Caller < first_caller || header->Caller > last_caller) continue;
      result.push_back(
          {header + 1, step - sizeof(PoolHeader), header->PoolTag, (header->PoolType & kPaged) != 0, header->Caller});
    }
  }
  for (const auto& [address, block] : large_)
    if (block.caller >= first_caller && block.caller <= last_caller)
      result.push_back(
          {reinterpret_cast<void*>(address), block.bytes, block.tag, (block.type & kPaged) != 0, block.caller});
  if (const PoolGuard* guard = kernel().ex->pool_guard) guard->add_blocks_of(first_caller, last_caller, result);
  return result;
}

bool Pool::find(const void* address, Block& block) const {
  if (const PoolGuard* guard = kernel().ex->pool_guard; guard != nullptr && guard->find(address, block)) return true;
  auto large = large_.upper_bound(number(address));
  if (large != large_.begin()) {
    --large;
    if (number(address) - large->first < large->second.pages * machine::kPageSize) {
      block = {reinterpret_cast<void*>(large->first), large->second.bytes, large->second.tag,
               (large->second.type & kPaged) != 0, large->second.caller};
      return true;
    }
  }
  for (const Page& page : pages_) {
    auto offset = number(address) - number(page.first);
    if (offset >= machine::kPageSize) continue;
    SIZE_T step = page.units * kUnit;
    if (offset < page.offset) return false;
    SIZE_T index = (offset - page.offset) / step;
    SIZE_T start = page.offset + index * step;
    if (start + step > machine::kPageSize) return false;
    auto* header = reinterpret_cast<PoolHeader*>(page.first + start);
    block = {header + 1, step - sizeof(PoolHeader), header->PoolTag, (header->PoolType & kPaged) != 0, header->Caller};
    return (header->PoolType & kInUse) != 0;
  }
  return false;
}

std::string tag_text(ULONG tag) {
  std::string text = "'";
  for (int i = 0; i < 4; ++i) {
    auto c = static_cast<char>(tag >> (8 * i));
    text += c >= 0x20 && c < 0x7F ? c : '.';
  }
  return text + "'";
}

}  // namespace drydock::ntos::ex
