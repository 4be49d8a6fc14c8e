// libs: kmdf:1.33 guest:wdf_orders
// Objects and their end: who is cleaned up when, at which level, and what a driver may not delete; wdf_objects.h.

#include "wdf_diary.h"
#include "wdf_objects.h"

#define kTag 0x6A624F54  // "TObj"

typedef struct _NUMBERED {
  PU32 Number;
} NUMBERED;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(NUMBERED, NumberOf)

typedef struct _OTHER {
  PU32 Value;
} OTHER;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(OTHER, OtherOf)

typedef struct _DEVICE_CONTEXT {
  WDFINTERRUPT Interrupt;
  WDFQUEUE Queue, Default, Routed;
  WDFREQUEST Kept;
  WDFTIMER Timer;
} DEVICE_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(DEVICE_CONTEXT, ContextOf)

static WDFDEVICE HeldDevice, ControlDevice;
static WDFCMRESLIST List;
static CM_PARTIAL_RESOURCE_DESCRIPTOR First;  // of the list, while it was good

static PU32 Variant(VOID) { return OrdersOf(1)->Variant; }

static VOID NTAPI OnChildCleanup(WDFOBJECT Object) { WriteDown(1, PuppetChildObjCleanup, NumberOf(Object)->Number); }
static VOID NTAPI OnChildDestroy(WDFOBJECT Object) { WriteDown(1, PuppetChildObjDestroy, NumberOf(Object)->Number); }

static PWDF_OBJECT_ATTRIBUTES Below(PWDF_OBJECT_ATTRIBUTES Attributes, WDFOBJECT Parent) {
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(Attributes, NUMBERED);
  Attributes->EvtCleanupCallback = OnChildCleanup;
  Attributes->EvtDestroyCallback = OnChildDestroy;
  Attributes->ParentObject = Parent;
  return Attributes;
}
#define Made(call, object, number)                             \
  do {                                                         \
    NTSTATUS made = (call);                                    \
    MUST(NT_SUCCESS(made));                                    \
    if (NT_SUCCESS(made)) NumberOf(object)->Number = (number); \
  } while (0)

static VOID NTAPI OnTimer(WDFTIMER Timer) { (void)Timer; }
static VOID NTAPI OnWorkItem(WDFWORKITEM WorkItem) { (void)WorkItem; }
static VOID NTAPI OnDpc(WDFDPC Dpc) { (void)Dpc; }
static BOOLEAN NTAPI OnIsr(WDFINTERRUPT Interrupt, ULONG MessageID) {
  (void)Interrupt;
  (void)MessageID;
  return TRUE;
}
static NTSTATUS NTAPI OnCreateChild(WDFCHILDLIST List, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Description,
                                    PWDFDEVICE_INIT Init) {
  (void)List;
  (void)Description;
  (void)Init;
  return STATUS_UNSUCCESSFUL;
}

static WDFOBJECT MakeObject(WDFOBJECT Parent, PU32 Number) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDFOBJECT object = NULL;
  Made(WdfObjectCreate(Below(&attributes, Parent), &object), object, Number);
  return object;
}
static WDFTIMER MakeTimer(WDFDEVICE Device, PFN_WDF_TIMER Callback, PU32 Number) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_TIMER_CONFIG config;
  WDFTIMER timer = NULL;
  WDF_TIMER_CONFIG_INIT(&config, Callback);
  config.AutomaticSerialization = FALSE;
  Made(WdfTimerCreate(&config, Below(&attributes, Device), &timer), timer, Number);
  return timer;
}
static WDFWORKITEM MakeWorkItem(WDFDEVICE Device, PU32 Number) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_WORKITEM_CONFIG config;
  WDFWORKITEM item = NULL;
  WDF_WORKITEM_CONFIG_INIT(&config, OnWorkItem);
  config.AutomaticSerialization = FALSE;
  Made(WdfWorkItemCreate(&config, Below(&attributes, Device), &item), item, Number);
  return item;
}
static WDFQUEUE MakeManualQueue(WDFDEVICE Device, PU32 Number) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_IO_QUEUE_CONFIG config;
  WDFQUEUE queue = NULL;
  WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
  Made(WdfIoQueueCreate(Device, &config, Below(&attributes, Device), &queue), queue, Number);
  return queue;
}
static WDFINTERRUPT MakeInterrupt(WDFDEVICE Device, WDFOBJECT Parent) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_INTERRUPT_CONFIG config;
  WDFINTERRUPT interrupt = NULL;
  WDF_INTERRUPT_CONFIG_INIT(&config, OnIsr, NULL);
  Made(WdfInterruptCreate(Device, &config, Below(&attributes, Parent), &interrupt), interrupt, kObjInterrupt);
  return interrupt;
}
static WDFIOTARGET MakeTarget(WDFDEVICE Device, PU32 Number) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDFIOTARGET target = NULL;
  Made(WdfIoTargetCreate(Device, Below(&attributes, Device), &target), target, Number);
  return target;
}

