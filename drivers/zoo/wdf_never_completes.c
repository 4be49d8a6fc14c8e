// kmdf: 1.33
// Forgets one of the requests that its queue has given it, and waits in ReleaseHardware until the queue is empty.
// Expected: request-never-completed (WDF-453).
#define ZOO_IO Io
#define ZOO_IO_STOP IoStop
#define ZOO_RELEASE Release
#include "zoo_wdf.h"

static VOID Io(ZOO* Zoo, WDFREQUEST Request) {
#ifndef FIXED
  if (InterlockedIncrement(&Zoo->Count) == 5) return;
#else
  UNREFERENCED_PARAMETER(Zoo);
#endif
  WdfRequestComplete(Request, STATUS_SUCCESS);
}

static VOID IoStop(ZOO* Zoo, WDFREQUEST Request, ULONG Flags) {
  UNREFERENCED_PARAMETER(Zoo);
  if (Flags & WdfRequestStopActionSuspend) WdfRequestStopAcknowledge(Request, FALSE);
}

static NTSTATUS Release(ZOO* Zoo, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Translated);
  WdfIoQueuePurgeSynchronously(Zoo->Queue);
  ZooUnmap(Zoo);
  return STATUS_SUCCESS;
}
