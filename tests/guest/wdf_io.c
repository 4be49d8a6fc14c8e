// kmdf: 1.15
// A control device whose queues, requests and small objects the tests play with; wdf_io.h says how.

#include <ntddk.h>
#include <wdf.h>

#include "guest_check.h"
#include "wdf_io.h"

typedef struct _DEVICE_CONTEXT {
  WDFQUEUE Queues[kWdfQueueCount];
  WDFCOLLECTION Kept;
  WDFSPINLOCK Lock;
  WDF_IO_REPORT Report;
} DEVICE_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(DEVICE_CONTEXT, DeviceContext)

typedef struct _REQUEST_CONTEXT {
  ULONG Mode;
} REQUEST_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(REQUEST_CONTEXT, RequestContext)

typedef struct _COUNTER {
  LONG Runs;
  KIRQL Irql;
} COUNTER;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(COUNTER, Counter)

static WDFDEVICE ControlDevice;

static DEVICE_CONTEXT* Of(WDFQUEUE Queue) {
  return DeviceContext(WdfIoQueueGetDevice(Queue));
}

static VOID Keep(DEVICE_CONTEXT* Context, WDFREQUEST Request) {
  WdfSpinLockAcquire(Context->Lock);
  WdfCollectionAdd(Context->Kept, Request);
  WdfSpinLockRelease(Context->Lock);
}

static BOOLEAN Unkeep(DEVICE_CONTEXT* Context, WDFREQUEST Request) {
  BOOLEAN found = FALSE;
  WdfSpinLockAcquire(Context->Lock);
  for (ULONG i = 0; i < WdfCollectionGetCount(Context->Kept); ++i)
    if (WdfCollectionGetItem(Context->Kept, i) == Request) {
      WdfCollectionRemoveItem(Context->Kept, i);
      found = TRUE;
      break;
    }
  WdfSpinLockRelease(Context->Lock);
  return found;
}

static VOID NTAPI EvtRequestCleanup(WDFOBJECT Request) {
  (void)Request;
  ++DeviceContext(ControlDevice)->Report.Cleanups;
}

static VOID NTAPI EvtRequestDestroy(WDFOBJECT Request) {
  (void)RequestContext(Request)->Mode;  // WDF-349: the context is still there
  ++DeviceContext(ControlDevice)->Report.Destroys;
}

static VOID NTAPI EvtRequestCancel(WDFREQUEST Request) {
  DEVICE_CONTEXT* context = DeviceContext(ControlDevice);
  ++context->Report.Cancelled;
  Unkeep(context, Request);
  WdfRequestComplete(Request, STATUS_CANCELLED);
}

static VOID NTAPI EvtIoCanceledOnQueue(WDFQUEUE Queue, WDFREQUEST Request) {
  ++Of(Queue)->Report.CanceledOnQueue;
  WdfRequestComplete(Request, STATUS_CANCELLED);
}

static VOID NTAPI EvtKeepRead(WDFQUEUE Queue, WDFREQUEST Request, size_t Length) {
  (void)Length;
  Keep(Of(Queue), Request);
}

static VOID CompleteRead(WDFREQUEST Request, size_t Length) {
  PVOID buffer;
  size_t got;
  NTSTATUS status = WdfRequestRetrieveOutputBuffer(Request, Length, &buffer, &got);
  if (NT_SUCCESS(status)) RtlFillMemory(buffer, Length, 0x5A);
  WdfRequestCompleteWithInformation(Request, status, NT_SUCCESS(status) ? Length : 0);
}

static VOID NTAPI EvtIoRead(WDFQUEUE Queue, WDFREQUEST Request, size_t Length) {
  DEVICE_CONTEXT* context = Of(Queue);
  WDF_REQUEST_PARAMETERS parameters;
  WDFMEMORY memory;
  WDF_REQUEST_PARAMETERS_INIT(&parameters);
  WdfRequestGetParameters(Request, &parameters);
  const ULONG mode = (ULONG)parameters.Parameters.Read.DeviceOffset;
  RequestContext(Request)->Mode = mode;
  switch (mode) {
    case kWdfIoManual:
    case kWdfIoForwardTwice:
      if (!NT_SUCCESS(WdfRequestForwardToIoQueue(Request, context->Queues[kWdfQueueManual])))
        return WdfRequestComplete(Request, STATUS_DEVICE_BUSY);
      if (mode == kWdfIoForwardTwice)
        WdfRequestForwardToIoQueue(Request, context->Queues[kWdfQueueSequential]);
      return;
    case kWdfIoSequential:
      WdfRequestForwardToIoQueue(Request, context->Queues[kWdfQueueSequential]);
      return;
    case kWdfIoParallel:
      WdfRequestForwardToIoQueue(Request, context->Queues[kWdfQueueParallel]);
      return;
    case kWdfIoKeepCancelable:
      Keep(context, Request);
      if (NT_SUCCESS(WdfRequestMarkCancelableEx(Request, EvtRequestCancel))) return;
      Unkeep(context, Request);
      return WdfRequestComplete(Request, STATUS_CANCELLED);
    case kWdfIoKeep:
      return Keep(context, Request);
    case kWdfIoCompleteCancelable:
      WdfRequestMarkCancelable(Request, EvtRequestCancel);
      return WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, 0);
    case kWdfIoCompleteReferenced:
      WdfRequestRetrieveOutputMemory(Request, &memory);
      WdfObjectReference(memory);
      return WdfRequestComplete(Request, STATUS_SUCCESS);
    case kWdfIoCompleteTwiceHeld:
      WdfObjectReference(Request);
      WdfRequestComplete(Request, STATUS_SUCCESS);
      WdfRequestComplete(Request, STATUS_SUCCESS);
      return WdfObjectDereference(Request);
    case kWdfIoCompleteTwice:
      WdfRequestComplete(Request, STATUS_SUCCESS);
      return WdfRequestComplete(Request, STATUS_SUCCESS);
    case kWdfIoCompleteTooLong:
      return WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, Length + 1);
    case kWdfIoAcknowledge:
      WdfRequestStopAcknowledge(Request, FALSE);
      return CompleteRead(Request, Length);
    default:
      return CompleteRead(Request, Length);
  }
}

