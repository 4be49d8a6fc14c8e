// kmdf: 1.33
// A work item of the kernel's polls and queues itself again: it asks whether it may before it polls, and is told to stop
// in between. Nobody waits for its last round.
// Expected: DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS (0xCE), or WORKER_INVALID (0xE4).
#define ZOO_D0_ENTRY D0Entry
#define ZOO_D0_EXIT D0Exit
#include "zoo_wdf.h"

static WORK_QUEUE_ITEM Item;
static KEVENT Polled;
static volatile LONG Stopping;

static VOID NTAPI Poll(PVOID Context) {
#ifdef FIXED
  ZooWait(1);
  ZooRead(Context, EDU_LIVENESS);
  if (Stopping)
    KeSetEvent(&Polled, IO_NO_INCREMENT, FALSE);
  else
    ExQueueWorkItem(&Item, DelayedWorkQueue);
#else
  BOOLEAN again = !Stopping;
  ZooWait(1);
  if (again) {
    ZooRead(Context, EDU_LIVENESS);
    KeSetEvent(&Polled, IO_NO_INCREMENT, FALSE);
    ExQueueWorkItem(&Item, DelayedWorkQueue);
  }
#endif
}

static NTSTATUS D0Entry(ZOO* Zoo, WDF_POWER_DEVICE_STATE Previous) {
  UNREFERENCED_PARAMETER(Previous);
  Stopping = FALSE;
  KeInitializeEvent(&Polled, NotificationEvent, FALSE);
  ExInitializeWorkItem(&Item, Poll, Zoo);
  ExQueueWorkItem(&Item, DelayedWorkQueue);
  return STATUS_SUCCESS;
}

static NTSTATUS D0Exit(ZOO* Zoo, WDF_POWER_DEVICE_STATE Target) {
  UNREFERENCED_PARAMETER(Zoo);
  UNREFERENCED_PARAMETER(Target);
#ifndef FIXED
  KeClearEvent(&Polled);
#endif
  Stopping = TRUE;
  KeWaitForSingleObject(&Polled, Executive, KernelMode, FALSE, NULL);
  return STATUS_SUCCESS;
}
