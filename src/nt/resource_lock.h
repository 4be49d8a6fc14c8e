#pragma once
// ERESOURCE: the executive's reader-writer lock.

#include "nt/dispatcher.h"

namespace drydock::nt {

using ERESOURCE_THREAD = ULONG_PTR;
using PERESOURCE_THREAD = ERESOURCE_THREAD*;

struct OWNER_ENTRY {
  ERESOURCE_THREAD OwnerThread;
  union {
    struct {
      ULONG IoPriorityBoosted : 1;
      ULONG OwnerReferenced : 1;
      ULONG OwnerCount : 30;
    };
    ULONG TableSize;
  };
};
static_assert(sizeof(OWNER_ENTRY) == 0x10);
using POWNER_ENTRY = OWNER_ENTRY*;

struct ERESOURCE {
  LIST_ENTRY SystemResourcesList;
  OWNER_ENTRY* OwnerTable;
  SHORT ActiveCount;
  USHORT Flag;
  KSEMAPHORE* volatile SharedWaiters;
  KEVENT* volatile ExclusiveWaiters;
  OWNER_ENTRY OwnerEntry;
  ULONG ActiveEntries;
  ULONG ContentionCount;
  ULONG NumberOfSharedWaiters;
  ULONG NumberOfExclusiveWaiters;
  PVOID Reserved2;
  union {
    PVOID Address;
    ULONG_PTR CreatorBackTraceIndex;
  };
  KSPIN_LOCK SpinLock;
};
static_assert(sizeof(ERESOURCE) == 0x68 && offsetof(ERESOURCE, OwnerEntry) == 0x30 &&
              offsetof(ERESOURCE, SpinLock) == 0x60);
using PERESOURCE = ERESOURCE*;

inline constexpr USHORT ResourceNeverExclusive = 0x0010;
inline constexpr USHORT ResourceReleaseByOtherThread = 0x0020;
inline constexpr USHORT ResourceOwnedExclusive = 0x0080;

}  // namespace drydock::nt
