/// What goes on beside the requests: the DPC that serves reads, the timer with its work item, the thread.
#include "wdm_echo.h"

// Of the kernel's headers only ntifs.h has it.
NTSYSAPI NTSTATUS NTAPI ZwWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout);

static VOID NTAPI EchoMatchDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
  UNREFERENCED_PARAMETER(Dpc);
  UNREFERENCED_PARAMETER(Argument1);
  UNREFERENCED_PARAMETER(Argument2);
  EchoMatchReads(Context);
}

/// Completes, at PASSIVE_LEVEL, the requests that waited for the tick.
static VOID NTAPI EchoWork(PDEVICE_OBJECT Device, PVOID Context) {
  ECHO_EXTENSION* ext = Context;
  UNREFERENCED_PARAMETER(Device);
  InterlockedExchange(&ext->WorkQueued, FALSE);
  InterlockedIncrement((LONG*)&ext->Statistics.WorkItemRuns);
  PIRP irp;
  while ((irp = EchoQueueRemove(&ext->AtTick, NULL)) != NULL) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG in = stack->Parameters.DeviceIoControl.InputBufferLength;
    ULONG out = stack->Parameters.DeviceIoControl.OutputBufferLength;
    EchoComplete(ext, irp, STATUS_SUCCESS, in < out ? in : out);
  }
  IoReleaseRemoveLock(&ext->RemoveLock, ext->WorkItem);
}

static VOID NTAPI EchoTimerDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
  ECHO_EXTENSION* ext = Context;
  UNREFERENCED_PARAMETER(Dpc);
  UNREFERENCED_PARAMETER(Argument1);
  UNREFERENCED_PARAMETER(Argument2);
  InterlockedExchange(&ext->TimerSet, FALSE);
  InterlockedIncrement((LONG*)&ext->Statistics.Ticks);
  if (InterlockedExchange(&ext->WorkQueued, TRUE)) return;  // a work item may be queued once only
  if (NT_SUCCESS(IoAcquireRemoveLock(&ext->RemoveLock, ext->WorkItem)))
    IoQueueWorkItem(ext->WorkItem, EchoWork, DelayedWorkQueue, ext);
}

/// Starts the timer unless it runs.
VOID EchoSetTimer(ECHO_EXTENSION* Ext) {
  if (InterlockedExchange(&Ext->TimerSet, TRUE)) return;
  LARGE_INTEGER due;
  due.QuadPart = -(LONGLONG)WDM_ECHO_TICK_MS * 10000;
  KeSetTimer(&Ext->Timer, due, &Ext->TimerDpc);
}

/// Adds to what the thread has to put into the ring.
VOID EchoGenerate(ECHO_EXTENSION* Ext, ULONG Bytes) {
  InterlockedExchangeAdd(&Ext->BytesWanted, (LONG)Bytes);
  KeSetEvent(&Ext->Work, IO_NO_INCREMENT, FALSE);
}

/// Puts bytes into the ring until nothing is wanted. While the ring is full it waits for a tick at a time.
/// Returns FALSE if it was told to stop.
static BOOLEAN EchoGenerateAll(ECHO_EXTENSION* Ext) {
  UCHAR chunk[64];
  ULONG wanted;
  while ((wanted = (ULONG)InterlockedExchange(&Ext->BytesWanted, 0)) != 0) {
    while (wanted) {
      ULONG bytes = wanted < sizeof(chunk) ? wanted : sizeof(chunk);
      for (ULONG i = 0; i < bytes; ++i) chunk[i] = (UCHAR)(Ext->Statistics.BytesGenerated + i);
      bytes = EchoRingPut(Ext, chunk, bytes);
      wanted -= bytes;
      Ext->Statistics.BytesGenerated += bytes;
      EchoMatchReads(Ext);
      if (bytes) continue;
      LARGE_INTEGER wait;
      wait.QuadPart = -(LONGLONG)WDM_ECHO_TICK_MS * 10000;
      if (KeWaitForSingleObject(&Ext->Stop, Executive, KernelMode, FALSE, &wait) == STATUS_SUCCESS) return FALSE;
    }
  }
  return TRUE;
}

static VOID NTAPI EchoThread(PVOID Context) {
  ECHO_EXTENSION* ext = Context;
  PVOID objects[] = {&ext->Stop, &ext->Work};
  for (;;) {
    NTSTATUS status =
        KeWaitForMultipleObjects(RTL_NUMBER_OF(objects), objects, WaitAny, Executive, KernelMode, FALSE, NULL, NULL);
    if (status == STATUS_WAIT_0) break;
    ++ext->Statistics.ThreadRuns;
    if (!EchoGenerateAll(ext)) break;
  }
  PsTerminateSystemThread(STATUS_SUCCESS);
}

NTSTATUS EchoBackgroundStart(ECHO_EXTENSION* Ext) {
  KeInitializeDpc(&Ext->MatchDpc, EchoMatchDpc, Ext);
  KeInitializeDpc(&Ext->TimerDpc, EchoTimerDpc, Ext);
  KeInitializeTimer(&Ext->Timer);
  KeInitializeEvent(&Ext->Stop, NotificationEvent, FALSE);
  KeInitializeEvent(&Ext->Work, SynchronizationEvent, FALSE);
  Ext->WorkItem = IoAllocateWorkItem(Ext->Device);
  if (!Ext->WorkItem) return STATUS_INSUFFICIENT_RESOURCES;

  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
  HANDLE handle;
  NTSTATUS status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, &attributes, NULL, NULL, EchoThread, Ext);
  if (NT_SUCCESS(status)) {
    status = ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, NULL, KernelMode, &Ext->Thread, NULL);
    if (!NT_SUCCESS(status)) {  // it runs already, and its code is about to go away
      KeSetEvent(&Ext->Stop, IO_NO_INCREMENT, FALSE);
      ZwWaitForSingleObject(handle, FALSE, NULL);
    }
    ZwClose(handle);
  }
  if (!NT_SUCCESS(status)) IoFreeWorkItem(Ext->WorkItem);
  return status;
}

/// IRQL: PASSIVE_LEVEL. When it returns nothing of ours runs or is going to, except a work item, which holds the remove
/// lock; free it after that lock has been waited for.
VOID EchoBackgroundStop(ECHO_EXTENSION* Ext) {
  KeSetEvent(&Ext->Stop, IO_NO_INCREMENT, FALSE);
  KeWaitForSingleObject(Ext->Thread, Executive, KernelMode, FALSE, NULL);
  ObDereferenceObject(Ext->Thread);
  KeCancelTimer(&Ext->Timer);
  KeFlushQueuedDpcs();
}
