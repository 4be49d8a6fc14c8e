#pragma once
// Remove locks. A driver built with DBG passes the longer structure; IoInitializeRemoveLockEx is told its size.

#include "nt/base.h"
#include "nt/dispatcher.h"

namespace drydock::nt {

struct IO_REMOVE_LOCK_TRACKING_BLOCK;

struct IO_REMOVE_LOCK_COMMON_BLOCK {
  BOOLEAN Removed;
  BOOLEAN Reserved[3];
  volatile LONG IoCount;
  KEVENT RemoveEvent;
};
static_assert(sizeof(IO_REMOVE_LOCK_COMMON_BLOCK) == 0x20 && offsetof(IO_REMOVE_LOCK_COMMON_BLOCK, IoCount) == 4 &&
              offsetof(IO_REMOVE_LOCK_COMMON_BLOCK, RemoveEvent) == 8);

struct IO_REMOVE_LOCK_DBG_BLOCK {
  LONG Signature;
  ULONG HighWatermark;
  LONGLONG MaxLockedTicks;
  LONG AllocateTag;
  LIST_ENTRY LockList;
  KSPIN_LOCK Spin;
  volatile LONG LowMemoryCount;
  ULONG Reserved1[4];
  PVOID Reserved2;
  IO_REMOVE_LOCK_TRACKING_BLOCK* Blocks;
};
static_assert(sizeof(IO_REMOVE_LOCK_DBG_BLOCK) == 0x58 && offsetof(IO_REMOVE_LOCK_DBG_BLOCK, LockList) == 0x18 &&
              offsetof(IO_REMOVE_LOCK_DBG_BLOCK, Blocks) == 0x50);

struct IO_REMOVE_LOCK {
  IO_REMOVE_LOCK_COMMON_BLOCK Common;
};
static_assert(sizeof(IO_REMOVE_LOCK) == 0x20);
using PIO_REMOVE_LOCK = IO_REMOVE_LOCK*;

// What a checked driver declares instead.
struct CheckedRemoveLock {
  IO_REMOVE_LOCK_COMMON_BLOCK Common;
  IO_REMOVE_LOCK_DBG_BLOCK Dbg;
};
static_assert(sizeof(CheckedRemoveLock) == 0x78 && offsetof(CheckedRemoveLock, Dbg) == 0x20);

}  // namespace drydock::nt
