#pragma once
// Remove locks: who uses a device, and a remove that waits for them.

#include <vector>

#include "nt/remove_lock.h"

namespace drydock::ntos::io {
using namespace nt;

/// `RemlockSize` tells a checked driver's lock from a free one's. IRQL: PASSIVE_LEVEL.
void NTAPI IoInitializeRemoveLockEx(IO_REMOVE_LOCK* Lock, ULONG AllocateTag, ULONG MaxLockedMinutes, ULONG HighWatermark,
                                    ULONG RemlockSize);
/// STATUS_DELETE_PENDING once IoReleaseRemoveLockAndWait was called. IRQL: at most DISPATCH_LEVEL.
NTSTATUS NTAPI IoAcquireRemoveLockEx(IO_REMOVE_LOCK* RemoveLock, PVOID Tag, const CHAR* File, ULONG Line, ULONG RemlockSize);
void NTAPI IoReleaseRemoveLockEx(IO_REMOVE_LOCK* RemoveLock, PVOID Tag, ULONG RemlockSize);
/// Returns when every other holder has let go. IRQL: PASSIVE_LEVEL.
void NTAPI IoReleaseRemoveLockAndWaitEx(IO_REMOVE_LOCK* RemoveLock, PVOID Tag, ULONG RemlockSize);

/// One holder, for reports: who keeps a removal waiting.
struct RemoveLockHolder {
  const IO_REMOVE_LOCK* lock;
  PVOID tag;
  const CHAR* file;  ///< checked drivers only
  ULONG line;
};
std::vector<RemoveLockHolder> remove_lock_holders(const IO_REMOVE_LOCK* lock);

}  // namespace drydock::ntos::io
