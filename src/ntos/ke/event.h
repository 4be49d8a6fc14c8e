#pragma once
// Events, semaphores, mutexes.
// IRQL: at most DISPATCH_LEVEL. Ownership: the driver's memory, resident while anyone may wait.

#include "nt/dispatcher.h"
#include "nt/status.h"

namespace drydock::ntos {

using namespace nt;

VOID NTAPI KeInitializeEvent(KEVENT* event, EVENT_TYPE type, BOOLEAN signalled);
/// Returns the state before. `wait` promises an immediate wait and changes nothing here.
LONG NTAPI KeSetEvent(KEVENT* event, KPRIORITY increment, BOOLEAN wait);
LONG NTAPI KeResetEvent(KEVENT* event);
VOID NTAPI KeClearEvent(KEVENT* event);
LONG NTAPI KePulseEvent(KEVENT* event, KPRIORITY increment, BOOLEAN wait);
LONG NTAPI KeReadStateEvent(KEVENT* event);

VOID NTAPI KeInitializeSemaphore(KSEMAPHORE* semaphore, LONG count, LONG limit);
/// Returns the count before. Raises STATUS_SEMAPHORE_LIMIT_EXCEEDED if the limit would be passed.
LONG NTAPI KeReleaseSemaphore(KSEMAPHORE* semaphore, KPRIORITY increment, LONG adjustment, BOOLEAN wait);
LONG NTAPI KeReadStateSemaphore(KSEMAPHORE* semaphore);

/// A mutex disables normal kernel APCs for its owner, a mutant does not.
VOID NTAPI KeInitializeMutex(KMUTANT* mutex, ULONG level);
VOID NTAPI KeInitializeMutant(KMUTANT* mutant, BOOLEAN initial_owner);
/// Returns the state before. Raises STATUS_MUTANT_NOT_OWNED if the thread does not own it.
LONG NTAPI KeReleaseMutex(KMUTANT* mutex, BOOLEAN wait);
LONG NTAPI KeReleaseMutant(KMUTANT* mutant, KPRIORITY increment, BOOLEAN abandoned, BOOLEAN wait);
LONG NTAPI KeReadStateMutex(KMUTANT* mutex);

}  // namespace drydock::ntos