static VOID NTAPI EvtQueueReady(WDFQUEUE Queue, WDFCONTEXT Context) {
  (void)Context;
  ++Of(Queue)->Report.Ready;
}

static VOID NTAPI EvtQueueStopped(WDFQUEUE Queue, WDFCONTEXT Context) {
  if (Context == Of(Queue)) ++Of(Queue)->Report.Stopped;
}

static VOID NTAPI EvtQueueEmptied(WDFQUEUE Queue, WDFCONTEXT Context) {
  if (Context == Of(Queue)) ++Of(Queue)->Report.Emptied;
}

static NTSTATUS Control(DEVICE_CONTEXT* Context, const WDF_IO_CONTROL* Control) {
  if (Control->Queue >= kWdfQueueCount) return STATUS_INVALID_PARAMETER;
  WDFQUEUE queue = Context->Queues[Control->Queue];
  switch (Control->Action) {
    case kWdfIoStart:
      WdfIoQueueStart(queue);
      return STATUS_SUCCESS;
    case kWdfIoStop:
      WdfIoQueueStop(queue, EvtQueueStopped, Context);
      return STATUS_SUCCESS;
    case kWdfIoStopSynchronously:
      WdfIoQueueStopSynchronously(queue);
      return STATUS_SUCCESS;
    case kWdfIoDrain:
      WdfIoQueueDrain(queue, EvtQueueEmptied, Context);
      return STATUS_SUCCESS;
    case kWdfIoPurge:
      WdfIoQueuePurge(queue, EvtQueueEmptied, Context);
      return STATUS_SUCCESS;
    case kWdfIoStopAndPurge:
      WdfIoQueueStopAndPurge(queue, EvtQueueStopped, Context);
      return STATUS_SUCCESS;
    case kWdfIoRequeueKept: {
      WDFREQUEST request = WdfCollectionGetFirstItem(Context->Kept);
      if (request == NULL) return STATUS_NO_MORE_ENTRIES;
      Unkeep(Context, request);
      return WdfRequestRequeue(request);
    }
    case kWdfIoReadyNotify:
      return WdfIoQueueReadyNotify(queue, EvtQueueReady, NULL);
    default:
      return STATUS_INVALID_PARAMETER;
  }
}

static NTSTATUS Take(DEVICE_CONTEXT* Context, const WDF_IO_TAKE* Take, WDFFILEOBJECT File) {
  WDFREQUEST found, request;
  NTSTATUS status;
  if (Take->Queue >= kWdfQueueCount) return STATUS_INVALID_PARAMETER;
  WDFQUEUE queue = Context->Queues[Take->Queue];
  if (Take->Then == kWdfIoTakeFound) {
    status = WdfIoQueueFindRequest(queue, NULL, NULL, NULL, &found);
    if (!NT_SUCCESS(status)) return status;
    status = WdfIoQueueRetrieveFoundRequest(queue, found, &request);
    WdfObjectDereference(found);
  } else if (Take->Then == kWdfIoTakeByFile) {
    status = WdfIoQueueRetrieveRequestByFileObject(queue, File, &request);
  } else {
    status = WdfIoQueueRetrieveNextRequest(queue, &request);
  }
  if (!NT_SUCCESS(status)) return status;
  if (Take->Then == kWdfIoTakeRequeue) return WdfRequestRequeue(request);
  if (Take->Then == kWdfIoTakeKeep) {
    Keep(Context, request);
    return STATUS_SUCCESS;
  }
  WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, 0);
  return STATUS_SUCCESS;
}

static NTSTATUS Finish(DEVICE_CONTEXT* Context, NTSTATUS With) {
  WdfSpinLockAcquire(Context->Lock);
  WDFREQUEST request = WdfCollectionGetFirstItem(Context->Kept);
  if (request != NULL) {
    WdfObjectReference(request);
    WdfCollectionRemoveItem(Context->Kept, 0);
  }
  WdfSpinLockRelease(Context->Lock);
  if (request == NULL) return STATUS_NO_MORE_ENTRIES;
  NTSTATUS unmarked = STATUS_SUCCESS;
  if (RequestContext(request)->Mode == kWdfIoKeepCancelable) unmarked = WdfRequestUnmarkCancelable(request);
  if (NT_SUCCESS(unmarked)) WdfRequestCompleteWithInformation(request, With, 0);
  WdfObjectDereference(request);
  return unmarked;
}

// ---- What a driver can find out about the small objects by itself ----

