#include "verifier/special_pool.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>

#include <fmt/format.h>

#include "image/loader.h"
#include "machine/gs.h"
#include "machine/machine.h"
#include "machine/wires.h"
#include "nt/bugcheck.h"
#include "ntos/ex/pool_guard.h"
#include "ntos/rtl/fault_witness.h"

namespace drydock::verifier {

using namespace nt;
using machine::kPageSize;
using machine::Machine;
using ntos::ex::Pool;
using ntos::ex::PoolGuard;

namespace {

constexpr std::byte kFresh{0xCD};  // as the ordinary pool's, see Pool::kFreshPattern
constexpr std::byte kSlack{0xA5};  // around a block, up to the ends of its pages
constexpr SIZE_T kBytesMax = 64 << 10;
/// One page in so many of RAM, guard pages included; and no more than the host has mappings for.
constexpr std::size_t kShareOfRam = 4;
constexpr std::size_t kPagesMax = 16'384;

// The reasons of BAD_POOL_CALLER and SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION.
constexpr ULONG64 kDoubleFree = 7, kFreeAtBadIrql = 9, kWrongTag = 0xA;
constexpr ULONG64 kBadAddress = 0x21, kBytesBefore = 0x23, kBytesPastEnd = 0x24;
constexpr ULONG kProtectedPool = 0x80000000;

struct Block {
  std::byte* pages = nullptr;  ///< the guard page follows the last
  std::size_t count = 0;       ///< without the guard page
  std::byte* address = nullptr;
  SIZE_T bytes = 0;
  ULONG tag = 0;
  UCHAR type = 0;
  ULONG64 caller = 0;
  bool freed = false;
  ULONG64 freed_by = 0;  ///< driver address, or 0 if one of our functions did it by itself
  bool told = false;     ///< a device wrote to it afterwards

  std::byte* guard() const { return pages + count * kPageSize; }
  std::byte* end() const { return address + bytes; }
};

ULONG64 number(const void* address) {
  return reinterpret_cast<ULONG64>(address);
}

std::string symbol(ULONG64 address) {
  return image::Images::current().symbol_at(address);
}

class SpecialPool final : public PoolGuard, public machine::DeviceWitness {
 public:
  explicit SpecialPool(machine::Memory& memory)
      : memory_(memory), pages_max_(std::min(memory.ram_bytes() / kPageSize / kShareOfRam, kPagesMax)) {}

  void* allocate(UCHAR type, SIZE_T bytes, SIZE_T alignment, ULONG tag, ULONG64 caller) override {
    if (bytes > kBytesMax || !image::Images::current().at(reinterpret_cast<const void*>(caller))) return nullptr;
    bytes = std::max<SIZE_T>(bytes, 1);
    Block block;
    block.count = (bytes + kPageSize - 1) / kPageSize;
    block.pages = take_pages(block.count);
    if (!block.pages) return ++use.unguarded, nullptr;
    // Whole pages are page aligned on Windows, and drivers know it.
    const SIZE_T room = block.count * kPageSize;
    block.address =
        bytes >= kPageSize ? block.pages : block.pages + room - (bytes + alignment - 1) / alignment * alignment;
    block.bytes = bytes;
    block.tag = tag;
    block.type = type;
    block.caller = caller;
    std::fill(block.pages, block.address, kSlack);
    std::fill(block.address, block.end(), kFresh);
    std::fill(block.end(), block.guard(), kSlack);
    in_use_ += block.count + 1;
    blocks_[number(block.pages)] = block;
    ++use.guarded;
    return block.address;
  }

  bool release(void* address, ULONG tag) override {
    Block* block = around(address);
    if (!block) return false;
    check_release(*block, static_cast<std::byte*>(address), tag & ~kProtectedPool);
    block->freed = true;
    block->freed_by = machine::gs::calling_address();
    memory_.protect(block->pages, block->count, machine::Access::None);
    freed_.push_back(number(block->pages));
    return true;
  }

  bool find(const void* address, Pool::Block& found) const override {
    const Block* block = const_cast<SpecialPool*>(this)->around(address);
    if (!block || block->freed || address < block->address || address >= block->end()) return false;
    found = shown(*block);
    return true;
  }

  void add_blocks_of(ULONG64 first_caller, ULONG64 last_caller, std::vector<Pool::Block>& blocks) const override {
    for (const auto& [pages, block] : blocks_)
      if (!block.freed && block.caller >= first_caller && block.caller <= last_caller) blocks.push_back(shown(block));
  }

  /// Stops the machine if the address is one that it forbids.
  void look_at_fault(const machine::TrapFrame* trap, const machine::FaultInfo& info) {
    const auto* at = reinterpret_cast<const std::byte*>(info.address);
    const Block* block = around(at);
    if (!block) return;
    const bool beyond = at >= block->end();
    const bool by_driver = !info.in_host;
    const ULONG code =
        beyond      ? (by_driver ? DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION : PAGE_FAULT_BEYOND_END_OF_ALLOCATION)
        : by_driver ? DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL
                    : PAGE_FAULT_IN_FREED_SPECIAL_POOL;
    const bool write = info.touch == machine::FaultInfo::Touch::Write;
    const char* verb = write ? "wrote" : info.touch == machine::FaultInfo::Touch::Read ? "read" : "executed";
    const std::string where = beyond                 ? fmt::format("{} bytes past the end of", at - block->end())
                              : at >= block->address ? fmt::format("{} bytes into", at - block->address)
                                                     : fmt::format("{} bytes before the start of", block->address - at);
    Machine::current().bug_check(
        code, info.address, write ? 1 : 0, info.instruction, 0,
        fmt::format("{} {} at {:#x}, {} a block of {} bytes with tag {} that {} had allocated{}",
                    symbol(info.instruction), verb, info.address, where, block->bytes, ntos::ex::tag_text(block->tag),
                    symbol(block->caller),
                    block->freed ? fmt::format(" and {} had freed", symbol(block->freed_by)) : std::string()),
        trap);
  }