static VOID MakeTree(WDFDEVICE Device) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_DMA_ENABLER_CONFIG enabler_config;
  WDF_CHILD_LIST_CONFIG list_config;
  WDFDMAENABLER enabler = NULL;
  WDFCOMMONBUFFER buffer = NULL;
  WDFCHILDLIST list = NULL;
  MakeObject(NULL, kObjOfDriver);
  MakeManualQueue(Device, kObjQueue);
  MakeTimer(Device, OnTimer, kObjTimer);
  MakeWorkItem(Device, kObjWorkItem);
  MakeInterrupt(Device, NULL);
  WDF_DMA_ENABLER_CONFIG_INIT(&enabler_config, WdfDmaProfileScatterGather64, 0x1000);
  Made(WdfDmaEnablerCreate(Device, &enabler_config, Below(&attributes, NULL), &enabler), enabler, kObjEnabler);
  Made(WdfCommonBufferCreate(enabler, 64, Below(&attributes, NULL), &buffer), buffer, kObjCommonBuffer);
  MakeTarget(Device, kObjTarget);
  WDF_CHILD_LIST_CONFIG_INIT(&list_config, sizeof(WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER), OnCreateChild);
  Made(WdfChildListCreate(Device, &list_config, Below(&attributes, NULL), &list), list, kObjChildList);
}

/// WDF-347, WDF-355, WDF-357.
static VOID TestReferences(WDFDEVICE Device) {
  WDF_OBJECT_ATTRIBUTES attributes;
  PVOID found = NULL, first;
  WDFOBJECT parent = MakeObject(Device, kObjParent), first_child = MakeObject(parent, kObjFirstChild),
            second = MakeObject(parent, kObjSecondChild);
  MakeObject(first_child, kObjGrandchild);

  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, OTHER);
  MUST(WdfObjectAllocateContext(second, &attributes, &first) == STATUS_SUCCESS && first == OtherOf(second));
  MUST(WdfObjectAllocateContext(second, &attributes, &found) == STATUS_OBJECT_NAME_EXISTS && found == first);
  WdfObjectReference(second);
  WdfObjectDelete(parent);
  WriteDown(1, PuppetNote, 1);
  // Cleaned up like the others, and its memory is still there; but it is good for nothing.
  MUST(NumberOf(second)->Number == kObjSecondChild);
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, DEVICE_CONTEXT);
  MUST(WdfObjectAllocateContext(second, &attributes, &found) == STATUS_DELETE_PENDING);
  attributes.ParentObject = second;
  WDFOBJECT late;
  MUST(WdfObjectCreate(&attributes, &late) == STATUS_DELETE_PENDING);
  WdfObjectDereference(second);
  WriteDown(1, PuppetNote, 2);
}