static VOID TestMemory(GUEST_RESULT* Result) {
  WDFMEMORY memory, second;
  WDFLOOKASIDE list;
  PVOID buffer, again;
  size_t size;
  UCHAR bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8}, back[8];
  CHECK(Result, WdfMemoryCreate(NULL, NonPagedPool, 0, 0, &memory, NULL) == STATUS_INVALID_PARAMETER);
  CHECK(Result, WdfMemoryCreate(NULL, NonPagedPool, 0x54736574, 8, &memory, &buffer) == STATUS_SUCCESS);
  CHECK(Result, WdfMemoryGetBuffer(memory, &size) == buffer && size == 8);
  CHECK(Result, WdfMemoryCopyFromBuffer(memory, 0, bytes, 8) == STATUS_SUCCESS);
  CHECK(Result, WdfMemoryCopyToBuffer(memory, 4, back, 4) == STATUS_SUCCESS);
  CHECK(Result, back[0] == 5 && back[3] == 8);
  CHECK(Result, WdfMemoryCopyToBuffer(memory, 4, back, 5) == STATUS_BUFFER_TOO_SMALL);
  CHECK(Result, WdfMemoryAssignBuffer(memory, bytes, 8) == STATUS_INVALID_DEVICE_REQUEST);
  WdfObjectDelete(memory);
  CHECK(Result, WdfMemoryCreatePreallocated(NULL, bytes, 8, &memory) == STATUS_SUCCESS);
  CHECK(Result, WdfMemoryAssignBuffer(memory, back, 4) == STATUS_SUCCESS);
  CHECK(Result, WdfMemoryGetBuffer(memory, &size) == back && size == 4);
  WdfObjectDelete(memory);
  CHECK(Result, WdfLookasideListCreate(NULL, 64, NonPagedPool, NULL, 0x54736574, &list) == STATUS_SUCCESS);
  CHECK(Result, WdfMemoryCreateFromLookaside(list, &memory) == STATUS_SUCCESS);
  CHECK(Result, WdfMemoryCreateFromLookaside(list, &second) == STATUS_SUCCESS);
  buffer = WdfMemoryGetBuffer(memory, &size);
  again = WdfMemoryGetBuffer(second, NULL);
  CHECK(Result, size == 64 && buffer != again);
  WdfObjectDelete(memory);
  WdfObjectDelete(second);
  WdfObjectDelete(list);
}

static VOID TestCollection(GUEST_RESULT* Result) {
  WDFCOLLECTION collection;
  WDFOBJECT a, b;
  CHECK(Result, WdfCollectionCreate(NULL, &collection) == STATUS_SUCCESS);
  CHECK(Result, WdfCollectionGetCount(collection) == 0 && WdfCollectionGetFirstItem(collection) == NULL);
  CHECK(Result, WdfObjectCreate(NULL, &a) == STATUS_SUCCESS && WdfObjectCreate(NULL, &b) == STATUS_SUCCESS);
  CHECK(Result, WdfCollectionAdd(collection, a) == STATUS_SUCCESS);
  CHECK(Result, WdfCollectionAdd(collection, b) == STATUS_SUCCESS);
  CHECK(Result, WdfCollectionGetCount(collection) == 2);
  CHECK(Result, WdfCollectionGetItem(collection, 0) == a && WdfCollectionGetLastItem(collection) == b);
  CHECK(Result, WdfCollectionGetItem(collection, 2) == NULL);
  WdfCollectionRemove(collection, a);
  CHECK(Result, WdfCollectionGetCount(collection) == 1 && WdfCollectionGetFirstItem(collection) == b);
  WdfCollectionRemoveItem(collection, 0);
  CHECK(Result, WdfCollectionGetCount(collection) == 0);
  WdfObjectDelete(a);
  WdfObjectDelete(b);
  WdfObjectDelete(collection);
}

static VOID TestString(GUEST_RESULT* Result) {
  DECLARE_CONST_UNICODE_STRING(text, L"Dry dock");
  UNICODE_STRING back;
  WDFSTRING string;
  CHECK(Result, WdfStringCreate(&text, NULL, &string) == STATUS_SUCCESS);
  WdfStringGetUnicodeString(string, &back);
  CHECK(Result, back.Length == text.Length && back.Buffer != text.Buffer);
  CHECK(Result, RtlCompareMemory(back.Buffer, text.Buffer, text.Length) == text.Length);
  WdfObjectDelete(string);
}

static VOID TestLocks(GUEST_RESULT* Result) {
  WDFSPINLOCK spin;
  WDFWAITLOCK wait;
  LONGLONG now = 0;
  CHECK(Result, WdfSpinLockCreate(NULL, &spin) == STATUS_SUCCESS);
  CHECK(Result, KeGetCurrentIrql() == PASSIVE_LEVEL);
  WdfSpinLockAcquire(spin);
  CHECK(Result, KeGetCurrentIrql() == DISPATCH_LEVEL);
  WdfSpinLockRelease(spin);
  CHECK(Result, KeGetCurrentIrql() == PASSIVE_LEVEL);
  WdfObjectDelete(spin);
  CHECK(Result, WdfWaitLockCreate(NULL, &wait) == STATUS_SUCCESS);
  CHECK(Result, WdfWaitLockAcquire(wait, NULL) == STATUS_SUCCESS);
  CHECK(Result, KeAreApcsDisabled());
  CHECK(Result, WdfWaitLockAcquire(wait, &now) == STATUS_TIMEOUT);
  WdfWaitLockRelease(wait);
  CHECK(Result, !KeAreApcsDisabled());
  CHECK(Result, WdfWaitLockAcquire(wait, &now) == STATUS_SUCCESS);
  WdfWaitLockRelease(wait);
  WdfObjectDelete(wait);
}

static VOID NTAPI EvtTimer(WDFTIMER Timer) {
  ++Counter(Timer)->Runs;
  Counter(Timer)->Irql = KeGetCurrentIrql();
}

