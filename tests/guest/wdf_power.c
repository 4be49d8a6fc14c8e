// kmdf: 1.15
// A function driver whose queues follow the device's power; wdf_power.h says what it does and writes down.

#include <ntddk.h>
#include <wdf.h>

#include "wdf_power.h"

typedef struct _DEVICE_CONTEXT {
  WDFQUEUE Default, Control, Manual;
  WDFCOLLECTION Kept;
  WDFSPINLOCK Lock;
  USHORT Diary[256];
  ULONG Lines;
} DEVICE_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(DEVICE_CONTEXT, DeviceContext)

typedef struct _REQUEST_CONTEXT {
  UCHAR Mode;
  WDFTIMER Timer;
} REQUEST_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(REQUEST_CONTEXT, RequestContext)

static VOID Note(WDFDEVICE Device, UCHAR Line, UCHAR Argument) {
  DEVICE_CONTEXT* context = DeviceContext(Device);
  if (context->Lines < ARRAYSIZE(context->Diary)) context->Diary[context->Lines++] = (USHORT)(Argument << 8 | Line);
}

static VOID Keep(DEVICE_CONTEXT* Context, WDFREQUEST Request) {
  WdfSpinLockAcquire(Context->Lock);
  WdfCollectionAdd(Context->Kept, Request);
  WdfSpinLockRelease(Context->Lock);
}

static BOOLEAN Unkeep(DEVICE_CONTEXT* Context, WDFREQUEST Request) {
  BOOLEAN found = FALSE;
  WdfSpinLockAcquire(Context->Lock);
  for (ULONG i = 0; i < WdfCollectionGetCount(Context->Kept) && !found; ++i)
    if (WdfCollectionGetItem(Context->Kept, i) == Request) {
      WdfCollectionRemoveItem(Context->Kept, i);
      found = TRUE;
    }
  WdfSpinLockRelease(Context->Lock);
  return found;
}

static VOID NTAPI EvtRequestCancel(WDFREQUEST Request) {
  WDFDEVICE device = WdfIoQueueGetDevice(WdfRequestGetIoQueue(Request));
  Note(device, kDiaryCancel, RequestContext(Request)->Mode);
  Unkeep(DeviceContext(device), Request);
  WdfRequestComplete(Request, STATUS_CANCELLED);
}

static VOID NTAPI EvtLate(WDFTIMER Timer) {
  WDFREQUEST request = WdfTimerGetParentObject(Timer);
  WDFDEVICE device = WdfIoQueueGetDevice(WdfRequestGetIoQueue(request));
  if (Unkeep(DeviceContext(device), request)) WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, 0);
}

static NTSTATUS StartTimer(WDFREQUEST Request) {
  WDF_TIMER_CONFIG config;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_TIMER_CONFIG_INIT(&config, EvtLate);
  config.AutomaticSerialization = FALSE;
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = Request;
  NTSTATUS status = WdfTimerCreate(&config, &attributes, &RequestContext(Request)->Timer);
  if (NT_SUCCESS(status)) WdfTimerStart(RequestContext(Request)->Timer, WDF_REL_TIMEOUT_IN_MS(20));
  return status;
}

static VOID NTAPI EvtIoRead(WDFQUEUE Queue, WDFREQUEST Request, size_t Length) {
  WDFDEVICE device = WdfIoQueueGetDevice(Queue);
  DEVICE_CONTEXT* context = DeviceContext(device);
  WDF_REQUEST_PARAMETERS parameters;
  (void)Length;
  WDF_REQUEST_PARAMETERS_INIT(&parameters);
  WdfRequestGetParameters(Request, &parameters);
  const UCHAR mode = (UCHAR)parameters.Parameters.Read.DeviceOffset;
  RequestContext(Request)->Mode = mode;
  Note(device, kDiaryRead, mode);
  switch (mode) {
    case kPowerComplete:
      return WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, 0);
    case kPowerManual:
      if (!NT_SUCCESS(WdfRequestForwardToIoQueue(Request, context->Manual)))
        WdfRequestComplete(Request, STATUS_DEVICE_BUSY);
      return;
    case kPowerCancelable:
      Keep(context, Request);
      WdfRequestMarkCancelable(Request, EvtRequestCancel);
      return;
    case kPowerStopIgnores:
      Keep(context, Request);
      StartTimer(Request);
      return;
    default:
      return Keep(context, Request);
  }
}