/// WDF-354: all are deleted at DISPATCH_LEVEL.
static VOID TestLevels(WDFDEVICE Device) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_DPC_CONFIG dpc_config;
  DECLARE_CONST_UNICODE_STRING(text, L"paged");
  WDFOBJECT doomed[16];
  ULONG count = 0;
  WDFSPINLOCK lock = NULL;
  WDFMEMORY memory = NULL, paged = NULL;
  WDFLOOKASIDE lookaside = NULL;
  WDFSTRING string = NULL;
  WDFDPC dpc = NULL;
  PVOID buffer;
  KIRQL irql;
  doomed[count++] = MakeObject(Device, kObjDispatch);
  Made(WdfSpinLockCreate(Below(&attributes, Device), &lock), lock, kObjDispatchLock);
  doomed[count++] = lock;
  Made(WdfMemoryCreate(Below(&attributes, Device), NonPagedPool, kTag, 16, &memory, &buffer), memory, kObjDispatchMemory);
  doomed[count++] = memory;
  doomed[count++] = MakeTimer(Device, OnTimer, kObjPassiveTimer);
  WDF_DPC_CONFIG_INIT(&dpc_config, OnDpc);
  dpc_config.AutomaticSerialization = FALSE;
  Made(WdfDpcCreate(&dpc_config, Below(&attributes, Device), &dpc), dpc, kObjPassiveDpc);
  doomed[count++] = dpc;
  doomed[count++] = MakeWorkItem(Device, kObjPassiveWorkItem);
  Made(WdfStringCreate(&text, Below(&attributes, Device), &string), string, kObjPassiveString);
  doomed[count++] = string;
  doomed[count++] = MakeManualQueue(Device, kObjPassiveQueue);
  doomed[count++] = MakeTarget(Device, kObjPassiveTarget);
  Made(WdfMemoryCreate(Below(&attributes, Device), PagedPool, kTag, 16, &paged, &buffer), paged, kObjPassiveMemory);
  doomed[count++] = paged;
  Made(WdfLookasideListCreate(Below(&attributes, Device), 16, PagedPool, WDF_NO_OBJECT_ATTRIBUTES, kTag, &lookaside),
       lookaside, kObjPassiveLookaside);
  doomed[count++] = lookaside;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  for (ULONG i = 0; i < count; ++i) WdfObjectDelete(doomed[i]);
  KeLowerIrql(irql);
}

/// WDF-356: each is ignored.
static VOID DeleteWhatIsNotOurs(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  DEVICE_CONTEXT* context = ContextOf(Device);
  WdfObjectDelete(Device);
  WdfObjectDelete(WdfGetDriver());
  WdfObjectDelete(context->Interrupt);
  WdfObjectDelete(context->Default);
  WdfObjectDelete(context->Routed);
  WdfObjectDelete(context->Queue);  // the parent of an interrupt
  WdfObjectDelete(Raw);
  WdfObjectDelete(Translated);
  MUST(WdfCmResourceListGetCount(Raw) == WdfCmResourceListGetCount(Translated));
  MUST(WdfInterruptGetDevice(context->Interrupt) == Device && WdfIoQueueGetDevice(context->Queue) == Device);
  // But a static PDO not yet added is the driver's.
  DECLARE_CONST_UNICODE_STRING(id, L"PUPPET\\Never");
  PWDFDEVICE_INIT init = WdfPdoInitAllocate(Device);
  WDFDEVICE pdo;
  MUST(init != NULL && NT_SUCCESS(WdfPdoInitAssignDeviceID(init, &id)));
  MUST(NT_SUCCESS(WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &pdo)));
  WdfObjectDelete(pdo);
}

static VOID NoteQueue(WDFDEVICE Device) {
  WDF_IO_QUEUE_CONFIG config;
  WDFQUEUE queue;
  if (Variant() != kObjQueues) return;
  WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
  config.PowerManaged = WdfTrue;
  MUST(NT_SUCCESS(WdfIoQueueCreate(Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &queue)));
  const ULONG state = (ULONG)WdfIoQueueGetState(queue, NULL, NULL);
  WriteDown(1, PuppetNote, !(state & WdfIoQueueAcceptRequests) ? kObjQueueTakesNothing
                           : state & WdfIoQueuePnpHeld         ? kObjQueueHeld
                                                               : kObjQueueOpen);
}

static WDFCOMMONBUFFER MakeBuffer(WDFDEVICE Device);
static VOID DeleteTooHigh(WDFDEVICE Device) {
  WDFCOMMONBUFFER buffer = MakeBuffer(Device);
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  WdfObjectDelete(buffer);
  WdfObjectDelete(ControlDevice);
  KeLowerIrql(irql);
}

