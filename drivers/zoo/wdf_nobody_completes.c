// kmdf: 1.33
// A request is taken off its place first and unmarked later: cancelled in between, its cancel routine finds nothing and
// leaves it to the worker, and the worker, told that it is cancelled, leaves it to the cancel routine.
// Expected: lost-request.
#define ZOO_DISPATCH WdfIoQueueDispatchSequential
#define ZOO_ADDED Added
#define ZOO_IO Io
#define ZOO_IO_STOP IoStop
#include "zoo_wdf.h"

static VOID IoStop(ZOO* Zoo, WDFREQUEST Request, ULONG Flags) {
  UNREFERENCED_PARAMETER(Zoo);
  if (Flags & WdfRequestStopActionSuspend) WdfRequestStopAcknowledge(Request, FALSE);  // the worker has it, not the device
}

/// The request, if nobody else has it.
static WDFREQUEST Take(ZOO* Zoo) {
  return InterlockedExchangePointer((PVOID*)&Zoo->Request, NULL);
}

#ifdef FIXED
static KSPIN_LOCK Lock;

static VOID NTAPI Cancel(WDFREQUEST Request) {
  KIRQL irql;
  KeAcquireSpinLock(&Lock, &irql);
  Take(ZooOf(WdfIoQueueGetDevice(WdfRequestGetIoQueue(Request))));
  KeReleaseSpinLock(&Lock, irql);
  WdfRequestComplete(Request, STATUS_CANCELLED);
}

static VOID NTAPI Work(WDFWORKITEM WorkItem) {
  KIRQL irql;
  ZooWait(1);  // it puts the answer together
  KeAcquireSpinLock(&Lock, &irql);
  WDFREQUEST request = Take(ZooOf(WdfWorkItemGetParentObject(WorkItem)));
  if (request && WdfRequestUnmarkCancelable(request) == STATUS_CANCELLED) request = NULL;
  KeReleaseSpinLock(&Lock, irql);
  if (request) WdfRequestComplete(request, STATUS_SUCCESS);
}
#else
static VOID NTAPI Cancel(WDFREQUEST Request) {
  if (Take(ZooOf(WdfIoQueueGetDevice(WdfRequestGetIoQueue(Request)))))
    WdfRequestComplete(Request, STATUS_CANCELLED);
}

static VOID NTAPI Work(WDFWORKITEM WorkItem) {
  WDFREQUEST request = Take(ZooOf(WdfWorkItemGetParentObject(WorkItem)));
  if (!request) return;
  ZooWait(1);  // it puts the answer together
  if (WdfRequestUnmarkCancelable(request) != STATUS_CANCELLED) WdfRequestComplete(request, STATUS_SUCCESS);
}
#endif

static NTSTATUS Added(ZOO* Zoo) {
  WDF_WORKITEM_CONFIG config;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_WORKITEM_CONFIG_INIT(&config, Work);
  config.AutomaticSerialization = FALSE;
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = Zoo->Device;
  return WdfWorkItemCreate(&config, &attributes, (WDFWORKITEM*)&Zoo->Object);
}

static VOID Io(ZOO* Zoo, WDFREQUEST Request) {
  Zoo->Request = Request;
  if (!NT_SUCCESS(WdfRequestMarkCancelableEx(Request, Cancel))) {
    Zoo->Request = NULL;
    return WdfRequestComplete(Request, STATUS_CANCELLED);
  }
  WdfWorkItemEnqueue((WDFWORKITEM)Zoo->Object);
}
