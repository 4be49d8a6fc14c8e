// libs: kmdf:1.33 guest:wdf_orders
// One power-managed queue whose requests are kept, in the ways of wdf_queues.h.

#include "wdf_diary.h"
#include "wdf_queues.h"

typedef struct _DEVICE_CONTEXT {
  WDFREQUEST Kept;
  WDFTIMER Timer;
} DEVICE_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(DEVICE_CONTEXT, ContextOf)

static VOID NTAPI OnRequestCleanup(WDFOBJECT Request) {
  (void)Request;
  WriteDown(1, PuppetNote, 9);
}

static PU32 Variant(VOID) { return OrdersOf(1)->Variant; }

static VOID NTAPI OnTimer(WDFTIMER Timer) {
  DEVICE_CONTEXT* context = ContextOf(WdfTimerGetParentObject(Timer));
  WDFREQUEST request = context->Kept;
  context->Kept = NULL;
  WriteDown(1, PuppetNote, 1);
  if (request) WdfRequestComplete(request, STATUS_SUCCESS);
}

static VOID NTAPI OnRead(WDFQUEUE Queue, WDFREQUEST Request, size_t Length) {
  DEVICE_CONTEXT* context = ContextOf(WdfIoQueueGetDevice(Queue));
  (void)Length;
  WriteDown(1, PuppetIoRead, 0);
  context->Kept = Request;
  if (Variant() == kQueueNever) WdfTimerStart(context->Timer, WDF_REL_TIMEOUT_IN_SEC(70));
}
static VOID NTAPI OnStop(WDFQUEUE Queue, WDFREQUEST Request, ULONG Flags) {
  DEVICE_CONTEXT* context = ContextOf(WdfIoQueueGetDevice(Queue));
  WriteDown(1, PuppetIoStop, Flags & 3);
  if (Variant() == kQueueNever) return;
  if (Variant() == kQueueRaces) {
    LARGE_INTEGER time = {.QuadPart = WDF_REL_TIMEOUT_IN_MS(5)};
    WdfTimerStart(context->Timer, WDF_REL_TIMEOUT_IN_MS(2));
    KeDelayExecutionThread(KernelMode, FALSE, &time);
    WriteDown(1, PuppetNote, 2);
    return;
  }
  if (Flags & WdfRequestStopActionPurge)
    WdfRequestComplete(Request, STATUS_CANCELLED);
  else
    WdfRequestStopAcknowledge(Request, FALSE);
}
static VOID NTAPI OnResume(WDFQUEUE Queue, WDFREQUEST Request) {
  (void)Queue;
  (void)Request;
  WriteDown(1, PuppetIoResume, 0);
}
static NTSTATUS NTAPI OnD0Exit(WDFDEVICE Device, WDF_POWER_DEVICE_STATE Target) {
  (void)Device;
  WriteDown(1, PuppetD0Exit, Target);
  return STATUS_SUCCESS;
}

