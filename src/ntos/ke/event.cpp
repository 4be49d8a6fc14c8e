#include "ntos/ke/event.h"

#include "machine/thread.h"
#include "ntos/ke/apc.h"
#include "ntos/ke/current.h"
#include "ntos/ke/wait.h"
#include "ntos/rtl/exception.h"

namespace drydock::ntos {

namespace {

[[gnu::always_inline]] inline void initialize_header(DISPATCHER_HEADER& header, UCHAR type, std::size_t bytes,
                                                     LONG state) {
  header.Lock = type | static_cast<LONG>(bytes / sizeof(LONG)) << 16;
  header.SignalState = state;
  InitializeListHead(&header.WaitListHead);
}

}  // namespace

VOID NTAPI KeInitializeEvent(KEVENT* event, EVENT_TYPE type, BOOLEAN signalled) {
  initialize_header(event->Header, static_cast<UCHAR>(type), sizeof(KEVENT), signalled != FALSE);
}

LONG NTAPI KeSetEvent(KEVENT* event, KPRIORITY increment, BOOLEAN) {
  LONG before = event->Header.SignalState;
  event->Header.SignalState = 1;
  if (before == 0) ke::signal(&event->Header, increment);
  return before;
}

LONG NTAPI KeResetEvent(KEVENT* event) {
  LONG before = event->Header.SignalState;
  event->Header.SignalState = 0;
  return before;
}

VOID NTAPI KeClearEvent(KEVENT* event) {
  event->Header.SignalState = 0;
}

LONG NTAPI KePulseEvent(KEVENT* event, KPRIORITY increment, BOOLEAN) {
  LONG before = event->Header.SignalState;
  event->Header.SignalState = 1;
  if (before == 0) machine::object_signalled(&event->Header, increment);
  event->Header.SignalState = 0;
  return before;
}

LONG NTAPI KeReadStateEvent(KEVENT* event) {
  return event->Header.SignalState;
}

VOID NTAPI KeInitializeSemaphore(KSEMAPHORE* semaphore, LONG count, LONG limit) {
  initialize_header(semaphore->Header, SemaphoreObject, sizeof(KSEMAPHORE), count);
  semaphore->Limit = limit;
}

LONG NTAPI KeReleaseSemaphore(KSEMAPHORE* semaphore, KPRIORITY increment, LONG adjustment, BOOLEAN) {
  LONG before = semaphore->Header.SignalState;
  if (adjustment <= 0 || adjustment > semaphore->Limit - before) ExRaiseStatus(STATUS_SEMAPHORE_LIMIT_EXCEEDED);
  semaphore->Header.SignalState = before + adjustment;
  if (before == 0) ke::signal(&semaphore->Header, increment);
  return before;
}

LONG NTAPI KeReadStateSemaphore(KSEMAPHORE* semaphore) {
  return semaphore->Header.SignalState;
}

VOID NTAPI KeInitializeMutex(KMUTANT* mutex, ULONG) {
  KeInitializeMutant(mutex, FALSE);
  mutex->ApcDisable = 1;
}

VOID NTAPI KeInitializeMutant(KMUTANT* mutant, BOOLEAN initial_owner) {
  initialize_header(mutant->Header, MutantObject, sizeof(KMUTANT), initial_owner != FALSE ? 0 : 1);
  mutant->OwnerThread = initial_owner != FALSE ? ke::current_thread_object() : nullptr;
  mutant->Abandoned = FALSE;
  mutant->ApcDisable = 0;
  InitializeListHead(&mutant->MutantListEntry);
}

LONG NTAPI KeReleaseMutant(KMUTANT* mutant, KPRIORITY increment, BOOLEAN abandoned, BOOLEAN) {
  LONG before = mutant->Header.SignalState;
  if (abandoned == FALSE && (mutant->OwnerThread == nullptr || mutant->OwnerThread != ke::current_thread_object()))
    ExRaiseStatus(mutant->Abandoned != FALSE ? STATUS_ABANDONED : STATUS_MUTANT_NOT_OWNED);
  if (abandoned != FALSE) mutant->Abandoned = TRUE;
  mutant->Header.SignalState = abandoned != FALSE ? 1 : before + 1;
  if (mutant->Header.SignalState == 1) {
    mutant->OwnerThread = nullptr;
    ke::signal(&mutant->Header, increment);
    if (mutant->ApcDisable != 0) ke::leave_critical_region();
  }
  return before;
}

LONG NTAPI KeReleaseMutex(KMUTANT* mutex, BOOLEAN wait) {
  return KeReleaseMutant(mutex, 1, FALSE, wait);
}

LONG NTAPI KeReadStateMutex(KMUTANT* mutex) {
  return mutex->Header.SignalState;
}

}  // namespace drydock::ntos