static VOID NTAPI EvtDpc(WDFDPC Dpc) {
  ++Counter(Dpc)->Runs;
  Counter(Dpc)->Irql = KeGetCurrentIrql();
}

static VOID NTAPI EvtWorkItem(WDFWORKITEM WorkItem) {
  LARGE_INTEGER duration = {.QuadPart = WDF_REL_TIMEOUT_IN_MS(5)};
  KeDelayExecutionThread(KernelMode, FALSE, &duration);
  ++Counter(WorkItem)->Runs;
  Counter(WorkItem)->Irql = KeGetCurrentIrql();
}

static LONG CleanedUpRuns;
static VOID NTAPI EvtDeferredCleanup(WDFOBJECT Object) {
  CleanedUpRuns = Counter(Object)->Runs;
}

static VOID Sleep(ULONG Milliseconds) {
  LARGE_INTEGER duration = {.QuadPart = WDF_REL_TIMEOUT_IN_MS(Milliseconds)};
  KeDelayExecutionThread(KernelMode, FALSE, &duration);
}

static VOID TestDeferred(GUEST_RESULT* Result) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_TIMER_CONFIG timer_config;
  WDF_DPC_CONFIG dpc_config;
  WDF_WORKITEM_CONFIG item_config;
  WDFTIMER timer;
  WDFDPC dpc;
  WDFWORKITEM item;

  WDF_TIMER_CONFIG_INIT(&timer_config, EvtTimer);
  timer_config.AutomaticSerialization = FALSE;
  CHECK(Result, WdfTimerCreate(&timer_config, NULL, &timer) == STATUS_WDF_PARENT_NOT_SPECIFIED);
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, COUNTER);
  attributes.ParentObject = ControlDevice;
  attributes.EvtCleanupCallback = EvtDeferredCleanup;
  CHECK(Result, WdfTimerCreate(&timer_config, &attributes, &timer) == STATUS_SUCCESS);
  CHECK(Result, WdfTimerGetParentObject(timer) == ControlDevice);
  CHECK(Result, !WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(1)));
  CHECK(Result, WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(2)));
  Sleep(5);
  CHECK(Result, Counter(timer)->Runs == 1 && Counter(timer)->Irql == DISPATCH_LEVEL);
  CHECK(Result, !WdfTimerStop(timer, TRUE));
  CHECK(Result, !WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_SEC(1)) && WdfTimerStop(timer, TRUE));
  WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(1));
  WdfObjectDelete(timer);
  Sleep(5);
  CHECK(Result, CleanedUpRuns == 1);  // WDF-352: what was not yet due is cancelled

  WDF_TIMER_CONFIG_INIT_PERIODIC(&timer_config, EvtTimer, 10);
  timer_config.AutomaticSerialization = FALSE;
  CHECK(Result, WdfTimerCreate(&timer_config, &attributes, &timer) == STATUS_SUCCESS);
  WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(10));
  Sleep(35);
  WdfTimerStop(timer, TRUE);
  CHECK(Result, Counter(timer)->Runs == 3);
  WdfObjectDelete(timer);

  WDF_TIMER_CONFIG_INIT(&timer_config, EvtTimer);
  timer_config.AutomaticSerialization = FALSE;
  attributes.ExecutionLevel = WdfExecutionLevelPassive;
  CHECK(Result, WdfTimerCreate(&timer_config, &attributes, &timer) == STATUS_SUCCESS);
  WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(1));
  Sleep(5);
  CHECK(Result, Counter(timer)->Runs == 1 && Counter(timer)->Irql == PASSIVE_LEVEL);
  WdfObjectDelete(timer);
  attributes.ExecutionLevel = WdfExecutionLevelInheritFromParent;

  WDF_DPC_CONFIG_INIT(&dpc_config, EvtDpc);
  dpc_config.AutomaticSerialization = FALSE;
  CHECK(Result, WdfDpcCreate(&dpc_config, &attributes, &dpc) == STATUS_SUCCESS);
  CHECK(Result, WdfDpcGetParentObject(dpc) == ControlDevice);
  CHECK(Result, WdfDpcEnqueue(dpc));
  KeFlushQueuedDpcs();
  CHECK(Result, Counter(dpc)->Runs == 1 && Counter(dpc)->Irql == DISPATCH_LEVEL);
  CHECK(Result, !WdfDpcCancel(dpc, TRUE));
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  CHECK(Result, WdfDpcEnqueue(dpc) && !WdfDpcEnqueue(dpc));
  KeLowerIrql(irql);
  WdfObjectDelete(dpc);
  CHECK(Result, CleanedUpRuns == 2);  // WDF-352: what was queued has run

  WDF_WORKITEM_CONFIG_INIT(&item_config, EvtWorkItem);
  item_config.AutomaticSerialization = FALSE;
  CHECK(Result, WdfWorkItemCreate(&item_config, &attributes, &item) == STATUS_SUCCESS);
  CHECK(Result, WdfWorkItemGetParentObject(item) == ControlDevice);
  WdfWorkItemEnqueue(item);
  WdfWorkItemEnqueue(item);
  WdfWorkItemFlush(item);
  // Once, or once more if it was running already when it was queued again.
  const LONG runs = Counter(item)->Runs;
  CHECK(Result, (runs == 1 || runs == 2) && Counter(item)->Irql == PASSIVE_LEVEL);
  WdfWorkItemEnqueue(item);
  WdfObjectDelete(item);
  CHECK(Result, CleanedUpRuns == runs + 1);  // WDF-352: it was waited for
}