static VOID NTAPI OnInterruptCleanup(WDFOBJECT Interrupt) {
  LARGE_INTEGER time = {.QuadPart = WDF_REL_TIMEOUT_IN_MS(20)};
  (void)Interrupt;
  WriteDown(1, PuppetNote, 3);
  KeDelayExecutionThread(KernelMode, FALSE, &time);
}
static BOOLEAN NTAPI OnIsr(WDFINTERRUPT Interrupt, ULONG MessageID) {
  (void)Interrupt;
  (void)MessageID;
  return TRUE;
}
static NTSTATUS NTAPI OnPrepare(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  WDF_INTERRUPT_CONFIG config;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDFINTERRUPT interrupt;
  for (ULONG i = 0; i < WdfCmResourceListGetCount(Translated); ++i) {
    if (WdfCmResourceListGetDescriptor(Translated, i)->Type != CmResourceTypeInterrupt) continue;
    WDF_INTERRUPT_CONFIG_INIT(&config, OnIsr, NULL);
    config.InterruptRaw = WdfCmResourceListGetDescriptor(Raw, i);
    config.InterruptTranslated = WdfCmResourceListGetDescriptor(Translated, i);
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.EvtCleanupCallback = OnInterruptCleanup;
    return WdfInterruptCreate(Device, &config, &attributes, &interrupt);
  }
  return STATUS_UNSUCCESSFUL;
}
static NTSTATUS NTAPI OnRelease(WDFDEVICE Device, WDFCMRESLIST Translated) {
  (void)Device;
  (void)Translated;
  WriteDown(1, PuppetReleaseHardware, 0);
  return STATUS_SUCCESS;
}
static VOID NTAPI OnFileCreate(WDFDEVICE Device, WDFREQUEST Request, WDFFILEOBJECT File) {
  (void)Device;
  (void)File;
  WriteDown(1, PuppetFileCreate, 0);
  WdfRequestComplete(Request, STATUS_SUCCESS);
  if (OrdersOf(1)->Status[PuppetFileCreate]) ExRaiseStatus((NTSTATUS)OrdersOf(1)->Status[PuppetFileCreate]);
}

static VOID NTAPI OnDeviceCleanup(WDFOBJECT Device) {
  (void)Device;
  WriteDown(1, PuppetObjCleanup, 0);
}

static NTSTATUS NTAPI OnDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  WDF_PNPPOWER_EVENT_CALLBACKS callbacks;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_IO_QUEUE_CONFIG queue;
  WDF_TIMER_CONFIG timer;
  WDFDEVICE device;
  (void)Driver;
  WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&callbacks);
  callbacks.EvtDeviceD0Exit = OnD0Exit;
  if (Variant() == kQueueSlowRelease) {
    WDF_FILEOBJECT_CONFIG files;
    WDF_FILEOBJECT_CONFIG_INIT(&files, OnFileCreate, WDF_NO_EVENT_CALLBACK, WDF_NO_EVENT_CALLBACK);
    WdfDeviceInitSetFileObjectConfig(DeviceInit, &files, WDF_NO_OBJECT_ATTRIBUTES);
    callbacks.EvtDevicePrepareHardware = OnPrepare;
    callbacks.EvtDeviceReleaseHardware = OnRelease;
  }
  WdfDeviceInitSetPnpPowerEventCallbacks(DeviceInit, &callbacks);
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.EvtCleanupCallback = OnRequestCleanup;
  WdfDeviceInitSetRequestAttributes(DeviceInit, &attributes);
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, DEVICE_CONTEXT);
  attributes.EvtCleanupCallback = OnDeviceCleanup;
  NTSTATUS status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
  if (!NT_SUCCESS(status)) return status;
  WDF_TIMER_CONFIG_INIT(&timer, OnTimer);
  timer.AutomaticSerialization = FALSE;
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = device;
  status = WdfTimerCreate(&timer, &attributes, &ContextOf(device)->Timer);
  if (!NT_SUCCESS(status)) return status;
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queue, WdfIoQueueDispatchParallel);
  queue.EvtIoRead = OnRead;
  queue.EvtIoStop = OnStop;
  queue.EvtIoResume = OnResume;
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  if (Variant() == kQueueSpins || Variant() == kQueuePassive)
    attributes.SynchronizationScope = WdfSynchronizationScopeQueue;
  attributes.ExecutionLevel =
      Variant() == kQueuePassive || Variant() == kQueueRaces ? WdfExecutionLevelPassive : WdfExecutionLevelDispatch;
  static const GUID kInterface = {0x7A1F0A32, 0x5C1B, 0x4B55, {0x9E, 0x1D, 0x21, 0x0C, 0x51, 0x83, 0x0A, 0x03}};
  if (Variant() == kQueueSlowRelease) WdfDeviceCreateDeviceInterface(device, &kInterface, NULL);
  return WdfIoQueueCreate(device, &queue, &attributes, WDF_NO_HANDLE);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, OnDeviceAdd);
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
