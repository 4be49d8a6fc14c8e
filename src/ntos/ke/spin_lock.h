#pragma once
// Spin locks. The word holds 0, or the number of the processor that holds it plus one (machine/processor.h).

#include "nt/dispatcher.h"

namespace drydock::ntos {

using namespace nt;

// IRQL: at most DISPATCH_LEVEL; the AtDpc forms at DISPATCH_LEVEL or above.
VOID NTAPI KeInitializeSpinLock(KSPIN_LOCK* lock);
KIRQL NTAPI KeAcquireSpinLockRaiseToDpc(KSPIN_LOCK* lock);
KIRQL NTAPI KeAcquireSpinLockRaiseToSynch(KSPIN_LOCK* lock);
VOID NTAPI KeReleaseSpinLock(KSPIN_LOCK* lock, KIRQL irql);
VOID NTAPI KeAcquireSpinLockAtDpcLevel(KSPIN_LOCK* lock);
VOID NTAPI KeReleaseSpinLockFromDpcLevel(KSPIN_LOCK* lock);
BOOLEAN NTAPI KeTryToAcquireSpinLockAtDpcLevel(KSPIN_LOCK* lock);
BOOLEAN NTAPI KeTestSpinLock(KSPIN_LOCK* lock);
/// From DPC routines that may be threaded: raises if it has to.
KIRQL NTAPI KeAcquireSpinLockForDpc(KSPIN_LOCK* lock);
VOID NTAPI KeReleaseSpinLockForDpc(KSPIN_LOCK* lock, KIRQL irql);

VOID NTAPI KeAcquireInStackQueuedSpinLock(KSPIN_LOCK* lock, KLOCK_QUEUE_HANDLE* handle);
VOID NTAPI KeAcquireInStackQueuedSpinLockRaiseToSynch(KSPIN_LOCK* lock, KLOCK_QUEUE_HANDLE* handle);
VOID NTAPI KeReleaseInStackQueuedSpinLock(KLOCK_QUEUE_HANDLE* handle);
VOID NTAPI KeAcquireInStackQueuedSpinLockAtDpcLevel(KSPIN_LOCK* lock, KLOCK_QUEUE_HANDLE* handle);
VOID NTAPI KeReleaseInStackQueuedSpinLockFromDpcLevel(KLOCK_QUEUE_HANDLE* handle);
VOID NTAPI KeAcquireInStackQueuedSpinLockForDpc(KSPIN_LOCK* lock, KLOCK_QUEUE_HANDLE* handle);
VOID NTAPI KeReleaseInStackQueuedSpinLockForDpc(KLOCK_QUEUE_HANDLE* handle);

// Reader-writer spin locks: bit 31 a writer, the rest counts readers.
using EX_SPIN_LOCK = volatile LONG;
KIRQL NTAPI ExAcquireSpinLockExclusive(EX_SPIN_LOCK* lock);
VOID NTAPI ExReleaseSpinLockExclusive(EX_SPIN_LOCK* lock, KIRQL irql);
KIRQL NTAPI ExAcquireSpinLockShared(EX_SPIN_LOCK* lock);
VOID NTAPI ExReleaseSpinLockShared(EX_SPIN_LOCK* lock, KIRQL irql);
VOID NTAPI ExAcquireSpinLockExclusiveAtDpcLevel(EX_SPIN_LOCK* lock);
VOID NTAPI ExReleaseSpinLockExclusiveFromDpcLevel(EX_SPIN_LOCK* lock);
VOID NTAPI ExAcquireSpinLockSharedAtDpcLevel(EX_SPIN_LOCK* lock);
VOID NTAPI ExReleaseSpinLockSharedFromDpcLevel(EX_SPIN_LOCK* lock);
/// TRUE if the caller was the only reader and is the writer now.
BOOLEAN NTAPI ExTryConvertSharedSpinLockExclusive(EX_SPIN_LOCK* lock);

}  // namespace drydock::ntos
