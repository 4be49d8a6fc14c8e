#include "ntos/ke/mutex.h"

#include "ntos/ke/apc.h"
#include "ntos/ke/current.h"
#include "ntos/ke/event.h"
#include "ntos/ke/irql.h"
#include "ntos/ke/wait.h"

namespace drydock::ntos {

namespace {

// Both kinds count 1 when free, 0 when held, less by one for everyone who waits.
template <class Mutex>
void acquire(Mutex* mutex, DISPATCHER_HEADER* wake, const char* what) {
  mutex->Count = mutex->Count - 1;
  if (mutex->Count < 0) {
    ++mutex->Contention;
    ke::wait_for_one(wake, what);
  }
  mutex->Owner = ke::current_thread_object();
}

template <class Mutex>
bool try_acquire(Mutex* mutex) {
  if (mutex->Count != 1) return false;
  mutex->Count = 0;
  mutex->Owner = ke::current_thread_object();
  return true;
}

template <class Mutex>
void release(Mutex* mutex, DISPATCHER_HEADER* wake) {
  mutex->Owner = nullptr;
  mutex->Count = mutex->Count + 1;
  if (mutex->Count > 0) return;
  wake->SignalState = 1;
  ke::signal(wake);
}

constexpr const char* kFast = "for a fast mutex";
constexpr const char* kGuarded = "for a guarded mutex";

}  // namespace

VOID NTAPI ExInitializeFastMutex(FAST_MUTEX* mutex) {
  mutex->Count = 1;
  mutex->Owner = nullptr;
  mutex->Contention = 0;
  KeInitializeEvent(&mutex->Event, SynchronizationEvent, FALSE);
}

VOID NTAPI ExAcquireFastMutex(FAST_MUTEX* mutex) {
  KIRQL old = ke::raise_irql(APC_LEVEL);
  acquire(mutex, &mutex->Event.Header, kFast);
  mutex->OldIrql = old;
}

VOID NTAPI ExReleaseFastMutex(FAST_MUTEX* mutex) {
  auto old = static_cast<KIRQL>(mutex->OldIrql);
  release(mutex, &mutex->Event.Header);
  ke::lower_irql(old);
}

BOOLEAN NTAPI ExTryToAcquireFastMutex(FAST_MUTEX* mutex) {
  KIRQL old = ke::raise_irql(APC_LEVEL);
  if (!try_acquire(mutex)) {
    ke::lower_irql(old);
    return FALSE;
  }
  mutex->OldIrql = old;
  return TRUE;
}

VOID NTAPI ExAcquireFastMutexUnsafe(FAST_MUTEX* mutex) {
  acquire(mutex, &mutex->Event.Header, kFast);
}
VOID NTAPI ExReleaseFastMutexUnsafe(FAST_MUTEX* mutex) {
  release(mutex, &mutex->Event.Header);
}

VOID NTAPI ExEnterCriticalRegionAndAcquireFastMutexUnsafe(FAST_MUTEX* mutex) {
  ke::enter_critical_region();
  acquire(mutex, &mutex->Event.Header, kFast);
}
VOID NTAPI ExReleaseFastMutexUnsafeAndLeaveCriticalRegion(FAST_MUTEX* mutex) {
  release(mutex, &mutex->Event.Header);
  ke::leave_critical_region();
}

VOID NTAPI KeInitializeGuardedMutex(KGUARDED_MUTEX* mutex) {
  mutex->Count = 1;
  mutex->Owner = nullptr;
  mutex->Contention = 0;
  // A gate lets one waiter through, like a synchronization event.
  KeInitializeEvent(reinterpret_cast<KEVENT*>(&mutex->Gate), SynchronizationEvent, FALSE);
  mutex->CombinedApcDisable = 0;
}

VOID NTAPI KeAcquireGuardedMutex(KGUARDED_MUTEX* mutex) {
  ke::enter_guarded_region();
  acquire(mutex, &mutex->Gate.Header, kGuarded);
}

VOID NTAPI KeReleaseGuardedMutex(KGUARDED_MUTEX* mutex) {
  release(mutex, &mutex->Gate.Header);
  ke::leave_guarded_region();
}

BOOLEAN NTAPI KeTryToAcquireGuardedMutex(KGUARDED_MUTEX* mutex) {
  ke::enter_guarded_region();
  if (try_acquire(mutex)) return TRUE;
  ke::leave_guarded_region();
  return FALSE;
}

VOID NTAPI KeAcquireGuardedMutexUnsafe(KGUARDED_MUTEX* mutex) {
  acquire(mutex, &mutex->Gate.Header, kGuarded);
}
VOID NTAPI KeReleaseGuardedMutexUnsafe(KGUARDED_MUTEX* mutex) {
  release(mutex, &mutex->Gate.Header);
}

}  // namespace drydock::ntos