static VOID TestRegistry(GUEST_RESULT* Result) {
  DECLARE_CONST_UNICODE_STRING(number, L"Number");
  DECLARE_CONST_UNICODE_STRING(words, L"Words");
  DECLARE_CONST_UNICODE_STRING(text, L"forty-two");
  DECLARE_CONST_UNICODE_STRING(absent, L"Absent");
  WDFKEY key;
  WDFSTRING string;
  ULONG value = 0, length = 0, type = 0;
  WCHAR buffer[32];
  UNICODE_STRING back = {0, sizeof(buffer), buffer}, none = {0, 2, buffer}, read;
  USHORT bytes;
  CHECK(Result,
        WdfDriverOpenParametersRegistryKey(WdfGetDriver(), KEY_READ | KEY_WRITE, NULL, &key) == STATUS_SUCCESS);
  CHECK(Result, WdfRegistryWdmGetHandle(key) != NULL);
  CHECK(Result, WdfRegistryQueryULong(key, &absent, &value) == STATUS_OBJECT_NAME_NOT_FOUND);
  CHECK(Result, WdfRegistryAssignULong(key, &number, 42) == STATUS_SUCCESS);
  CHECK(Result, WdfRegistryQueryULong(key, &number, &value) == STATUS_SUCCESS && value == 42);
  CHECK(Result, WdfRegistryAssignUnicodeString(key, &words, &text) == STATUS_SUCCESS);
  CHECK(Result, WdfRegistryQueryULong(key, &words, &value) == STATUS_OBJECT_TYPE_MISMATCH);
  CHECK(Result, WdfRegistryQueryUnicodeString(key, &words, &bytes, &back) == STATUS_SUCCESS);
  CHECK(Result, back.Length == text.Length && RtlCompareMemory(buffer, text.Buffer, text.Length) == text.Length);
  CHECK(Result, bytes == text.Length + sizeof(WCHAR));
  CHECK(Result, WdfRegistryQueryUnicodeString(key, &words, NULL, &none) == STATUS_BUFFER_OVERFLOW);
  CHECK(Result, WdfRegistryQueryValue(key, &number, 2, &value, &length, &type) == STATUS_BUFFER_OVERFLOW);
  CHECK(Result, length == sizeof(ULONG) && type == REG_DWORD);
  CHECK(Result, WdfStringCreate(NULL, NULL, &string) == STATUS_SUCCESS);
  CHECK(Result, WdfRegistryQueryString(key, &words, string) == STATUS_SUCCESS);
  WdfStringGetUnicodeString(string, &read);
  CHECK(Result, read.Length == text.Length);
  WdfObjectDelete(string);
  CHECK(Result, WdfRegistryRemoveValue(key, &number) == STATUS_SUCCESS);
  CHECK(Result, WdfRegistryQueryULong(key, &number, &value) == STATUS_OBJECT_NAME_NOT_FOUND);
  WdfRegistryClose(key);
}

static VOID TestRequest(GUEST_RESULT* Result, WDFREQUEST Request) {
  WDF_REQUEST_PARAMETERS parameters;
  PVOID buffer;
  size_t length;
  WDFMEMORY memory, again;
  WDF_REQUEST_PARAMETERS_INIT(&parameters);
  WdfRequestGetParameters(Request, &parameters);
  CHECK(Result, parameters.Type == WdfRequestTypeDeviceControl);
  CHECK(Result, parameters.Parameters.DeviceIoControl.IoControlCode == IOCTL_WDF_IO_SELF_TEST);
  CHECK(Result, parameters.Parameters.DeviceIoControl.InputBufferLength == sizeof(ULONG));
  CHECK(Result, parameters.Parameters.DeviceIoControl.OutputBufferLength == sizeof(GUEST_RESULT));
  CHECK(Result, WdfRequestRetrieveInputBuffer(Request, 5, &buffer, &length) == STATUS_BUFFER_TOO_SMALL);
  CHECK(Result, WdfRequestRetrieveInputBuffer(Request, 4, &buffer, &length) == STATUS_SUCCESS && length == 4);
  CHECK(Result, WdfRequestRetrieveOutputMemory(Request, &memory) == STATUS_SUCCESS);
  CHECK(Result, WdfRequestRetrieveOutputMemory(Request, &again) == STATUS_SUCCESS && memory == again);
  CHECK(Result, WdfMemoryGetBuffer(memory, &length) == buffer && length == sizeof(GUEST_RESULT));
  CHECK(Result, WdfRequestWdmGetIrp(Request)->AssociatedIrp.SystemBuffer == buffer);
  CHECK(Result, WdfRequestGetIoQueue(Request) != WdfDeviceGetDefaultQueue(ControlDevice));
  CHECK(Result, WdfRequestGetFileObject(Request) != NULL);
  CHECK(Result, WdfFileObjectGetDevice(WdfRequestGetFileObject(Request)) == ControlDevice);
  CHECK(Result, !WdfRequestIsCanceled(Request));
  CHECK(Result, WdfRequestUnmarkCancelable(Request) == STATUS_INVALID_DEVICE_REQUEST);
  CHECK(Result, WdfRequestRequeue(Request) == STATUS_INVALID_DEVICE_REQUEST);
  CHECK(Result, WdfRequestForwardToIoQueue(Request, WdfRequestGetIoQueue(Request)) ==
                    STATUS_INVALID_DEVICE_REQUEST);
  WdfRequestSetInformation(Request, 12);
  CHECK(Result, WdfRequestGetInformation(Request) == 12);
}

