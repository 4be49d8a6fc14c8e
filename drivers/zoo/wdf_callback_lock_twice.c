// kmdf: 1.33
// Takes the lock of its queue in a callback that holds it already.
// Expected: recursive-callback-lock, WDF_VIOLATION (0x10D) with 2.
#define ZOO_ADDED Added
#define ZOO_IO Io
#include "zoo_wdf.h"

static VOID NTAPI Serialized(WDFQUEUE Queue, WDFREQUEST Request) {
#ifndef FIXED
  WdfObjectAcquireLock(Queue);
  WdfObjectReleaseLock(Queue);
#else
  UNREFERENCED_PARAMETER(Queue);
#endif
  WdfRequestComplete(Request, STATUS_SUCCESS);
}

static NTSTATUS Added(ZOO* Zoo) {
  WDF_IO_QUEUE_CONFIG config;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchSequential);
  config.EvtIoDefault = Serialized;
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.SynchronizationScope = WdfSynchronizationScopeQueue;
  return WdfIoQueueCreate(Zoo->Device, &config, &attributes, (WDFQUEUE*)&Zoo->Object);
}

static VOID Io(ZOO* Zoo, WDFREQUEST Request) {
  NTSTATUS status = WdfRequestForwardToIoQueue(Request, (WDFQUEUE)Zoo->Object);
  if (!NT_SUCCESS(status)) WdfRequestComplete(Request, status);
}
