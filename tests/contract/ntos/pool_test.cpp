// Pool: what a driver finds in its blocks, and the stops for misusing them.

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <set>
#include <string_view>

#include "contract/ntos/kernel_rig.h"
#include "nt/bugcheck.h"
#include "ntos/ex/pool.h"
#include "ntos/ke/irql.h"
#include "ntos/kernel.h"
#include "ntos/mm/io_space.h"

namespace drydock::tests {
namespace {

using machine::OutcomeKind;
using namespace nt;
using namespace ntos;

constexpr ULONG kTag = 0x31747354;       // 'Tst1'
constexpr ULONG kOtherTag = 0x32747354;  // 'Tst2'

ULONG64 word(const void* block, unsigned index = 0) {
  return static_cast<const ULONG64*>(block)[index];
}

const machine::Finding& only_finding(KernelRig& rig) {
  EXPECT_EQ(rig.findings().size(), 1u) << rig.what_happened();
  return rig.findings().front();
}

TEST(Pool, BlocksAreAlignedDistinctAndHoldTheirBytes) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    std::set<void*> seen;
    std::vector<std::pair<unsigned char*, SIZE_T>> blocks;
    for (SIZE_T bytes = 1; bytes < 9000; bytes += 1 + bytes / 7) {
      auto* block = static_cast<unsigned char*>(ExAllocatePoolWithTag(NonPagedPoolNx, bytes, kTag));
      ASSERT_NE(block, nullptr);
      EXPECT_TRUE(seen.insert(block).second);
      EXPECT_EQ(reinterpret_cast<ULONG_PTR>(block) % (bytes >= PAGE_SIZE ? PAGE_SIZE : 16), 0u) << bytes;
      std::memset(block, static_cast<int>(bytes & 0xFF), bytes);
      blocks.push_back({block, bytes});
    }
    for (auto [block, bytes] : blocks)
      for (SIZE_T i = 0; i < bytes; ++i) ASSERT_EQ(block[i], bytes & 0xFF);
    for (auto [block, bytes] : blocks) ExFreePoolWithTag(block, kTag);
    SIZE_T after_one = kernel().pool->bytes_in_use();
    void* again = ExAllocatePoolWithTag(PagedPool, 100, kTag);
    EXPECT_GT(kernel().pool->bytes_in_use(), after_one);
    ExFreePool(again);
    EXPECT_EQ(kernel().pool->bytes_in_use(), after_one);
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

TEST(Pool, ContentsAreAPatternExceptFromExAllocatePool2) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    void* block = ExAllocatePoolWithTag(NonPagedPoolNx, 64, kTag);
    EXPECT_EQ(word(block), ex::Pool::kFreshPattern);
    EXPECT_NE(word(block, 7), 0u);
    ExFreePool(block);
    void* zeroed = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, kTag);
    for (unsigned i = 0; i < 8; ++i) EXPECT_EQ(word(zeroed, i), 0u);
    ExFreePool(zeroed);
    void* large = ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_UNINITIALIZED, 3 * PAGE_SIZE, kTag);
    EXPECT_EQ(word(large), ex::Pool::kFreshPattern);
    ExFreePool(large);
    EXPECT_EQ(ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_PAGED, 64, kTag), nullptr);
    EXPECT_EQ(ExAllocatePool2(POOL_FLAG_NON_PAGED, 0, kTag), nullptr);
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

TEST(Pool, CacheAlignedBlocksStartALine) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    for (SIZE_T bytes : {64, 100, 500, 1000, 3000, 4000}) {
      void* block = ExAllocatePoolWithTag(NonPagedPoolCacheAligned, bytes, kTag);
      EXPECT_EQ(reinterpret_cast<ULONG_PTR>(block) % 64, 0u) << bytes;
      std::memset(block, 1, bytes);
      ExFreePoolWithTag(block, kTag);
      EXPECT_EQ(ExAllocatePoolWithTag(NonPagedPoolCacheAligned, bytes, kTag), block);
    }
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

TEST(Pool, FrameNumbersOfALargeBlockAreScattered) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    auto* block = static_cast<char*>(ExAllocatePoolWithTag(NonPagedPoolNx, 8 * PAGE_SIZE, kTag));
    unsigned neighbours = 0;
    for (int i = 1; i < 8; ++i)
      neighbours += MmGetPhysicalAddress(block + i * PAGE_SIZE).QuadPart ==
                    MmGetPhysicalAddress(block + (i - 1) * PAGE_SIZE).QuadPart + PAGE_SIZE;
    EXPECT_LT(neighbours, 7u);
    ExFreePool(block);
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

void expect_stop(std::uint32_t code, std::uint64_t reason, const std::function<void()>& mistake) {
  KernelRig rig;
  EXPECT_EQ(rig.run(mistake), OutcomeKind::BugCheck);
  ASSERT_TRUE(only_finding(rig).bug_check.has_value());
  EXPECT_EQ(only_finding(rig).bug_check->code, code) << rig.what_happened();
  EXPECT_EQ(only_finding(rig).bug_check->parameters[0], reason) << rig.what_happened();
}

TEST(Pool, FreeingTwiceIsBadPoolCaller7) {
  expect_stop(BAD_POOL_CALLER, 7, [] {
    void* block = ExAllocatePoolWithTag(NonPagedPoolNx, 40, kTag);
    ExFreePool(block);
    ExFreePool(block);
  });
}