static VOID NTAPI EvtSent(WDFREQUEST Request, WDFIOTARGET Target, PWDF_REQUEST_COMPLETION_PARAMS Params,
                          WDFCONTEXT Context) {
  (void)Target;
  COUNTER* counter = Context;
  ++counter->Runs;
  counter->Irql = KeGetCurrentIrql();
  if (Params->IoStatus.Status != WdfRequestGetStatus(Request)) counter->Runs = -1;
}

/// The driver's own device, opened by name, is a target as good as any.
static VOID TestTarget(GUEST_RESULT* Result) {
  DECLARE_CONST_UNICODE_STRING(name, L"\\Device\\WdfIo");
  WDF_IO_TARGET_OPEN_PARAMS params;
  WDF_REQUEST_SEND_OPTIONS options;
  WDF_REQUEST_REUSE_PARAMS reuse;
  WDF_MEMORY_DESCRIPTOR memory;
  WDFIOTARGET target;
  WDFREQUEST request;
  WDFMEMORY buffer;
  UCHAR bytes[16];
  ULONG_PTR got;
  LONGLONG offset = kWdfIoComplete, keep = kWdfIoKeepCancelable;
  COUNTER counter = {0, 0};
  CHECK(Result, WdfDeviceGetIoTarget(ControlDevice) == NULL);
  CHECK(Result, WdfIoTargetCreate(ControlDevice, NULL, &target) == STATUS_SUCCESS);
  CHECK(Result, WdfIoTargetGetState(target) == WdfIoTargetClosed && WdfIoTargetGetDevice(target) == ControlDevice);
  WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&memory, bytes, sizeof(bytes));
  CHECK(Result, WdfIoTargetSendReadSynchronously(target, NULL, &memory, &offset, NULL, &got) ==
                    STATUS_INVALID_DEVICE_STATE);
  WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_NAME(&params, &name, GENERIC_READ | GENERIC_WRITE);
  CHECK(Result, WdfIoTargetOpen(target, &params) == STATUS_SUCCESS);
  CHECK(Result, WdfIoTargetGetState(target) == WdfIoTargetStarted);
  CHECK(Result, WdfIoTargetWdmGetTargetDeviceObject(target) == WdfDeviceWdmGetDeviceObject(ControlDevice));
  CHECK(Result, WdfIoTargetWdmGetTargetFileObject(target) != NULL && WdfIoTargetWdmGetTargetFileHandle(target));

  RtlZeroMemory(bytes, sizeof(bytes));
  CHECK(Result, WdfIoTargetSendReadSynchronously(target, NULL, &memory, &offset, NULL, &got) == STATUS_SUCCESS);
  CHECK(Result, got == sizeof(bytes) && bytes[0] == 0x5A && bytes[15] == 0x5A);

  // A request that is not answered is cancelled when its time is over.
  WDF_REQUEST_SEND_OPTIONS_INIT(&options, 0);
  WDF_REQUEST_SEND_OPTIONS_SET_TIMEOUT(&options, WDF_REL_TIMEOUT_IN_MS(3));
  CHECK(Result, WdfIoTargetSendReadSynchronously(target, NULL, &memory, &keep, &options, &got) == STATUS_IO_TIMEOUT);

  // Asynchronously, twice with one request.
  CHECK(Result, WdfRequestCreate(NULL, target, &request) == STATUS_SUCCESS);
  CHECK(Result, WdfMemoryCreate(NULL, NonPagedPool, 0, 16, &buffer, NULL) == STATUS_SUCCESS);
  CHECK(Result, !WdfRequestSend(request, target, NULL));
  CHECK(Result, WdfRequestGetStatus(request) == STATUS_INVALID_DEVICE_REQUEST);  // not formatted
  for (int i = 1; i <= 2; ++i) {
    WDF_REQUEST_REUSE_PARAMS_INIT(&reuse, WDF_REQUEST_REUSE_NO_FLAGS, STATUS_NOT_SUPPORTED);
    CHECK(Result, WdfRequestReuse(request, &reuse) == STATUS_SUCCESS);
    CHECK(Result, WdfIoTargetFormatRequestForRead(target, request, buffer, NULL, &offset) == STATUS_SUCCESS);
    WdfRequestSetCompletionRoutine(request, EvtSent, &counter);
    CHECK(Result, WdfRequestSend(request, target, NULL));
    Sleep(1);
    CHECK(Result, counter.Runs == i && WdfRequestGetStatus(request) == STATUS_SUCCESS);
  }

  // Cancelled by the sender.
  WDF_REQUEST_REUSE_PARAMS_INIT(&reuse, WDF_REQUEST_REUSE_NO_FLAGS, STATUS_SUCCESS);
  WdfRequestReuse(request, &reuse);
  WdfIoTargetFormatRequestForRead(target, request, buffer, NULL, &keep);
  WdfRequestSetCompletionRoutine(request, EvtSent, &counter);
  CHECK(Result, WdfRequestSend(request, target, NULL) && counter.Runs == 2);
  CHECK(Result, WdfRequestCancelSentRequest(request));
  Sleep(1);
  CHECK(Result, counter.Runs == 3 && WdfRequestGetStatus(request) == STATUS_CANCELLED);

  // A stopped target keeps what is sent until it is started.
  WdfIoTargetStop(target, WdfIoTargetCancelSentIo);
  CHECK(Result, WdfIoTargetGetState(target) == WdfIoTargetStopped);
  WdfRequestReuse(request, &reuse);
  WdfIoTargetFormatRequestForRead(target, request, buffer, NULL, &offset);
  WdfRequestSetCompletionRoutine(request, EvtSent, &counter);
  CHECK(Result, WdfRequestSend(request, target, NULL));
  Sleep(1);
  CHECK(Result, counter.Runs == 3);
  CHECK(Result, WdfIoTargetStart(target) == STATUS_SUCCESS);
  Sleep(1);
  CHECK(Result, counter.Runs == 4);

  WdfIoTargetPurge(target, WdfIoTargetPurgeIoAndWait);
  WdfRequestReuse(request, &reuse);
  WdfIoTargetFormatRequestForRead(target, request, buffer, NULL, &offset);
  CHECK(Result, !WdfRequestSend(request, target, NULL));
  CHECK(Result, WdfRequestGetStatus(request) == STATUS_INVALID_DEVICE_STATE);
  WdfObjectDelete(request);
  WdfIoTargetClose(target);
  CHECK(Result, WdfIoTargetGetState(target) == WdfIoTargetClosed);
  WdfObjectDelete(buffer);
  WdfObjectDelete(target);
}

