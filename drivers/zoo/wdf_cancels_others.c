// kmdf: 1.33
// Keeps reads until something arrives, and when one of them is cancelled ends them all so.
// Expected: request-failed, a read that nobody cancelled.
#define ZOO_ADDED Added
#define ZOO_IO Io
#include "zoo_wdf.h"

static WDFQUEUE Waiting;  // of the one device

static VOID NTAPI Cancelled(WDFQUEUE Queue, WDFREQUEST Request) {
  WdfRequestComplete(Request, STATUS_CANCELLED);
#ifdef FIXED
  UNREFERENCED_PARAMETER(Queue);
#else
  while (NT_SUCCESS(WdfIoQueueRetrieveNextRequest(Queue, &Request))) WdfRequestComplete(Request, STATUS_CANCELLED);
#endif
}

static NTSTATUS Added(ZOO* Zoo) {
  WDF_IO_QUEUE_CONFIG config;
  WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
  config.EvtIoCanceledOnQueue = Cancelled;
  return WdfIoQueueCreate(Zoo->Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &Waiting);
}

static VOID Io(ZOO* Zoo, WDFREQUEST Request) {
  WDF_REQUEST_PARAMETERS parameters;
  WDF_REQUEST_PARAMETERS_INIT(&parameters);
  WdfRequestGetParameters(Request, &parameters);
  UNREFERENCED_PARAMETER(Zoo);
  NTSTATUS status = STATUS_SUCCESS;
  if (parameters.Type == WdfRequestTypeRead) {
    status = WdfRequestForwardToIoQueue(Request, Waiting);
    if (NT_SUCCESS(status)) return;
  }
  WdfRequestComplete(Request, status);
}