static VOID NTAPI EvtIoStop(WDFQUEUE Queue, WDFREQUEST Request, ULONG ActionFlags) {
  WDFDEVICE device = WdfIoQueueGetDevice(Queue);
  const UCHAR mode = RequestContext(Request)->Mode;
  if (ActionFlags & WdfRequestStopRequestCancelable) Note(device, kDiaryStopCancelable, mode);
  Note(device, ActionFlags & WdfRequestStopActionPurge ? kDiaryStopPurge : kDiaryStopSuspend, mode);
  switch (mode) {
    case kPowerAckKeep:
    case kPowerCancelable:
      return WdfRequestStopAcknowledge(Request, FALSE);
    case kPowerAckRequeue:
      Unkeep(DeviceContext(device), Request);
      return WdfRequestStopAcknowledge(Request, TRUE);
    case kPowerStopCompletes:
      Unkeep(DeviceContext(device), Request);
      return WdfRequestComplete(Request, STATUS_DEVICE_NOT_READY);
  }
}

static VOID NTAPI EvtIoResume(WDFQUEUE Queue, WDFREQUEST Request) {
  Note(WdfIoQueueGetDevice(Queue), kDiaryResume, RequestContext(Request)->Mode);
}

static VOID NTAPI EvtIoDeviceControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputBufferLength,
                                     size_t InputBufferLength, ULONG IoControlCode) {
  DEVICE_CONTEXT* context = DeviceContext(WdfIoQueueGetDevice(Queue));
  WDFREQUEST other;
  PVOID output = NULL, input = NULL;
  ULONG_PTR information = 0;
  NTSTATUS status = STATUS_SUCCESS;
  if (OutputBufferLength) WdfRequestRetrieveOutputBuffer(Request, 1, &output, NULL);
  if (InputBufferLength) WdfRequestRetrieveInputBuffer(Request, 1, &input, NULL);
  switch (IoControlCode) {
    case IOCTL_WDF_POWER_DIARY:
      information = context->Lines * sizeof(USHORT);
      if (information > OutputBufferLength) information = OutputBufferLength;
      RtlCopyMemory(output, context->Diary, information);
      context->Lines = 0;
      break;
    case IOCTL_WDF_POWER_FINISH:
      WdfSpinLockAcquire(context->Lock);
      other = WdfCollectionGetFirstItem(context->Kept);
      if (other) WdfCollectionRemoveItem(context->Kept, 0);
      WdfSpinLockRelease(context->Lock);
      if (other)
        WdfRequestCompleteWithInformation(other, STATUS_SUCCESS, 0);
      else
        status = STATUS_NO_MORE_ENTRIES;
      break;
    case IOCTL_WDF_POWER_STATE: {
      ULONG* out = output;
      out[0] = WdfIoQueueGetState(context->Default, &out[1], &out[2]);
      information = 12;
      break;
    }
    case IOCTL_WDF_POWER_TAKE:
      *(NTSTATUS*)output = WdfIoQueueRetrieveNextRequest(context->Manual, &other);
      if (*(NTSTATUS*)output == STATUS_SUCCESS) WdfRequestCompleteWithInformation(other, STATUS_SUCCESS, 0);
      information = sizeof(NTSTATUS);
      break;
    case IOCTL_WDF_POWER_STOP:
      if (input && *(ULONG*)input)
        WdfIoQueueStart(context->Default);
      else
        WdfIoQueueStop(context->Default, NULL, NULL);
      break;
    default:
      status = STATUS_INVALID_DEVICE_REQUEST;
  }
  WdfRequestCompleteWithInformation(Request, status, information);
}

static NTSTATUS NTAPI EvtD0Entry(WDFDEVICE Device, WDF_POWER_DEVICE_STATE Previous) {
  return Note(Device, kDiaryD0Entry, (UCHAR)Previous), STATUS_SUCCESS;
}
static NTSTATUS NTAPI EvtD0Exit(WDFDEVICE Device, WDF_POWER_DEVICE_STATE Target) {
  return Note(Device, kDiaryD0Exit, (UCHAR)Target), STATUS_SUCCESS;
}
static NTSTATUS NTAPI EvtPrepare(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  (void)Raw;
  (void)Translated;
  return Note(Device, kDiaryPrepare, 0), STATUS_SUCCESS;
}
static NTSTATUS NTAPI EvtRelease(WDFDEVICE Device, WDFCMRESLIST Translated) {
  (void)Translated;
  return Note(Device, kDiaryRelease, 0), STATUS_SUCCESS;
}
static NTSTATUS NTAPI EvtSmInit(WDFDEVICE Device) { return Note(Device, kDiarySmInit, 0), STATUS_SUCCESS; }
static NTSTATUS NTAPI EvtSmSuspend(WDFDEVICE Device) { return Note(Device, kDiarySmSuspend, 0), STATUS_SUCCESS; }
static NTSTATUS NTAPI EvtSmRestart(WDFDEVICE Device) { return Note(Device, kDiarySmRestart, 0), STATUS_SUCCESS; }
static VOID NTAPI EvtSurprise(WDFDEVICE Device) { Note(Device, kDiarySurprise, 0); }