static VOID TestQueueConfig(GUEST_RESULT* Result) {
  WDF_IO_QUEUE_CONFIG config;
  WDFQUEUE queue;
  ULONG waiting = 7, delivered = 7;
  WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchSequential);
  CHECK(Result, WdfIoQueueCreate(ControlDevice, &config, NULL, &queue) == STATUS_WDF_NO_CALLBACK);
  config.EvtIoRead = EvtIoRead;
  config.Size -= 1;
  CHECK(Result, WdfIoQueueCreate(ControlDevice, &config, NULL, &queue) == STATUS_INFO_LENGTH_MISMATCH);
  config.Size = 0x58;
  CHECK(Result, WdfIoQueueCreate(ControlDevice, &config, NULL, &queue) == STATUS_SUCCESS);
  CHECK(Result, WDF_IO_QUEUE_READY(WdfIoQueueGetState(queue, &waiting, &delivered)));
  CHECK(Result, waiting == 0 && delivered == 0);
  WdfIoQueueStopSynchronously(queue);
  CHECK(Result, WDF_IO_QUEUE_STOPPED(WdfIoQueueGetState(queue, NULL, NULL)));
  WdfIoQueuePurgeSynchronously(queue);
  CHECK(Result, WDF_IO_QUEUE_PURGED(WdfIoQueueGetState(queue, NULL, NULL)));
  WdfObjectDelete(queue);
  WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
  config.EvtIoRead = EvtIoRead;
  CHECK(Result, WdfIoQueueCreate(ControlDevice, &config, NULL, &queue) == STATUS_INVALID_PARAMETER);
  WDF_IO_QUEUE_CONFIG_INIT(&config, 9);
  config.EvtIoRead = EvtIoRead;
  CHECK(Result, WdfIoQueueCreate(ControlDevice, &config, NULL, &queue) == STATUS_INVALID_PARAMETER);
  CHECK(Result, WdfDeviceConfigureRequestDispatching(ControlDevice, WdfDeviceGetDefaultQueue(ControlDevice),
                                                     WdfRequestTypeUsb) == STATUS_INVALID_PARAMETER);
}

static VOID NTAPI EvtIoDeviceControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputBufferLength,
                                     size_t InputBufferLength, ULONG IoControlCode) {
  DEVICE_CONTEXT* context = Of(Queue);
  PVOID input = NULL, output = NULL;
  NTSTATUS status = STATUS_SUCCESS;
  ULONG_PTR information = 0;
  if (InputBufferLength != 0) status = WdfRequestRetrieveInputBuffer(Request, 4, &input, NULL);
  if (!NT_SUCCESS(status)) return WdfRequestComplete(Request, status);
  if (OutputBufferLength != 0) status = WdfRequestRetrieveOutputBuffer(Request, 4, &output, NULL);
  if (!NT_SUCCESS(status)) return WdfRequestComplete(Request, status);
  switch (IoControlCode) {
    case IOCTL_WDF_IO_STATE: {
      const ULONG queue = *(const ULONG*)input;
      ULONG waiting, delivered;
      WDF_IO_REPORT report = context->Report;
      report.State = WdfIoQueueGetState(context->Queues[queue], &waiting, &delivered);
      report.Waiting = waiting;
      report.Delivered = delivered;
      report.Kept = WdfCollectionGetCount(context->Kept);
      RtlCopyMemory(output, &report, sizeof(report));
      information = sizeof(report);
      break;
    }
    case IOCTL_WDF_IO_CONTROL:
      status = Control(context, input);
      break;
    case IOCTL_WDF_IO_TAKE: {
      const NTSTATUS taken = Take(context, input, WdfRequestGetFileObject(Request));
      *(NTSTATUS*)output = taken;
      information = sizeof(NTSTATUS);
      break;
    }
    case IOCTL_WDF_IO_FINISH:
      status = Finish(context, *(const NTSTATUS*)input);
      break;
    case IOCTL_WDF_IO_DIRECT_OUT:
      for (size_t i = 0; i < OutputBufferLength; ++i) ((PUCHAR)output)[i] = ((PUCHAR)input)[i % InputBufferLength];
      information = OutputBufferLength;
      break;
    case IOCTL_WDF_IO_SELF_TEST: {
      GUEST_RESULT result = {0, 0, 0};
      switch (*(const ULONG*)input) {
        case kWdfIoSubjectMemory: TestMemory(&result); break;
        case kWdfIoSubjectCollection: TestCollection(&result); break;
        case kWdfIoSubjectString: TestString(&result); break;
        case kWdfIoSubjectLocks: TestLocks(&result); break;
        case kWdfIoSubjectDeferred: TestDeferred(&result); break;
        case kWdfIoSubjectRegistry: TestRegistry(&result); break;
        case kWdfIoSubjectRequest: TestRequest(&result, Request); break;
        case kWdfIoSubjectTarget: TestTarget(&result); break;
        case kWdfIoSubjectQueueConfig: TestQueueConfig(&result); break;
      }
      RtlCopyMemory(output, &result, sizeof(result));
      information = sizeof(result);
      break;
    }
    default:
      status = STATUS_INVALID_DEVICE_REQUEST;
  }
  WdfRequestCompleteWithInformation(Request, status, information);
}

