// libs: kmdf:1.33 guest:wdf_orders
// A queue with requests in reserve. EvtIoRead notes the mark of a reserved request, 0 for any other, and keeps it until
// a write comes.

#include "wdf_diary.h"
#include "wdf_reserve.h"

typedef struct _REQUEST_CONTEXT {
  PU32 Mark;
} REQUEST_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(REQUEST_CONTEXT, MarkOf)

typedef struct _DEVICE_CONTEXT {
  PU32 Marks;
  WDFREQUEST Kept[8];
  PU32 KeptCount;
  WDFQUEUE Later;
  WDFREQUEST Late;
  KEVENT Freed;
  PU32 Sent;
  KTIMER Timer;
  KDPC TimerDpc;
} DEVICE_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(DEVICE_CONTEXT, ContextOf)

static VOID NTAPI OnRequestCleanup(WDFOBJECT Request) {
  WriteDown(1, PuppetChildObjCleanup, MarkOf(Request)->Mark);
}

static NTSTATUS NTAPI OnAllocateReserved(WDFQUEUE Queue, WDFREQUEST Request) {
  WriteDown(1, PuppetNote, kNoteReserved);
  MUST(WdfRequestIsReserved(Request));
  MUST(KeGetCurrentIrql() == PASSIVE_LEVEL);
  if (OrdersOf(1)->Variant == kReserveAgain) {
    WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY policy;
    WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY_DEFAULT_INIT(&policy, RESERVE_REQUESTS);
    policy.EvtIoAllocateResourcesForReservedRequest = OnAllocateReserved;
    MUST(WdfIoQueueAssignForwardProgressPolicy(Queue, &policy) == STATUS_INVALID_DEVICE_REQUEST);
  }
  MarkOf(Request)->Mark = ++ContextOf(WdfIoQueueGetDevice(Queue))->Marks;
  return MarkOf(Request)->Mark == OrdersOf(1)->FailInterrupt ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
}

static NTSTATUS NTAPI OnAllocate(WDFQUEUE Queue, WDFREQUEST Request) {
  (void)Queue;
  WriteDown(1, PuppetNote, kNoteRequest);
  MUST(!WdfRequestIsReserved(Request));
  return (NTSTATUS)OrdersOf(1)->Status[PuppetNote];
}

static WDF_IO_FORWARD_PROGRESS_ACTION NTAPI OnExamine(WDFQUEUE Queue, PIRP Irp) {
  (void)Queue;
  WriteDown(1, PuppetNote, kNoteExamined);
  return IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length == RESERVE_UNWORTHY
             ? WdfIoForwardProgressActionFailRequest
             : WdfIoForwardProgressActionUseReservedRequest;
}

// ---- In another queue ----

static VOID NTAPI OnLateTimer(PKDPC Dpc, PVOID Context, PVOID First, PVOID Second) {
  (void)Dpc;
  (void)First;
  (void)Second;
  WriteDown(1, PuppetNote, kNoteLate);
  WdfRequestComplete(((DEVICE_CONTEXT*)Context)->Late, STATUS_CANCELLED);
}
static VOID NTAPI OnLaterRead(WDFQUEUE Queue, WDFREQUEST Request, size_t Length) {
  (void)Length;
  ContextOf(WdfIoQueueGetDevice(Queue))->Late = Request;
}
static VOID NTAPI OnLaterStop(WDFQUEUE Queue, WDFREQUEST Request, ULONG Flags) {
  DEVICE_CONTEXT* context = ContextOf(WdfIoQueueGetDevice(Queue));
  LARGE_INTEGER due = {.QuadPart = -1000000};
  WdfRequestStopAcknowledge(Request, FALSE);
  if (!(Flags & WdfRequestStopActionPurge)) return;
  KeInitializeTimer(&context->Timer);
  KeInitializeDpc(&context->TimerDpc, OnLateTimer, context);
  KeSetTimer(&context->Timer, due, &context->TimerDpc);
}

// ---- With a target ----

static VOID NTAPI OnSent(WDFREQUEST Request, WDFIOTARGET Target, PWDF_REQUEST_COMPLETION_PARAMS Params,
                         WDFCONTEXT Context) {
  NTSTATUS status = Params->IoStatus.Status;
  (void)Target;
  (void)Context;
  WriteDown(1, PuppetNote, kNoteSent);
  MUST(status != STATUS_IO_TIMEOUT);
  WdfRequestComplete(Request, STATUS_SUCCESS);
  MUST(Params->IoStatus.Status == status);
}