// A device that is gone answers no more: these go to the debugger's log.
static VOID NTAPI EvtSmFlush(WDFDEVICE Device) {
  Note(Device, kDiarySmFlush, 0);
  DbgPrint("SmFlush, %u kept\n", WdfCollectionGetCount(DeviceContext(Device)->Kept));
  for (;;) {
    WDFREQUEST request = WdfCollectionGetFirstItem(DeviceContext(Device)->Kept);
    if (!request) break;
    WdfCollectionRemoveItem(DeviceContext(Device)->Kept, 0);
    if (RequestContext(request)->Mode == kPowerCancelable && !NT_SUCCESS(WdfRequestUnmarkCancelable(request))) continue;
    WdfRequestComplete(request, STATUS_NO_SUCH_DEVICE);
  }
}

static NTSTATUS CreateQueues(WDFDEVICE Device) {
  DEVICE_CONTEXT* context = DeviceContext(Device);
  WDF_IO_QUEUE_CONFIG config;
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
  config.EvtIoRead = EvtIoRead;
  config.EvtIoStop = EvtIoStop;
  config.EvtIoResume = EvtIoResume;
  NTSTATUS status = WdfIoQueueCreate(Device, &config, NULL, &context->Default);
  if (!NT_SUCCESS(status)) return status;
  WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchParallel);
  config.EvtIoDeviceControl = EvtIoDeviceControl;
  config.PowerManaged = WdfFalse;
  status = WdfIoQueueCreate(Device, &config, NULL, &context->Control);
  if (!NT_SUCCESS(status)) return status;
  status = WdfDeviceConfigureRequestDispatching(Device, context->Control, WdfRequestTypeDeviceControl);
  if (!NT_SUCCESS(status)) return status;
  WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
  return WdfIoQueueCreate(Device, &config, NULL, &context->Manual);
}

static NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  DECLARE_CONST_UNICODE_STRING(name, L"\\Device\\WdfPower");
  WDF_PNPPOWER_EVENT_CALLBACKS callbacks;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDFDEVICE device;
  (void)Driver;
  WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&callbacks);
  callbacks.EvtDeviceD0Entry = EvtD0Entry;
  callbacks.EvtDeviceD0Exit = EvtD0Exit;
  callbacks.EvtDevicePrepareHardware = EvtPrepare;
  callbacks.EvtDeviceReleaseHardware = EvtRelease;
  callbacks.EvtDeviceSelfManagedIoInit = EvtSmInit;
  callbacks.EvtDeviceSelfManagedIoSuspend = EvtSmSuspend;
  callbacks.EvtDeviceSelfManagedIoRestart = EvtSmRestart;
  callbacks.EvtDeviceSelfManagedIoFlush = EvtSmFlush;
  callbacks.EvtDeviceSurpriseRemoval = EvtSurprise;
  WdfDeviceInitSetPnpPowerEventCallbacks(DeviceInit, &callbacks);
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, REQUEST_CONTEXT);
  WdfDeviceInitSetRequestAttributes(DeviceInit, &attributes);
  NTSTATUS status = WdfDeviceInitAssignName(DeviceInit, &name);
  if (!NT_SUCCESS(status)) return status;
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, DEVICE_CONTEXT);
  status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
  if (!NT_SUCCESS(status)) return status;
  DEVICE_CONTEXT* context = DeviceContext(device);
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = device;
  status = WdfCollectionCreate(&attributes, &context->Kept);
  if (NT_SUCCESS(status)) status = WdfSpinLockCreate(&attributes, &context->Lock);
  return NT_SUCCESS(status) ? CreateQueues(device) : status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, EvtDeviceAdd);
  return WdfDriverCreate(DriverObject, RegistryPath, NULL, &config, NULL);
}
