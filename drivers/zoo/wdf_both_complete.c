// kmdf: 1.33
// A cancel routine and a timer each complete the request; neither looks who was first.
// Expected: invalid-handle, WDF_VIOLATION (0x10D) with 5.
#define ZOO_DISPATCH WdfIoQueueDispatchSequential
#define ZOO_QUEUE Queue
#define ZOO_ADDED Added
#define ZOO_IO Io
#include "zoo_wdf.h"

static VOID Queue(PWDF_IO_QUEUE_CONFIG Config) {
  Config->PowerManaged = WdfFalse;  // it needs no device
}

static VOID NTAPI Cancel(WDFREQUEST Request) {
  ZOO* zoo = ZooOf(WdfIoQueueGetDevice(WdfRequestGetIoQueue(Request)));
#ifdef FIXED
  InterlockedExchangePointer((PVOID*)&zoo->Request, NULL);
#else
  UNREFERENCED_PARAMETER(zoo);
#endif
  WdfRequestComplete(Request, STATUS_CANCELLED);
}

static VOID NTAPI Complete(WDFTIMER Timer) {
  ZOO* zoo = ZooOf(WdfTimerGetParentObject(Timer));
  WDFREQUEST request = InterlockedExchangePointer((PVOID*)&zoo->Request, NULL);
  if (!request) return;
#ifdef FIXED
  if (WdfRequestUnmarkCancelable(request) == STATUS_CANCELLED) return;
#endif
  WdfRequestComplete(request, STATUS_SUCCESS);
}

static NTSTATUS Added(ZOO* Zoo) {
  Zoo->Object = ZooTimer(Zoo, Complete);
  return Zoo->Object ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static VOID Io(ZOO* Zoo, WDFREQUEST Request) {
  Zoo->Request = Request;
  if (!NT_SUCCESS(WdfRequestMarkCancelableEx(Request, Cancel))) {
    Zoo->Request = NULL;
    return WdfRequestComplete(Request, STATUS_CANCELLED);
  }
  WdfTimerStart((WDFTIMER)Zoo->Object, WDF_REL_TIMEOUT_IN_MS(10));
}
