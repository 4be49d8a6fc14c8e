#pragma once
// Pool types and flags, and lookaside lists.

#include "nt/base.h"
#include "nt/list.h"

namespace drydock::nt {

enum POOL_TYPE : LONG {
  NonPagedPool,
  NonPagedPoolExecute = NonPagedPool,
  PagedPool,
  NonPagedPoolMustSucceed,
  DontUseThisType,
  NonPagedPoolCacheAligned,
  PagedPoolCacheAligned,
  NonPagedPoolCacheAlignedMustS,
  MaxPoolType,
  NonPagedPoolBase = 0,
  NonPagedPoolSession = 32,
  PagedPoolSession = 33,
  NonPagedPoolNx = 512,
  NonPagedPoolNxCacheAligned = 516,
  NonPagedPoolSessionNx = 544
};
inline constexpr ULONG POOL_COLD_ALLOCATION = 256;
inline constexpr ULONG POOL_QUOTA_FAIL_INSTEAD_OF_RAISE = 8;
inline constexpr ULONG POOL_RAISE_IF_ALLOCATION_FAILURE = 16;

// ExAllocatePool2
using POOL_FLAGS = ULONG64;
inline constexpr POOL_FLAGS POOL_FLAG_USE_QUOTA = 0x0000000000000001;
inline constexpr POOL_FLAGS POOL_FLAG_UNINITIALIZED = 0x0000000000000002;
inline constexpr POOL_FLAGS POOL_FLAG_SESSION = 0x0000000000000004;
inline constexpr POOL_FLAGS POOL_FLAG_CACHE_ALIGNED = 0x0000000000000008;
inline constexpr POOL_FLAGS POOL_FLAG_RAISE_ON_FAILURE = 0x0000000000000020;
inline constexpr POOL_FLAGS POOL_FLAG_NON_PAGED = 0x0000000000000040;
inline constexpr POOL_FLAGS POOL_FLAG_NON_PAGED_EXECUTE = 0x0000000000000080;
inline constexpr POOL_FLAGS POOL_FLAG_PAGED = 0x0000000000000100;

inline constexpr ULONG MEMORY_ALLOCATION_ALIGNMENT = 16;

using PALLOCATE_FUNCTION = PVOID(NTAPI*)(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
using PFREE_FUNCTION = VOID(NTAPI*)(PVOID Buffer);

struct alignas(16) GENERAL_LOOKASIDE_POOL {
  union {
    SLIST_HEADER ListHead;
    SINGLE_LIST_ENTRY SingleListHead;
  };
  USHORT Depth;
  USHORT MaximumDepth;
  ULONG TotalAllocates;
  union {
    ULONG AllocateMisses;
    ULONG AllocateHits;
  };
  ULONG TotalFrees;
  union {
    ULONG FreeMisses;
    ULONG FreeHits;
  };
  POOL_TYPE Type;
  ULONG Tag;
  ULONG Size;
  PALLOCATE_FUNCTION Allocate;
  PFREE_FUNCTION Free;
  LIST_ENTRY ListEntry;
  ULONG LastTotalAllocates;
  union {
    ULONG LastAllocateMisses;
    ULONG LastAllocateHits;
  };
  ULONG Future[2];
};
static_assert(sizeof(GENERAL_LOOKASIDE_POOL) == 0x60 && offsetof(GENERAL_LOOKASIDE_POOL, Allocate) == 0x30 &&
              offsetof(GENERAL_LOOKASIDE_POOL, ListEntry) == 0x40);

struct LOOKASIDE_LIST_EX {
  GENERAL_LOOKASIDE_POOL L;
};
static_assert(sizeof(LOOKASIDE_LIST_EX) == 0x60);
using PLOOKASIDE_LIST_EX = LOOKASIDE_LIST_EX*;

struct alignas(64) GENERAL_LOOKASIDE : GENERAL_LOOKASIDE_POOL {};
static_assert(sizeof(GENERAL_LOOKASIDE) == 0x80);

struct NPAGED_LOOKASIDE_LIST {
  GENERAL_LOOKASIDE L;
};
static_assert(sizeof(NPAGED_LOOKASIDE_LIST) == 0x80);
using PNPAGED_LOOKASIDE_LIST = NPAGED_LOOKASIDE_LIST*;

struct PAGED_LOOKASIDE_LIST {
  GENERAL_LOOKASIDE L;
};
static_assert(sizeof(PAGED_LOOKASIDE_LIST) == 0x80);
using PPAGED_LOOKASIDE_LIST = PAGED_LOOKASIDE_LIST*;

enum EX_POOL_PRIORITY : LONG {
  LowPoolPriority,
  LowPoolPrioritySpecialPoolOverrun = 8,
  LowPoolPrioritySpecialPoolUnderrun = 9,
  NormalPoolPriority = 16,
  NormalPoolPrioritySpecialPoolOverrun = 24,
  NormalPoolPrioritySpecialPoolUnderrun = 25,
  HighPoolPriority = 32,
  HighPoolPrioritySpecialPoolOverrun = 40,
  HighPoolPrioritySpecialPoolUnderrun = 41
};

}  // namespace drydock::nt
