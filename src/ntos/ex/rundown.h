#pragma once
// Rundown protection and push locks: one word each.

#include "nt/object.h"

namespace drydock::ntos {

using namespace nt;

// EX_RUNDOWN_REF.Count: bit 0 says that rundown has begun, the rest counts holders.
VOID NTAPI ExInitializeRundownProtection(EX_RUNDOWN_REF* reference);
VOID NTAPI ExReInitializeRundownProtection(EX_RUNDOWN_REF* reference);
/// FALSE once rundown has begun. IRQL: any.
BOOLEAN NTAPI ExAcquireRundownProtection(EX_RUNDOWN_REF* reference);
BOOLEAN NTAPI ExAcquireRundownProtectionEx(EX_RUNDOWN_REF* reference, ULONG count);
VOID NTAPI ExReleaseRundownProtection(EX_RUNDOWN_REF* reference);
VOID NTAPI ExReleaseRundownProtectionEx(EX_RUNDOWN_REF* reference, ULONG count);
/// Begins rundown and waits until nobody holds protection. IRQL: at most APC_LEVEL.
VOID NTAPI ExWaitForRundownProtectionRelease(EX_RUNDOWN_REF* reference);
VOID NTAPI ExRundownCompleted(EX_RUNDOWN_REF* reference);

/// 0 free, bit 0 held; readers are counted from bit 4.
using EX_PUSH_LOCK = ULONG_PTR;
VOID NTAPI ExInitializePushLock(EX_PUSH_LOCK* lock);
VOID NTAPI ExfAcquirePushLockExclusive(EX_PUSH_LOCK* lock);
VOID NTAPI ExfAcquirePushLockShared(EX_PUSH_LOCK* lock);
BOOLEAN NTAPI ExfTryAcquirePushLockShared(EX_PUSH_LOCK* lock);
VOID NTAPI ExfReleasePushLock(EX_PUSH_LOCK* lock);
VOID NTAPI ExAcquirePushLockExclusiveEx(EX_PUSH_LOCK* lock, ULONG flags);
VOID NTAPI ExAcquirePushLockSharedEx(EX_PUSH_LOCK* lock, ULONG flags);
VOID NTAPI ExReleasePushLockExclusiveEx(EX_PUSH_LOCK* lock, ULONG flags);
VOID NTAPI ExReleasePushLockSharedEx(EX_PUSH_LOCK* lock, ULONG flags);

}  // namespace drydock::ntos