static NTSTATUS NTAPI OnPrepareHardware(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  WriteDown(1, PuppetPrepareHardware, 0);
  NoteQueue(Device);
  List = Translated;
  if (WdfCmResourceListGetCount(Translated)) First = *WdfCmResourceListGetDescriptor(Translated, 0);
  if (Variant() == kObjSelfTest) TestReferences(Device), TestLevels(Device);
  if (Variant() == kObjRefused) DeleteWhatIsNotOurs(Device, Raw, Translated);
  if (Variant() == kObjDeletesHigh) DeleteTooHigh(Device);
  return STATUS_SUCCESS;
}
static NTSTATUS NTAPI OnD0Entry(WDFDEVICE Device, WDF_POWER_DEVICE_STATE Previous) {
  WriteDown(1, PuppetD0Entry, Previous);
  return NoteQueue(Device), STATUS_SUCCESS;
}
static NTSTATUS NTAPI OnD0Exit(WDFDEVICE Device, WDF_POWER_DEVICE_STATE Target) {
  WriteDown(1, PuppetD0Exit, Target);
  return NoteQueue(Device), STATUS_SUCCESS;
}
static NTSTATUS NTAPI OnSmInit(WDFDEVICE Device) {
  WriteDown(1, PuppetSmInit, 0);
  return NoteQueue(Device), STATUS_SUCCESS;
}
static NTSTATUS NTAPI OnSmSuspend(WDFDEVICE Device) {
  WriteDown(1, PuppetSmSuspend, 0);
  return NoteQueue(Device), STATUS_SUCCESS;
}
static VOID NTAPI OnSmFlush(WDFDEVICE Device) {
  WriteDown(1, PuppetSmFlush, 0);
  NoteQueue(Device);
  if (Variant() != kObjStaleList) return;
  PCM_PARTIAL_RESOURCE_DESCRIPTOR stale = WdfCmResourceListGetDescriptor(List, 0);
  MUST(stale != NULL && RtlCompareMemory(stale, &First, sizeof(First)) == sizeof(First));
}
static VOID NTAPI OnSmCleanup(WDFDEVICE Device) {
  (void)Device;
  WriteDown(1, PuppetSmCleanup, 0);
}
static VOID NTAPI OnDeleteControl(WDFWORKITEM WorkItem) {
  LARGE_INTEGER time = {.QuadPart = WDF_REL_TIMEOUT_IN_MS(50)};
  (void)WorkItem;
  KeDelayExecutionThread(KernelMode, FALSE, &time);
  WriteDown(1, PuppetNote, 3);
  WdfObjectDelete(ControlDevice);
}
static VOID NTAPI OnDeviceCleanup(WDFOBJECT Device) {
  (void)Device;
  WriteDown(1, PuppetObjCleanup, 0);
  if (Variant() != kObjControl) return;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_WORKITEM_CONFIG config;
  WDFWORKITEM item;
  WDF_WORKITEM_CONFIG_INIT(&config, OnDeleteControl);
  config.AutomaticSerialization = FALSE;
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = WdfGetDriver();
  MUST(NT_SUCCESS(WdfWorkItemCreate(&config, &attributes, &item)));
  WdfWorkItemEnqueue(item);
}
static VOID NTAPI OnDeviceDestroy(WDFOBJECT Device) {
  (void)Device;
  WriteDown(1, PuppetObjDestroy, 0);
}

static VOID NTAPI OnComplete(WDFTIMER Timer) {
  DEVICE_CONTEXT* context = ContextOf(WdfTimerGetParentObject(Timer));
  WriteDown(1, PuppetNote, 1);
  WdfRequestComplete(context->Kept, STATUS_SUCCESS);
}
/// The second queue, with a request of it in the driver's hands.
static VOID NTAPI OnDeviceControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputBufferLength,
                                  size_t InputBufferLength, ULONG IoControlCode) {
  WDFDEVICE device = WdfIoQueueGetDevice(Queue);
  (void)OutputBufferLength;
  (void)InputBufferLength;
  (void)IoControlCode;
  if (Variant() == kObjQueueDelete && device != ControlDevice) {
    DEVICE_CONTEXT* context = ContextOf(device);
    WdfTimerStart(context->Timer, WDF_REL_TIMEOUT_IN_MS(20));
    WdfObjectDelete(context->Queue);
    WriteDown(1, PuppetNote, 2);
  }
  WdfRequestComplete(Request, STATUS_SUCCESS);
}
static VOID NTAPI OnRead(WDFQUEUE Queue, WDFREQUEST Request, size_t Length) {
  DEVICE_CONTEXT* context = ContextOf(WdfIoQueueGetDevice(Queue));
  (void)Length;
  if (Variant() == kObjQueueDelete && NT_SUCCESS(WdfRequestForwardToIoQueue(Request, context->Queue))) {
    if (!context->Kept) MUST(NT_SUCCESS(WdfIoQueueRetrieveNextRequest(context->Queue, &context->Kept)));
    return;
  }
  WdfRequestComplete(Request, STATUS_SUCCESS);
}

