// kmdf: 1.33
// Holds a request for two seconds and has no EvtIoStop, so that the device cannot leave D0 meanwhile.
// Expected: a warning, request-blocks-power-down (WDF-455).
#define ZOO_ADDED Added
#define ZOO_IO Io
#define ZOO_DISPATCH WdfIoQueueDispatchSequential
#define ZOO_QUEUE Queue
#include "zoo_wdf.h"

static VOID NTAPI IoStop(WDFQUEUE Queue, WDFREQUEST Request, ULONG Flags) {
  UNREFERENCED_PARAMETER(Queue);
  if (Flags & WdfRequestStopActionSuspend) WdfRequestStopAcknowledge(Request, FALSE);
}

static VOID Queue(PWDF_IO_QUEUE_CONFIG Config) {
#ifdef FIXED
  Config->EvtIoStop = IoStop;
#else
  UNREFERENCED_PARAMETER(Config);
  (void)IoStop;
#endif
}

static VOID NTAPI Complete(WDFTIMER Timer) {
  ZOO* zoo = ZooOf(WdfTimerGetParentObject(Timer));
  WdfRequestComplete(zoo->Request, STATUS_SUCCESS);
}

static NTSTATUS Added(ZOO* Zoo) {
  Zoo->Object = ZooTimer(Zoo, Complete);
  return Zoo->Object ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static VOID Io(ZOO* Zoo, WDFREQUEST Request) {
  Zoo->Request = Request;
  WdfTimerStart((WDFTIMER)Zoo->Object, WDF_REL_TIMEOUT_IN_SEC(2));
}