  void dma_written(machine::BusAddress from, machine::PhysicalAddress to, std::size_t bytes) override {
    Block* block = around(memory_.va_of(to));
    if (!block || !block->freed || block->told) return;
    block->told = true;
    Machine::current().report(machine::finding(
        "dma-into-freed-pool",
        fmt::format("device {:x}:{:x}.{:x} wrote {} bytes at {:#x}, into a block of {} bytes with tag {} that {} had "
                    "allocated and {} had freed",
                    from.bus, from.device, from.function, bytes, to, block->bytes, ntos::ex::tag_text(block->tag),
                    symbol(block->caller), symbol(block->freed_by)),
        machine::Severity::Recorded));
  }

  SpecialPoolUse use;

 private:
  /// With the guard page closed and the others open. Null if there are none within the budget.
  std::byte* take_pages(std::size_t count) {
    while (in_use_ + count + 1 > pages_max_ && !freed_.empty()) forget_oldest();
    if (in_use_ + count + 1 > pages_max_) return nullptr;
    auto* pages = static_cast<std::byte*>(memory_.allocate_pages(count + 1));
    if (pages) memory_.protect(pages + count * kPageSize, 1, machine::Access::None);
    return pages;
  }

  void forget_oldest() {
    auto oldest = blocks_.find(freed_.front());
    freed_.pop_front();
    in_use_ -= oldest->second.count + 1;
    memory_.free_pages(oldest->second.pages, oldest->second.count + 1);
    blocks_.erase(oldest);
  }

  /// The block whose pages, guard page included, `address` lies in.
  Block* around(const void* address) {
    auto next = blocks_.upper_bound(number(address));
    if (next == blocks_.begin()) return nullptr;
    Block& block = std::prev(next)->second;
    return address < block.guard() + kPageSize ? &block : nullptr;
  }

  static Pool::Block shown(const Block& block) {
    return {block.address, block.bytes, block.tag, (block.type & Pool::kPaged) != 0, block.caller};
  }

  static void check_release(const Block& block, const std::byte* address, ULONG tag) {
    Machine& machine = Machine::current();
    const std::string name = fmt::format("a block of {} bytes with tag {}, allocated by {},", block.bytes,
                                         ntos::ex::tag_text(block.tag), symbol(block.caller));
    if (block.freed)
      machine.bug_check(BAD_POOL_CALLER, kDoubleFree, 0, 0, number(address),
                        fmt::format("{} is freed twice; {} was the first", name, symbol(block.freed_by)));
    if (address != block.address)
      machine.bug_check(
          SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, number(address), 0, block.bytes, kBadAddress,
          fmt::format("{} is freed at {:#x}, and begins at {:#x}", name, number(address), number(block.address)));
    if (tag != 0 && tag != (block.tag & ~kProtectedPool))
      machine.bug_check(BAD_POOL_CALLER, kWrongTag, number(address), block.tag, tag,
                        fmt::format("{} is freed with tag {}", name, ntos::ex::tag_text(tag)));
    if ((block.type & Pool::kPaged) != 0 && machine::gs::irql() > APC_LEVEL)
      machine.bug_check(BAD_POOL_CALLER, kFreeAtBadIrql, machine::gs::irql(), PagedPool, number(address),
                        "paged pool is freed above APC_LEVEL");
    for (const std::byte* at = block.end(); at < block.guard(); ++at)
      if (*at != kSlack)
        machine.bug_check(SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, number(address), number(at), block.bytes,
                          kBytesPastEnd,
                          fmt::format("{} was overrun: byte {} past its end has changed", name, at - block.end()));
    for (const std::byte* at = block.pages; at < block.address; ++at)
      if (*at != kSlack)
        machine.bug_check(
            SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, number(address), number(at), block.bytes, kBytesBefore,
            fmt::format("{} was underrun: byte {} before its start has changed", name, block.address - at));
  }

  machine::Memory& memory_;
  const std::size_t pages_max_;
  std::size_t in_use_ = 0;           ///< pages, guard pages and those of freed blocks included
  std::map<ULONG64, Block> blocks_;  ///< by first page
  std::deque<ULONG64> freed_;        ///< oldest first
};

SpecialPool* special_pool() {
  return Machine::current().find_part<SpecialPool>(machine::PartId::Verifier);
}

void driver_faulted(const machine::TrapFrame* trap, const machine::FaultInfo& info) {
  special_pool()->look_at_fault(trap, info);
}

}  // namespace

void use_special_pool() {
  Machine& machine = Machine::current();
  auto* pool = new SpecialPool(machine.memory());
  machine.set_part(machine::PartId::Verifier, pool);
  machine.add_witness(*pool);
  ntos::ex::set_pool_guard(*pool);
  ntos::rtl::add_fault_witness(driver_faulted);
}

SpecialPoolUse special_pool_use() {
  const SpecialPool* pool = special_pool();
  return pool ? pool->use : SpecialPoolUse{};
}

}  // namespace drydock::verifier