static WDFQUEUE MakeQueue(WDFDEVICE Device, BOOLEAN Default, WDF_TRI_STATE Managed) {
  WDF_IO_QUEUE_CONFIG config;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDFQUEUE queue = NULL;
  WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchParallel);
  config.DefaultQueue = Default;
  config.PowerManaged = Managed;
  config.EvtIoDeviceControl = OnDeviceControl;
  config.EvtIoRead = OnRead;
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ExecutionLevel = WdfExecutionLevelPassive;
  MUST(NT_SUCCESS(WdfIoQueueCreate(Device, &config, &attributes, &queue)));
  return queue;
}

static VOID MakeControlDevice(WDFDRIVER Driver) {
  DECLARE_CONST_UNICODE_STRING(name, L"\\Device\\WdfObjects");
  DECLARE_CONST_UNICODE_STRING(sddl, L"D:P(A;;GA;;;SY)(A;;GA;;;BA)");
  PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(Driver, &sddl);
  MUST(init != NULL && NT_SUCCESS(WdfDeviceInitAssignName(init, &name)));
  MUST(NT_SUCCESS(WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &ControlDevice)));
  MakeQueue(ControlDevice, TRUE, WdfTrue);  // WDF-283: it never is
  WdfControlFinishInitializing(ControlDevice);
}

static WDFCOMMONBUFFER MakeBuffer(WDFDEVICE Device) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_DMA_ENABLER_CONFIG config;
  WDFDMAENABLER enabler = NULL;
  WDFCOMMONBUFFER buffer = NULL;
  WDF_DMA_ENABLER_CONFIG_INIT(&config, WdfDmaProfileScatterGather64, 0x1000);
  MUST(NT_SUCCESS(WdfDmaEnablerCreate(Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &enabler)));
  Made(WdfCommonBufferCreate(enabler, 64, Below(&attributes, NULL), &buffer), buffer, kObjCommonBuffer);
  return buffer;
}

static NTSTATUS NTAPI OnDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  WDF_PNPPOWER_EVENT_CALLBACKS callbacks;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDFDEVICE device;
  WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&callbacks);
  callbacks.EvtDevicePrepareHardware = OnPrepareHardware;
  callbacks.EvtDeviceD0Entry = OnD0Entry;
  callbacks.EvtDeviceD0Exit = OnD0Exit;
  callbacks.EvtDeviceSelfManagedIoInit = OnSmInit;
  callbacks.EvtDeviceSelfManagedIoSuspend = OnSmSuspend;
  callbacks.EvtDeviceSelfManagedIoFlush = OnSmFlush;
  callbacks.EvtDeviceSelfManagedIoCleanup = OnSmCleanup;
  WdfDeviceInitSetPnpPowerEventCallbacks(DeviceInit, &callbacks);
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, DEVICE_CONTEXT);
  attributes.EvtCleanupCallback = OnDeviceCleanup;
  attributes.EvtDestroyCallback = OnDeviceDestroy;
  NTSTATUS status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
  if (!NT_SUCCESS(status)) return status;
  DEVICE_CONTEXT* context = ContextOf(device);
  NoteQueue(device);
  switch (Variant()) {
    case kObjTree:
      MakeTree(device);
      break;
    case kObjRefused:
      context->Default = MakeQueue(device, TRUE, WdfFalse);
      context->Routed = MakeQueue(device, FALSE, WdfFalse);
      MUST(NT_SUCCESS(WdfDeviceConfigureRequestDispatching(device, context->Routed, WdfRequestTypeRead)));
      context->Queue = MakeManualQueue(device, kObjQueue);
      context->Interrupt = MakeInterrupt(device, context->Queue);
      break;
    case kObjControl:
    case kObjDeletesHigh:
      MakeControlDevice(Driver);
      break;
    case kObjHeldDevice:
      HeldDevice = device;
      WdfObjectReference(device);
      break;
    case kObjQueueDelete:
      MakeQueue(device, TRUE, WdfFalse);
      context->Queue = MakeManualQueue(device, kObjQueue);
      context->Timer = MakeTimer(device, OnComplete, kObjTimer);
      break;
  }
  return STATUS_SUCCESS;
}

static VOID NTAPI OnUnload(WDFDRIVER Driver) {
  (void)Driver;
  WriteDown(1, PuppetUnload, 0);
  if (HeldDevice) WdfObjectDereference(HeldDevice);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, OnDeviceAdd);
  config.EvtDriverUnload = OnUnload;
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
