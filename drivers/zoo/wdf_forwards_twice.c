// kmdf: 1.33
// Forwards a request that a queue has already.
// Expected, with the framework's verifier: request-not-in-queue, WDF_VIOLATION (0x10D) with 6, 5.
#define ZOO_ADDED Added
#define ZOO_IO Io
#include "zoo_wdf.h"

static NTSTATUS Added(ZOO* Zoo) {
  WDF_IO_QUEUE_CONFIG config;
  WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
  return WdfIoQueueCreate(Zoo->Device, &config, WDF_NO_OBJECT_ATTRIBUTES, (WDFQUEUE*)&Zoo->Object);
}

static VOID Io(ZOO* Zoo, WDFREQUEST Request) {
  WDFQUEUE manual = (WDFQUEUE)Zoo->Object;
  WDFREQUEST next;
  NTSTATUS status = WdfRequestForwardToIoQueue(Request, manual);
  if (!NT_SUCCESS(status)) return WdfRequestComplete(Request, status);
#ifndef FIXED
  WdfRequestForwardToIoQueue(Request, manual);
#endif
  while (NT_SUCCESS(WdfIoQueueRetrieveNextRequest(manual, &next))) WdfRequestComplete(next, STATUS_SUCCESS);
}
