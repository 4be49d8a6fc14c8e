// kmdf: 1.33
// Completes the request it holds in EvtDeviceSurpriseRemoval, which is only a notice.
// Expected: surprise-callback-does-work (WDF-470).
#define ZOO_DISPATCH WdfIoQueueDispatchSequential
#define ZOO_IO Io
#define ZOO_IO_STOP IoStop
#define ZOO_SURPRISE Surprise
#include "zoo_wdf.h"

static VOID CompleteHeld(ZOO* Zoo, NTSTATUS Status) {
  WDFREQUEST request = InterlockedExchangePointer((PVOID*)&Zoo->Request, NULL);
  if (request) WdfRequestComplete(request, Status);
}

static VOID NTAPI Complete(WDFTIMER Timer) {
  ZOO* zoo = ZooOf(WdfTimerGetParentObject(Timer));
  CompleteHeld(zoo, STATUS_SUCCESS);
}

static VOID Io(ZOO* Zoo, WDFREQUEST Request) {
  if (!Zoo->Object) Zoo->Object = ZooTimer(Zoo, Complete);
  Zoo->Request = Request;
  WdfTimerStart((WDFTIMER)Zoo->Object, WDF_REL_TIMEOUT_IN_MS(50));
}

static VOID IoStop(ZOO* Zoo, WDFREQUEST Request, ULONG Flags) {
  UNREFERENCED_PARAMETER(Request);
  UNREFERENCED_PARAMETER(Flags);
  CompleteHeld(Zoo, STATUS_CANCELLED);
}

static VOID Surprise(ZOO* Zoo) {
#ifndef FIXED
  CompleteHeld(Zoo, STATUS_NO_SUCH_DEVICE);
#else
  UNREFERENCED_PARAMETER(Zoo);
#endif
}