/// The first goes when its time is over and its timer's DPC waits for this processor; the second is on its way then.
static VOID Send(DEVICE_CONTEXT* Context, WDFREQUEST Request, WDFIOTARGET Target) {
  WDF_REQUEST_SEND_OPTIONS options;
  BOOLEAN first = ++Context->Sent == 1;
  KIRQL irql;
  WdfIoTargetStop(Target, WdfIoTargetLeaveSentIoPending);
  WdfRequestFormatRequestUsingCurrentType(Request);
  WdfRequestSetCompletionRoutine(Request, OnSent, NULL);
  WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_TIMEOUT);
  options.Timeout = first ? WDF_REL_TIMEOUT_IN_MS(1) : WDF_REL_TIMEOUT_IN_SEC(10);
  MUST(WdfRequestSend(Request, Target, &options));
  if (!first) return;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  for (int i = 0; i < 1000; ++i) KeStallExecutionProcessor(50);
  MUST(NT_SUCCESS(WdfIoTargetStart(Target)));
  KeLowerIrql(irql);
}

static VOID NTAPI OnInCallerContext(WDFDEVICE Device, WDFREQUEST Request) {
  WriteDown(1, PuppetNote, kNoteCaller);
  MUST(NT_SUCCESS(WdfDeviceEnqueueRequest(Device, Request)));
}

static VOID NTAPI OnIoRead(WDFQUEUE Queue, WDFREQUEST Request, size_t Length) {
  DEVICE_CONTEXT* context = ContextOf(WdfIoQueueGetDevice(Queue));
  PVOID buffer;
  WriteDown(1, PuppetNote, kNoteRead + MarkOf(Request)->Mark);
  MUST(WdfRequestIsReserved(Request) == (MarkOf(Request)->Mark != 0));
  if (OrdersOf(1)->Variant == kReserveSends) {
    Send(context, Request, WdfDeviceGetIoTarget(WdfIoQueueGetDevice(Queue)));
    return;
  }
  if (Length == RESERVE_FREES) KeSetEvent(&context->Freed, 0, FALSE);
  if (Length == RESERVE_BLOCKS) {
    LARGE_INTEGER limit = {.QuadPart = -10000000};
    MUST(KeWaitForSingleObject(&context->Freed, Executive, KernelMode, FALSE, &limit) == STATUS_SUCCESS);
  }
  if (OrdersOf(1)->Variant == kReserveForwards || OrdersOf(1)->Variant == kReserveOne) {
    MUST(NT_SUCCESS(WdfRequestForwardToIoQueue(Request, context->Later)));
    return;
  }
  MUST(NT_SUCCESS(WdfRequestRetrieveOutputBuffer(Request, Length, &buffer, NULL)));
  RtlFillMemory(buffer, Length, (UCHAR)(0x50 + MarkOf(Request)->Mark));
  if (OrdersOf(1)->CompletesReads)
    WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, Length);
  else
    context->Kept[context->KeptCount++] = Request;
}

/// Completes the read that is kept longest, and itself.
static VOID NTAPI OnIoWrite(WDFQUEUE Queue, WDFREQUEST Request, size_t Length) {
  DEVICE_CONTEXT* context = ContextOf(WdfIoQueueGetDevice(Queue));
  WDFREQUEST first = context->Kept[0];
  if (OrdersOf(1)->Variant == kReserveSends) WdfIoTargetStart(WdfDeviceGetIoTarget(WdfIoQueueGetDevice(Queue)));
  if (context->KeptCount) {
    --context->KeptCount;
    for (PU32 i = 0; i < context->KeptCount; ++i) context->Kept[i] = context->Kept[i + 1];
    WdfRequestComplete(first, STATUS_SUCCESS);
  }
  WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, Length);
}

static VOID NTAPI OnIoStop(WDFQUEUE Queue, WDFREQUEST Request, ULONG Flags) {
  DEVICE_CONTEXT* context = ContextOf(WdfIoQueueGetDevice(Queue));
  (void)Flags;
  context->KeptCount = 0;
  WdfRequestComplete(Request, STATUS_CANCELLED);
}