static VOID NTAPI EvtFileCreate(WDFDEVICE Device, WDFREQUEST Request, WDFFILEOBJECT File) {
  (void)File;
  ++DeviceContext(Device)->Report.FileCreates;
  WdfRequestComplete(Request, STATUS_SUCCESS);
}

static VOID NTAPI EvtFileCleanup(WDFFILEOBJECT File) {
  ++DeviceContext(WdfFileObjectGetDevice(File))->Report.FileCleanups;
}

static VOID NTAPI EvtFileClose(WDFFILEOBJECT File) {
  ++DeviceContext(WdfFileObjectGetDevice(File))->Report.FileCloses;
}

static NTSTATUS CreateQueues(WDFDEVICE Device) {
  DEVICE_CONTEXT* context = DeviceContext(Device);
  WDF_IO_QUEUE_CONFIG config;
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
  config.EvtIoRead = EvtIoRead;
  NTSTATUS status = WdfIoQueueCreate(Device, &config, NULL, &context->Queues[kWdfQueueDefault]);
  if (!NT_SUCCESS(status)) return status;
  // Controls have a queue of their own: their callbacks wait for what the other queues do.
  WDFQUEUE controls;
  WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchParallel);
  config.EvtIoDeviceControl = EvtIoDeviceControl;
  status = WdfIoQueueCreate(Device, &config, NULL, &controls);
  if (!NT_SUCCESS(status)) return status;
  status = WdfDeviceConfigureRequestDispatching(Device, controls, WdfRequestTypeDeviceControl);
  if (!NT_SUCCESS(status)) return status;
  WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
  config.EvtIoCanceledOnQueue = EvtIoCanceledOnQueue;
  status = WdfIoQueueCreate(Device, &config, NULL, &context->Queues[kWdfQueueManual]);
  if (!NT_SUCCESS(status)) return status;
  WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchSequential);
  config.EvtIoRead = EvtKeepRead;
  status = WdfIoQueueCreate(Device, &config, NULL, &context->Queues[kWdfQueueSequential]);
  if (!NT_SUCCESS(status)) return status;
  WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchParallel);
  config.EvtIoRead = EvtKeepRead;
  config.Settings.Parallel.NumberOfPresentedRequests = 2;
  return WdfIoQueueCreate(Device, &config, NULL, &context->Queues[kWdfQueueParallel]);
}

static VOID NTAPI EvtUnload(WDFDRIVER Driver) {
  (void)Driver;
  WdfObjectDelete(ControlDevice);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  DECLARE_CONST_UNICODE_STRING(name, L"\\Device\\WdfIo");
  DECLARE_CONST_UNICODE_STRING(sddl, L"D:P(A;;GA;;;SY)(A;;GA;;;BA)");
  WDF_DRIVER_CONFIG config;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_FILEOBJECT_CONFIG files;
  WDFDRIVER driver;
  WDF_DRIVER_CONFIG_INIT(&config, WDF_NO_EVENT_CALLBACK);
  config.DriverInitFlags = WdfDriverInitNonPnpDriver;
  config.EvtDriverUnload = EvtUnload;
  NTSTATUS status = WdfDriverCreate(DriverObject, RegistryPath, NULL, &config, &driver);
  if (!NT_SUCCESS(status)) return status;

  PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(driver, &sddl);
  if (init == NULL) return STATUS_INSUFFICIENT_RESOURCES;
  status = WdfDeviceInitAssignName(init, &name);
  WDF_FILEOBJECT_CONFIG_INIT(&files, EvtFileCreate, EvtFileClose, EvtFileCleanup);
  WdfDeviceInitSetFileObjectConfig(init, &files, NULL);
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, REQUEST_CONTEXT);
  attributes.EvtCleanupCallback = EvtRequestCleanup;
  attributes.EvtDestroyCallback = EvtRequestDestroy;
  WdfDeviceInitSetRequestAttributes(init, &attributes);
  if (NT_SUCCESS(status)) {
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, DEVICE_CONTEXT);
    status = WdfDeviceCreate(&init, &attributes, &ControlDevice);
  }
  if (!NT_SUCCESS(status)) {
    WdfDeviceInitFree(init);
    return status;
  }
  DEVICE_CONTEXT* context = DeviceContext(ControlDevice);
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = ControlDevice;
  status = WdfCollectionCreate(&attributes, &context->Kept);
  if (NT_SUCCESS(status)) status = WdfSpinLockCreate(&attributes, &context->Lock);
  if (NT_SUCCESS(status)) status = CreateQueues(ControlDevice);
  if (!NT_SUCCESS(status)) return status;
  WdfControlFinishInitializing(ControlDevice);
  return STATUS_SUCCESS;
}
