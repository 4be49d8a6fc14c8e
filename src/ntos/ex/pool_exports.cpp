#include <cstring>

#include "nt/bugcheck.h"
#include "ntos/ex/pool.h"
#include "ntos/ex/pool_guard.h"
#include "ntos/ex/state.h"
#include "ntos/rtl/exception.h"

namespace drydock::ntos {

namespace {

using ex::Pool;
using image::at_most;

constexpr ULONG kNoTag = 0x656E6F4E;  // 'None', what blocks without a tag show

UCHAR block_type(ULONG pool_type) {
  return static_cast<UCHAR>(Pool::kInUse | (pool_type & Pool::kPaged));
}

[[noreturn, gnu::noinline, gnu::cold]] void NTAPI bad_caller(ULONG64 reason, ULONG64 p2, ULONG64 p3, ULONG64 p4,
                                                             const char* summary) {
  machine::Machine::current().bug_check(BAD_POOL_CALLER, reason, p2, p3, p4, summary);
}

/// What a request that was refused, or is unusual, gets.
[[gnu::noinline, gnu::cold]] void* NTAPI allocate_slowly(ULONG type, SIZE_T bytes, ULONG tag, ULONG64 caller) {
  if (tag == 0) bad_caller(0x9B, type, bytes, caller, "pool is asked for with tag 0");
  if ((type & Pool::kPaged) != 0 && machine::gs::irql() > APC_LEVEL)
    bad_caller(8, machine::gs::irql(), type, bytes, "paged pool is asked for above APC_LEVEL");
  void* block = nullptr;
  if (!machine::refused("ExAllocatePoolWithTag")) {
    const bool on_its_line = (type & NonPagedPoolCacheAligned) != 0 && bytes >= 64;
    if (ex::PoolGuard* guard = kernel().ex->pool_guard)
      block = guard->allocate(block_type(type), bytes, on_its_line ? 64 : Pool::kUnit, tag, caller);
    Pool& pool = *kernel().pool;
    if (block == nullptr)
      block = on_its_line ? pool.allocate_cache_aligned(block_type(type), bytes, tag, caller)
                          : pool.allocate(block_type(type), bytes, tag, caller);
  }
  if (block == nullptr && (type & POOL_RAISE_IF_ALLOCATION_FAILURE) != 0) ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
  return block;
}

}  // namespace

PVOID NTAPI ExAllocatePoolWithTag(POOL_TYPE type, SIZE_T bytes, ULONG tag) {
  ULONG64 caller = machine::gs::calling_address();
  Pool& pool = *kernel().pool;
  bool usual = tag != 0 && (type & ~ULONG{NonPagedPoolNx}) == 0;
  if (__builtin_expect(!usual || pool.may_refuse(), 0)) return allocate_slowly(type, bytes, tag, caller);
  return pool.allocate(Pool::kInUse, bytes, tag, caller);
}

PVOID NTAPI ExAllocatePool(POOL_TYPE type, SIZE_T bytes) {
  return ExAllocatePoolWithTag(type, bytes, kNoTag);
}

PVOID NTAPI ExAllocatePoolWithTagPriority(POOL_TYPE type, SIZE_T bytes, ULONG tag, LONG) {
  return ExAllocatePoolWithTag(type, bytes, tag);
}

// Quota is the process's; a block charged or not looks the same. Failure raises unless the type says otherwise.
PVOID NTAPI ExAllocatePoolWithQuotaTag(POOL_TYPE type, SIZE_T bytes, ULONG tag) {
  ULONG plain = type & ~ULONG{POOL_QUOTA_FAIL_INSTEAD_OF_RAISE};
  if ((type & POOL_QUOTA_FAIL_INSTEAD_OF_RAISE) == 0) plain |= POOL_RAISE_IF_ALLOCATION_FAILURE;
  return allocate_slowly(plain, bytes, tag, machine::gs::calling_address());
}

PVOID NTAPI ExAllocatePoolWithQuota(POOL_TYPE type, SIZE_T bytes) {
  return ExAllocatePoolWithQuotaTag(type, bytes, kNoTag);
}

PVOID NTAPI ExAllocatePool2(ULONG64 flags, SIZE_T bytes, ULONG tag) {
  constexpr ULONG64 kPoolKinds = POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED;
  ULONG64 kind = flags & kPoolKinds;
  bool one_kind = kind != 0 && (kind & (kind - 1)) == 0;
  ULONG type = kind == POOL_FLAG_PAGED ? PagedPool : NonPagedPoolNx;
  if ((flags & POOL_FLAG_CACHE_ALIGNED) != 0) type |= NonPagedPoolCacheAligned;
  void* block = nullptr;
  if (one_kind && bytes != 0 && tag != 0) block = allocate_slowly(type, bytes, tag, machine::gs::calling_address());
  if (block == nullptr) {
    if ((flags & POOL_FLAG_RAISE_ON_FAILURE) != 0)
      ExRaiseStatus(one_kind && bytes != 0 && tag != 0 ? STATUS_INSUFFICIENT_RESOURCES : STATUS_INVALID_PARAMETER);
    return nullptr;
  }
  if ((flags & POOL_FLAG_UNINITIALIZED) == 0) std::memset(block, 0, bytes);
  return block;
}

PVOID NTAPI ExAllocatePool3(ULONG64 flags, SIZE_T bytes, ULONG tag, PVOID, ULONG) {
  return ExAllocatePool2(flags, bytes, tag);
}

VOID NTAPI ExFreePoolWithTag(PVOID block, ULONG tag) {
  // A guarded block that was freed may not be looked at, not even at what would be its header.
  if (ex::PoolGuard* guard = kernel().ex->pool_guard) [[unlikely]]
    if (guard->release(block, tag)) return;
  kernel().pool->release(block, tag);
}
VOID NTAPI ExFreePool(PVOID block) {
  ExFreePoolWithTag(block, 0);
}
VOID NTAPI ExFreePool2(PVOID block, ULONG tag, PVOID, ULONG) {
  ExFreePoolWithTag(block, tag);
}

SIZE_T NTAPI ExQueryPoolBlockSize(PVOID block, BOOLEAN* quota_charged) {
  *quota_charged = FALSE;
  Pool::Block found;
  return kernel().pool->find(block, found) ? found.bytes : 0;
}

namespace {

const image::ExportFamily kExPool{
    "ntoskrnl.exe",
    {
        {"ExAllocatePool", ExAllocatePool, at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
        {"ExAllocatePoolWithTag", ExAllocatePoolWithTag, at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
        {"ExAllocatePoolWithTagPriority",
         ExAllocatePoolWithTagPriority,
         at_most(DISPATCH_LEVEL),
         {STATUS_INSUFFICIENT_RESOURCES}},
        {"ExAllocatePoolWithQuota", ExAllocatePoolWithQuota, at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
        {"ExAllocatePoolWithQuotaTag",
         ExAllocatePoolWithQuotaTag,
         at_most(DISPATCH_LEVEL),
         {STATUS_INSUFFICIENT_RESOURCES}},
        {"ExAllocatePool2", ExAllocatePool2, at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
        {"ExAllocatePool3", ExAllocatePool3, at_most(DISPATCH_LEVEL), {STATUS_INSUFFICIENT_RESOURCES}},
        {"ExFreePool", ExFreePool, at_most(DISPATCH_LEVEL)},
        {"ExFreePoolWithTag", ExFreePoolWithTag, at_most(DISPATCH_LEVEL)},
        {"ExFreePool2", ExFreePool2, at_most(DISPATCH_LEVEL)},
        {"ExQueryPoolBlockSize", ExQueryPoolBlockSize, at_most(DISPATCH_LEVEL)},
    },
    "ex/pool"};

}  // namespace

void ex::add_pool_exports(image::ExportIndex& index) {
  index.add(kExPool);
}

}  // namespace drydock::ntos