TEST(Pool, FreeingALargeBlockTwiceIsBadPoolCaller46) {
  expect_stop(BAD_POOL_CALLER, 0x46, [] {
    void* block = ExAllocatePoolWithTag(NonPagedPoolNx, 2 * PAGE_SIZE, kTag);
    ExFreePool(block);
    ExFreePool(block);
  });
}

TEST(Pool, FreeingWithAnotherTagIsBadPoolCallerA) {
  expect_stop(BAD_POOL_CALLER, 0xA,
              [] { ExFreePoolWithTag(ExAllocatePoolWithTag(NonPagedPoolNx, 40, kTag), kOtherTag); });
}

TEST(Pool, FreeingALargeBlockWithAnotherTagIsBadPoolCallerA) {
  expect_stop(BAD_POOL_CALLER, 0xA, [] { ExFreePoolWithTag(ExAllocatePoolWithTag(PagedPool, 9000, kTag), kOtherTag); });
}

TEST(Pool, FreeingAUserAddressIsBadPoolCaller40) {
  expect_stop(BAD_POOL_CALLER, 0x40, [] { ExFreePool(reinterpret_cast<void*>(0x10000)); });
}

TEST(Pool, FreeingTheMiddleOfABlockIsBadPoolHeader) {
  expect_stop(BAD_POOL_HEADER, 0x20, [] {
    auto* block = static_cast<char*>(ExAllocatePoolWithTag(NonPagedPoolNx, 100, kTag));
    ExFreePool(block + 32);
  });
}

TEST(Pool, WritingPastTheEndIsBadPoolHeader20) {
  expect_stop(BAD_POOL_HEADER, 0x20, [] {
    auto* block = static_cast<char*>(ExAllocatePoolWithTag(NonPagedPoolNx, 48, kTag));
    block[48] = 0x55;
    ExFreePool(block);
  });
}

TEST(Pool, WritingIntoAFreedBlockIsSeenWhenItIsUsedAgain) {
  expect_stop(BAD_POOL_HEADER, 3, [] {
    auto* block = static_cast<ULONG64*>(ExAllocatePoolWithTag(NonPagedPoolNx, 40, kTag));
    ExFreePool(block);
    block[1] = 0;
    ExAllocatePoolWithTag(NonPagedPoolNx, 40, kTag);
  });
}

TEST(Pool, ATagOfZeroIsBadPoolCaller9B) {
  expect_stop(BAD_POOL_CALLER, 0x9B, [] { ExAllocatePoolWithTag(NonPagedPoolNx, 40, 0); });
}

TEST(Pool, PagedPoolAtDispatchIsBadPoolCaller8And9) {
  expect_stop(BAD_POOL_CALLER, 8, [] {
    KfRaiseIrql(DISPATCH_LEVEL);
    ExAllocatePoolWithTag(PagedPool, 40, kTag);
  });
  expect_stop(BAD_POOL_CALLER, 9, [] {
    void* block = ExAllocatePoolWithTag(PagedPool, 40, kTag);
    KfRaiseIrql(DISPATCH_LEVEL);
    ExFreePool(block);
  });
}

/// Refuses every allocation, and nothing else.
class NoMemory final : public machine::Strategy {
 public:
  std::uint32_t answer(const char* site, std::uint32_t) override {
    return std::string_view(site) == "ExAllocatePoolWithTag";
  }
  bool asks_at_points() const override { return true; }
};

TEST(Pool, TheFaultPlanRefusesOnlyWhereAMachineAllowsIt) {
  auto strategy = [] { return std::make_unique<NoMemory>(); };
  KernelRig strict({.strategy = strategy, .refusals = true}), kind({.strategy = strategy, .refusals = false});
  EXPECT_EQ(strict.run([] {
    EXPECT_EQ(ExAllocatePoolWithTag(NonPagedPoolNx, 40, kTag), nullptr);
    EXPECT_EQ(ExAllocatePoolWithTag(PagedPool, 40, kTag), nullptr);
    EXPECT_EQ(ExAllocatePool2(POOL_FLAG_NON_PAGED, 40, kTag), nullptr);
  }),
            OutcomeKind::Completed);
  EXPECT_EQ(kind.run([] { EXPECT_NE(ExAllocatePoolWithTag(NonPagedPoolNx, 40, kTag), nullptr); }),
            OutcomeKind::Completed);
}

TEST(Pool, NamesWhatIsLeft) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    ex::Pool& pool = *kernel().pool;
    void* small = pool.allocate(ex::Pool::kInUse, 40, kTag, 0x1234);
    void* large = pool.allocate(ex::Pool::kInUse | ex::Pool::kPaged, 5000, kOtherTag, 0x1299);
    auto blocks = pool.blocks_of(0x1200, 0x12FF);
    ASSERT_EQ(blocks.size(), 2u);
    EXPECT_EQ(blocks[0].address, small);
    EXPECT_EQ(blocks[0].tag, kTag);
    EXPECT_FALSE(blocks[0].paged);
    EXPECT_EQ(blocks[1].address, large);
    EXPECT_EQ(blocks[1].bytes, 5000u);
    EXPECT_TRUE(blocks[1].paged);
    ex::Pool::Block found;
    EXPECT_TRUE(pool.find(static_cast<char*>(large) + 4999, found));
    EXPECT_EQ(found.tag, kOtherTag);
    EXPECT_TRUE(pool.find(static_cast<char*>(small) + 39, found));
    EXPECT_EQ(found.address, small);
    pool.release(small, 0);
    pool.release(large, 0);
    EXPECT_TRUE(pool.blocks_of(0x1200, 0x12FF).empty());
    EXPECT_FALSE(pool.find(small, found));
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

}  // namespace
}  // namespace drydock::tests