static VOID RefuseWrongPolicies(WDFQUEUE Queue) {
  WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY policy;
  WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY_DEFAULT_INIT(&policy, RESERVE_REQUESTS);
  policy.Size -= 8;
  MUST(WdfIoQueueAssignForwardProgressPolicy(Queue, &policy) == STATUS_INFO_LENGTH_MISMATCH);
  WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY_DEFAULT_INIT(&policy, 0);
  MUST(WdfIoQueueAssignForwardProgressPolicy(Queue, &policy) == STATUS_INVALID_PARAMETER);
  WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY_DEFAULT_INIT(&policy, RESERVE_REQUESTS);
  policy.ForwardProgressReservedPolicy = WdfIoForwardProgressInvalidPolicy;
  MUST(WdfIoQueueAssignForwardProgressPolicy(Queue, &policy) == STATUS_INVALID_PARAMETER);
  policy.ForwardProgressReservedPolicy = WdfIoForwardProgressReservedPolicyUseExamine;  // and no callback
  MUST(WdfIoQueueAssignForwardProgressPolicy(Queue, &policy) == STATUS_INVALID_PARAMETER);
}

static NTSTATUS AssignPolicy(WDFQUEUE Queue) {
  WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY policy;
  if (OrdersOf(1)->Variant == kReserveSpoilt) RefuseWrongPolicies(Queue);
  const PU32 variant = OrdersOf(1)->Variant;
  if (variant == kReserveHuge) {
    WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY_DEFAULT_INIT(&policy, 0xFFFFFFFFu);
    MUST(WdfIoQueueAssignForwardProgressPolicy(Queue, &policy) == STATUS_INSUFFICIENT_RESOURCES);
    return STATUS_SUCCESS;
  }
  WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY_DEFAULT_INIT(
      &policy, variant == kReserveOne || variant == kReserveSends ? 1 : RESERVE_REQUESTS);
  policy.EvtIoAllocateResourcesForReservedRequest = OnAllocateReserved;
  policy.EvtIoAllocateRequestResources = OnAllocate;
  if (OrdersOf(1)->Variant == kReserveExamine) {
    policy.ForwardProgressReservedPolicy = WdfIoForwardProgressReservedPolicyUseExamine;
    policy.ForwardProgressReservePolicySettings.Policy.ExaminePolicy.EvtIoWdmIrpForForwardProgress = OnExamine;
  }
  if (OrdersOf(1)->Variant == kReservePaging)
    policy.ForwardProgressReservedPolicy = WdfIoForwardProgressReservedPolicyPagingIO;
  NTSTATUS status = WdfIoQueueAssignForwardProgressPolicy(Queue, &policy);
  if (OrdersOf(1)->Variant == kReserveSpoilt)
    MUST(WdfIoQueueAssignForwardProgressPolicy(Queue, &policy) == STATUS_INVALID_DEVICE_REQUEST);
  return status;
}

static NTSTATUS NTAPI OnDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_IO_QUEUE_CONFIG config;
  WDFDEVICE device;
  WDFQUEUE queue;
  (void)Driver;
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, REQUEST_CONTEXT);
  attributes.EvtCleanupCallback = OnRequestCleanup;
  if (OrdersOf(1)->Variant != kReserveHuge) WdfDeviceInitSetRequestAttributes(DeviceInit, &attributes);
  if (OrdersOf(1)->Variant == kReserveInCallerContext)
    WdfDeviceInitSetIoInCallerContextCallback(DeviceInit, OnInCallerContext);
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, DEVICE_CONTEXT);
  NTSTATUS status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
  if (!NT_SUCCESS(status)) return status;
  KeInitializeEvent(&ContextOf(device)->Freed, NotificationEvent, FALSE);
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
  config.EvtIoRead = OnIoRead;
  config.EvtIoWrite = OnIoWrite;
  config.EvtIoStop = OnIoStop;
  status = WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &queue);
  if (NT_SUCCESS(status)) status = AssignPolicy(queue);
  WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchParallel);
  config.EvtIoRead = OnLaterRead;
  config.EvtIoStop = OnLaterStop;
  if (NT_SUCCESS(status))
    status = WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &ContextOf(device)->Later);
  return status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, OnDeviceAdd);
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
