#include "ntos/ke/spin_lock.h"

#include "machine/gs.h"
#include "machine/processor.h"
#include "ntos/ke/irql.h"

namespace drydock::ntos {

namespace {

[[gnu::noinline, gnu::cold]] void NTAPI acquire_slowly(KSPIN_LOCK* lock) {
  machine::acquire_spin_lock(lock);
}
[[gnu::noinline, gnu::cold]] void NTAPI release_slowly(KSPIN_LOCK* lock) {
  machine::release_spin_lock(lock);
}
[[gnu::noinline, gnu::cold]] void NTAPI release_and_lower_slowly(KSPIN_LOCK* lock, KIRQL irql) {
  machine::release_spin_lock(lock);
  machine::lower_irql(irql);
}
[[gnu::noinline, gnu::cold]] KIRQL NTAPI raise_and_acquire_slowly(KSPIN_LOCK* lock, KIRQL irql) {
  KIRQL old = machine::raise_irql(irql);
  machine::acquire_spin_lock(lock);
  return old;
}

/// A free lock on a quiet machine; no word of another processor can come in between.
[[gnu::always_inline]] inline bool quick(const KSPIN_LOCK* lock) {
  return *lock == 0 && machine::gs::attention() == 0;
}

[[gnu::always_inline]] inline KIRQL raise_and_acquire(KSPIN_LOCK* lock, KIRQL irql) {
  KIRQL old = machine::gs::irql();
  if (__builtin_expect(!quick(lock) || irql < old, 0)) return raise_and_acquire_slowly(lock, irql);
  machine::gs::set_irql(irql);
  *lock = machine::gs::processor_number() + 1;
  return old;
}

[[gnu::always_inline]] inline void acquire(KSPIN_LOCK* lock) {
  if (__builtin_expect(!quick(lock), 0)) return acquire_slowly(lock);
  *lock = machine::gs::processor_number() + 1;
}

[[gnu::always_inline]] inline void release(KSPIN_LOCK* lock) {
  if (__builtin_expect(*lock == 0 || machine::gs::attention() != 0, 0)) return release_slowly(lock);
  *lock = 0;
}

[[gnu::always_inline]] inline void release_and_lower(KSPIN_LOCK* lock, KIRQL irql) {
  if (__builtin_expect(*lock == 0 || machine::gs::attention() != 0 || irql > machine::gs::irql(), 0))
    return release_and_lower_slowly(lock, irql);
  *lock = 0;
  machine::gs::set_irql(irql);
}

}  // namespace

VOID NTAPI KeInitializeSpinLock(KSPIN_LOCK* lock) {
  *lock = 0;
}
KIRQL NTAPI KeAcquireSpinLockRaiseToDpc(KSPIN_LOCK* lock) {
  return raise_and_acquire(lock, DISPATCH_LEVEL);
}
KIRQL NTAPI KeAcquireSpinLockRaiseToSynch(KSPIN_LOCK* lock) {
  return raise_and_acquire(lock, SYNCH_LEVEL);
}
VOID NTAPI KeReleaseSpinLock(KSPIN_LOCK* lock, KIRQL irql) {
  release_and_lower(lock, irql);
}
VOID NTAPI KeAcquireSpinLockAtDpcLevel(KSPIN_LOCK* lock) {
  acquire(lock);
}
VOID NTAPI KeReleaseSpinLockFromDpcLevel(KSPIN_LOCK* lock) {
  release(lock);
}
BOOLEAN NTAPI KeTryToAcquireSpinLockAtDpcLevel(KSPIN_LOCK* lock) {
  return machine::try_acquire_spin_lock(lock);
}
BOOLEAN NTAPI KeTestSpinLock(KSPIN_LOCK* lock) {
  return *lock == 0;
}

KIRQL NTAPI KeAcquireSpinLockForDpc(KSPIN_LOCK* lock) {
  KIRQL irql = machine::gs::irql();
  return raise_and_acquire(lock, irql > DISPATCH_LEVEL ? irql : DISPATCH_LEVEL);
}
VOID NTAPI KeReleaseSpinLockForDpc(KSPIN_LOCK* lock, KIRQL irql) {
  release_and_lower(lock, irql);
}

VOID NTAPI KeAcquireInStackQueuedSpinLock(KSPIN_LOCK* lock, KLOCK_QUEUE_HANDLE* handle) {
  handle->LockQueue.Next = nullptr;
  handle->LockQueue.Lock = lock;
  handle->OldIrql = raise_and_acquire(lock, DISPATCH_LEVEL);
}
VOID NTAPI KeAcquireInStackQueuedSpinLockRaiseToSynch(KSPIN_LOCK* lock, KLOCK_QUEUE_HANDLE* handle) {
  handle->LockQueue.Next = nullptr;
  handle->LockQueue.Lock = lock;
  handle->OldIrql = raise_and_acquire(lock, SYNCH_LEVEL);
}
VOID NTAPI KeReleaseInStackQueuedSpinLock(KLOCK_QUEUE_HANDLE* handle) {
  release_and_lower(handle->LockQueue.Lock, handle->OldIrql);
}
VOID NTAPI KeAcquireInStackQueuedSpinLockAtDpcLevel(KSPIN_LOCK* lock, KLOCK_QUEUE_HANDLE* handle) {
  handle->LockQueue.Next = nullptr;
  handle->LockQueue.Lock = lock;
  acquire(lock);
}
VOID NTAPI KeReleaseInStackQueuedSpinLockFromDpcLevel(KLOCK_QUEUE_HANDLE* handle) {
  release(handle->LockQueue.Lock);
}
VOID NTAPI KeAcquireInStackQueuedSpinLockForDpc(KSPIN_LOCK* lock, KLOCK_QUEUE_HANDLE* handle) {
  handle->LockQueue.Next = nullptr;
  handle->LockQueue.Lock = lock;
  KIRQL irql = machine::gs::irql();
  handle->OldIrql = raise_and_acquire(lock, irql > DISPATCH_LEVEL ? irql : DISPATCH_LEVEL);
}
VOID NTAPI KeReleaseInStackQueuedSpinLockForDpc(KLOCK_QUEUE_HANDLE* handle) {
  release_and_lower(handle->LockQueue.Lock, handle->OldIrql);
}

namespace {

constexpr LONG kWriter = static_cast<LONG>(0x80000000);

void take_exclusive(EX_SPIN_LOCK* lock) {
  machine::point();
  if (*lock != 0) machine::spin_until([lock] { return *lock == 0; }, "for a reader-writer spin lock, to write");
  *lock = kWriter;
}

void take_shared(EX_SPIN_LOCK* lock) {
  machine::point();
  if (*lock < 0) machine::spin_until([lock] { return *lock >= 0; }, "for a reader-writer spin lock, to read");
  *lock = *lock + 1;
}

void drop_exclusive(EX_SPIN_LOCK* lock) {
  *lock = 0;
  machine::point();
}

void drop_shared(EX_SPIN_LOCK* lock) {
  *lock = *lock - 1;
  machine::point();
}

}  // namespace

KIRQL NTAPI ExAcquireSpinLockExclusive(EX_SPIN_LOCK* lock) {
  KIRQL old = machine::raise_irql(DISPATCH_LEVEL);
  take_exclusive(lock);
  return old;
}
VOID NTAPI ExReleaseSpinLockExclusive(EX_SPIN_LOCK* lock, KIRQL irql) {
  drop_exclusive(lock);
  machine::lower_irql(irql);
}
KIRQL NTAPI ExAcquireSpinLockShared(EX_SPIN_LOCK* lock) {
  KIRQL old = machine::raise_irql(DISPATCH_LEVEL);
  take_shared(lock);
  return old;
}
VOID NTAPI ExReleaseSpinLockShared(EX_SPIN_LOCK* lock, KIRQL irql) {
  drop_shared(lock);
  machine::lower_irql(irql);
}
VOID NTAPI ExAcquireSpinLockExclusiveAtDpcLevel(EX_SPIN_LOCK* lock) {
  take_exclusive(lock);
}
VOID NTAPI ExReleaseSpinLockExclusiveFromDpcLevel(EX_SPIN_LOCK* lock) {
  drop_exclusive(lock);
}
VOID NTAPI ExAcquireSpinLockSharedAtDpcLevel(EX_SPIN_LOCK* lock) {
  take_shared(lock);
}
VOID NTAPI ExReleaseSpinLockSharedFromDpcLevel(EX_SPIN_LOCK* lock) {
  drop_shared(lock);
}
BOOLEAN NTAPI ExTryConvertSharedSpinLockExclusive(EX_SPIN_LOCK* lock) {
  if (*lock != 1) return FALSE;
  *lock = kWriter;
  return TRUE;
}

}  // namespace drydock::ntos
