#pragma once
// Fast mutexes (APC_LEVEL while held) and guarded mutexes (a guarded region while held).

#include "nt/dispatcher.h"

namespace drydock::ntos {

using namespace nt;

/// IRQL: at most APC_LEVEL to acquire, APC_LEVEL to release. Not recursive.
VOID NTAPI ExInitializeFastMutex(FAST_MUTEX* mutex);
VOID NTAPI ExAcquireFastMutex(FAST_MUTEX* mutex);
VOID NTAPI ExReleaseFastMutex(FAST_MUTEX* mutex);
BOOLEAN NTAPI ExTryToAcquireFastMutex(FAST_MUTEX* mutex);
/// For callers that have disabled APCs themselves.
VOID NTAPI ExAcquireFastMutexUnsafe(FAST_MUTEX* mutex);
VOID NTAPI ExReleaseFastMutexUnsafe(FAST_MUTEX* mutex);
VOID NTAPI ExEnterCriticalRegionAndAcquireFastMutexUnsafe(FAST_MUTEX* mutex);
VOID NTAPI ExReleaseFastMutexUnsafeAndLeaveCriticalRegion(FAST_MUTEX* mutex);

VOID NTAPI KeInitializeGuardedMutex(KGUARDED_MUTEX* mutex);
VOID NTAPI KeAcquireGuardedMutex(KGUARDED_MUTEX* mutex);
VOID NTAPI KeReleaseGuardedMutex(KGUARDED_MUTEX* mutex);
BOOLEAN NTAPI KeTryToAcquireGuardedMutex(KGUARDED_MUTEX* mutex);
VOID NTAPI KeAcquireGuardedMutexUnsafe(KGUARDED_MUTEX* mutex);
VOID NTAPI KeReleaseGuardedMutexUnsafe(KGUARDED_MUTEX* mutex);

}  // namespace drydock::ntos
