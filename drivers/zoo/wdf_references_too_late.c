// kmdf: 1.33
// Finds its session under a lock and takes a reference when the lock is released: meanwhile the session may be replaced
// and freed.
// Expected, with special pool: DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL (0xD5).
#define ZOO_ADDED Added
#define ZOO_CLEANUP Cleanup
#define ZOO_IO Io
#include "zoo_wdf.h"

#define REQUESTS_IN_A_SESSION 4

typedef struct _SESSION {
  LONG References, Requests;
} SESSION;

static SESSION* Current;
static KSPIN_LOCK Lock;

static SESSION* Find(VOID) {
  KIRQL irql;
  KeAcquireSpinLock(&Lock, &irql);
  SESSION* found = Current;
#ifdef FIXED
  InterlockedIncrement(&found->References);
#endif
  KeReleaseSpinLock(&Lock, irql);
#ifndef FIXED
  InterlockedIncrement(&found->References);
#endif
  return found;
}

static VOID Release(SESSION* Session) {
  if (InterlockedDecrement(&Session->References) == 0) ExFreePoolWithTag(Session, ZOO_TAG);
}

static BOOLEAN Renew(VOID) {
  KIRQL irql;
  SESSION* session = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(SESSION), ZOO_TAG);
  if (!session) return FALSE;
  session->References = 1;
  session->Requests = 0;
  KeAcquireSpinLock(&Lock, &irql);
  SESSION* before = Current;
  Current = session;
  KeReleaseSpinLock(&Lock, irql);
  if (before) Release(before);
  return TRUE;
}

static NTSTATUS Added(ZOO* Zoo) {
  UNREFERENCED_PARAMETER(Zoo);
  KeInitializeSpinLock(&Lock);
  return Renew() ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static VOID Cleanup(ZOO* Zoo) {
  UNREFERENCED_PARAMETER(Zoo);
  if (Current) Release(Current);
  Current = NULL;
}

static VOID Io(ZOO* Zoo, WDFREQUEST Request) {
  UNREFERENCED_PARAMETER(Zoo);
  SESSION* session = Find();
  LONG requests = InterlockedIncrement(&session->Requests);
  Release(session);
  if (requests == REQUESTS_IN_A_SESSION) Renew();
  WdfRequestComplete(Request, STATUS_SUCCESS);
}
