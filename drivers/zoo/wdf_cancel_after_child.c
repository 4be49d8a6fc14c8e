// kmdf: 1.33
// A request waits at a port of the device's, and is cancelled when the port has gone with the hardware: its cancel
// routine counts there.
// Expected, with special pool: DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL (0xD5).
#define ZOO_DISPATCH WdfIoQueueDispatchSequential
#define ZOO_ADDED Added
#define ZOO_PREPARE Prepare
#define ZOO_RELEASE Release
#define ZOO_IO Io
#define ZOO_IO_STOP IoStop
#include "zoo_wdf.h"

typedef struct _PORT {
  LONG Waiting, Cancelled;
} PORT;

static PORT* Port;

static VOID IoStop(ZOO* Zoo, WDFREQUEST Request, ULONG Flags) {
  UNREFERENCED_PARAMETER(Zoo);
  if (Flags & WdfRequestStopActionSuspend) WdfRequestStopAcknowledge(Request, FALSE);  // it waits at the port, not at the device
}

static VOID NTAPI Cancel(WDFREQUEST Request) {
  ZOO* zoo = ZooOf(WdfIoQueueGetDevice(WdfRequestGetIoQueue(Request)));
  InterlockedExchangePointer((PVOID*)&zoo->Request, NULL);
#ifdef FIXED
  if (Port)
#endif
    ++Port->Cancelled;
  WdfRequestComplete(Request, STATUS_CANCELLED);
}

static VOID NTAPI Complete(WDFTIMER Timer) {
  ZOO* zoo = ZooOf(WdfTimerGetParentObject(Timer));
  WDFREQUEST request = InterlockedExchangePointer((PVOID*)&zoo->Request, NULL);
  if (!request || WdfRequestUnmarkCancelable(request) == STATUS_CANCELLED) return;
  WdfRequestComplete(request, STATUS_SUCCESS);
}

static NTSTATUS Added(ZOO* Zoo) {
  Zoo->Object = ZooTimer(Zoo, Complete);
  return Zoo->Object ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS Prepare(ZOO* Zoo, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Zoo);
  UNREFERENCED_PARAMETER(Raw);
  UNREFERENCED_PARAMETER(Translated);
  Port = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(PORT), ZOO_TAG);
  if (Port) RtlZeroMemory(Port, sizeof(PORT));
  return Port ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS Release(ZOO* Zoo, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Translated);
  PORT* port = Port;
#ifdef FIXED
  Port = NULL;
#endif
  if (port) ExFreePoolWithTag(port, ZOO_TAG);
  ZooUnmap(Zoo);
  return STATUS_SUCCESS;
}

static VOID Io(ZOO* Zoo, WDFREQUEST Request) {
  Zoo->Request = Request;
  if (!NT_SUCCESS(WdfRequestMarkCancelableEx(Request, Cancel))) {
    Zoo->Request = NULL;
    return WdfRequestComplete(Request, STATUS_CANCELLED);
  }
  WdfTimerStart((WDFTIMER)Zoo->Object, WDF_REL_TIMEOUT_IN_MS(10));
}
