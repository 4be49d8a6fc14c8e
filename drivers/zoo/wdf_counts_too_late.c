// kmdf: 1.33
// A thread says that it is inside only after it has been woken; the driver is gone when it gets there.
// Expected: DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS (0xCE).
#define ZOO_ADDED Added
#define ZOO_UNLOAD Unload
#include "zoo_wdf.h"

static KEVENT Wanted;
static volatile LONG Inside;
static PVOID Thread;

static VOID NTAPI Helper(PVOID Context) {
  UNREFERENCED_PARAMETER(Context);
  KeWaitForSingleObject(&Wanted, Executive, KernelMode, FALSE, NULL);
  InterlockedIncrement(&Inside);
  ZooWait(1);  // it writes its log
  InterlockedDecrement(&Inside);
  PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS Added(ZOO* Zoo) {
  HANDLE handle;
  UNREFERENCED_PARAMETER(Zoo);
  if (Thread) return STATUS_SUCCESS;
  KeInitializeEvent(&Wanted, NotificationEvent, FALSE);
  NTSTATUS status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, Helper, NULL);
  if (!NT_SUCCESS(status)) return status;
  status = ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, NULL, KernelMode, &Thread, NULL);
  ZwClose(handle);
  return status;
}

static VOID Unload(WDFDRIVER Driver) {
  UNREFERENCED_PARAMETER(Driver);
  if (!Thread) return;
  KeSetEvent(&Wanted, IO_NO_INCREMENT, FALSE);
#ifdef FIXED
  KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
#else
  while (Inside) ZooWait(1);
#endif
  ObDereferenceObject(Thread);
}
