// libs: kmdf:1.33 guest:wdf_orders
// Interrupts of every kind, and the ways not to make one; wdf_interrupts.h says which.

#include "wdf_diary.h"
#include "wdf_interrupts.h"

enum { kDoorbell = 0x100 / 4, kLine = 0x104 / 4 };

typedef struct _DEVICE_CONTEXT {
  PU32 Number;
  volatile ULONG* Registers;
  SIZE_T RegisterBytes;
  WDFINTERRUPT Interrupts[4];
} DEVICE_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(DEVICE_CONTEXT, ContextOf)

typedef struct _INTERRUPT_CONTEXT {
  PU32 Number;
} INTERRUPT_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(INTERRUPT_CONTEXT, InterruptOf)

static DEVICE_CONTEXT* Owner(WDFINTERRUPT Interrupt) {
  return ContextOf(WdfInterruptGetDevice(Interrupt));
}
static PU32 VariantOf(DEVICE_CONTEXT* Context) {
  return OrdersOf(Context->Number)->Variant;
}
static BOOLEAN IsPassive(PU32 Variant) {
  return Variant == kIntPassive || Variant == kIntPassiveWithDpc;
}
static BOOLEAN HasWorkItem(PU32 Variant) {
  return Variant == kIntWithWorkItem || Variant == kIntPassive || Variant == kIntWorkQueuesInDisable;
}
static VOID Note(WDFINTERRUPT Interrupt, PU32 Call) {
  WriteDown(Owner(Interrupt)->Number, Call, InterruptOf(Interrupt)->Number);
}
static BOOLEAN Queue(WDFINTERRUPT Interrupt) {
  return HasWorkItem(VariantOf(Owner(Interrupt))) ? WdfInterruptQueueWorkItemForIsr(Interrupt)
                                                  : WdfInterruptQueueDpcForIsr(Interrupt);
}

static BOOLEAN NTAPI OnIsr(WDFINTERRUPT Interrupt, ULONG MessageID) {
  DEVICE_CONTEXT* context = Owner(Interrupt);
  (void)MessageID;
  Note(Interrupt, PuppetIsr);
  switch (VariantOf(context)) {
    case kIntLineNeverMine:
      return FALSE;
    case kIntLineLeftUp:
      return TRUE;
    case kIntLine:
      if (!context->Registers[kLine]) return FALSE;
      context->Registers[kLine] = 0;
      break;
  }
  Queue(Interrupt);
  return TRUE;
}
static VOID NTAPI OnDpc(WDFINTERRUPT Interrupt, WDFOBJECT AssociatedObject) {
  (void)AssociatedObject;
  Note(Interrupt, PuppetDpc);
  MUST(WdfInterruptWdmGetInterrupt(Interrupt) != NULL);  // WDF-276: flushed before it is disconnected
}
static VOID NTAPI OnWorkItem(WDFINTERRUPT Interrupt, WDFOBJECT AssociatedObject) {
  (void)AssociatedObject;
  Note(Interrupt, PuppetWorkItem);
  MUST(WdfInterruptWdmGetInterrupt(Interrupt) != NULL);
}
static NTSTATUS NTAPI OnEnable(WDFINTERRUPT Interrupt, WDFDEVICE Device) {
  (void)Device;
  Note(Interrupt, PuppetIntEnable);
  if (IsPassive(VariantOf(Owner(Interrupt)))) MUST(!WdfInterruptTryToAcquireLock(Interrupt));  // it is held
  return STATUS_SUCCESS;
}
static NTSTATUS NTAPI OnDisable(WDFINTERRUPT Interrupt, WDFDEVICE Device) {
  PU32 variant = VariantOf(Owner(Interrupt));
  (void)Device;
  Note(Interrupt, PuppetIntDisable);
  if (IsPassive(variant)) MUST(!WdfInterruptTryToAcquireLock(Interrupt));
  if (variant == kIntQueuesInDisable || variant == kIntWorkQueuesInDisable) Queue(Interrupt);
  return STATUS_SUCCESS;
}

static VOID Configure(PWDF_INTERRUPT_CONFIG Config, PU32 Variant) {
  WDF_INTERRUPT_CONFIG_INIT(Config, OnIsr, HasWorkItem(Variant) ? NULL : OnDpc);
  if (HasWorkItem(Variant)) Config->EvtInterruptWorkItem = OnWorkItem;
  Config->PassiveHandling = IsPassive(Variant);
  Config->EvtInterruptEnable = OnEnable;
  Config->EvtInterruptDisable = OnDisable;
}

static NTSTATUS Create(WDFDEVICE Device, PWDF_INTERRUPT_CONFIG Config, PU32 Number) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDFINTERRUPT interrupt;
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, INTERRUPT_CONTEXT);
  NTSTATUS status = WdfInterruptCreate(Device, Config, &attributes, &interrupt);
  if (!NT_SUCCESS(status) || Number == 0) return status;
  InterruptOf(interrupt)->Number = Number;
  ContextOf(Device)->Interrupts[Number] = interrupt;
  return status;
}

/// What is refused wherever it is done (WDF-270), and before the first START (WDF-266).
static VOID CheckBeforeStart(WDFDEVICE Device) {
  WDF_INTERRUPT_CONFIG config;
  WDF_OBJECT_ATTRIBUTES attributes;
  CM_PARTIAL_RESOURCE_DESCRIPTOR descriptor = {0};
  WDFSPINLOCK spin;
  WDFWAITLOCK wait;
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = Device;
  MUST(NT_SUCCESS(WdfSpinLockCreate(&attributes, &spin)) && NT_SUCCESS(WdfWaitLockCreate(&attributes, &wait)));

  Configure(&config, kIntWithDpc);
  config.EvtInterruptIsr = NULL;
  MUST(Create(Device, &config, 0) == STATUS_INVALID_PARAMETER);
  Configure(&config, kIntWithDpc);
  config.EvtInterruptWorkItem = OnWorkItem;
  MUST(Create(Device, &config, 0) == STATUS_INVALID_PARAMETER);
  Configure(&config, kIntWithDpc);
  config.WaitLock = wait;
  MUST(Create(Device, &config, 0) == STATUS_INVALID_PARAMETER);
  Configure(&config, kIntPassive);
  config.SpinLock = spin;
  MUST(Create(Device, &config, 0) == STATUS_INVALID_PARAMETER);
  Configure(&config, kIntWithDpc);
  config.Size -= 4;
  MUST(Create(Device, &config, 0) == STATUS_INFO_LENGTH_MISMATCH);

  Configure(&config, kIntWithDpc);
  config.InterruptRaw = &descriptor;
  MUST(Create(Device, &config, 0) == STATUS_INVALID_PARAMETER);
  Configure(&config, kIntWithDpc);
  config.InterruptTranslated = &descriptor;
  MUST(Create(Device, &config, 0) == STATUS_INVALID_PARAMETER);
  Configure(&config, kIntPassive);
  config.CanWakeDevice = TRUE;
  MUST(Create(Device, &config, 0) == STATUS_INVALID_PARAMETER);
}

/// In EvtDevicePrepareHardware (WDF-267, WDF-271).
static VOID CheckInPrepare(WDFDEVICE Device, PCM_PARTIAL_RESOURCE_DESCRIPTOR Raw,
                           PCM_PARTIAL_RESOURCE_DESCRIPTOR Translated) {
  WDF_INTERRUPT_CONFIG config;
  const BOOLEAN hint = (Translated->Flags & 0x20) != 0;  // CM_RESOURCE_INTERRUPT_WAKE_HINT
  const BOOLEAN owner = OrdersOf(ContextOf(Device)->Number)->Owner != 2;
  Configure(&config, kIntWithDpc);
  config.InterruptTranslated = Translated;
  MUST(Create(Device, &config, 0) == STATUS_INVALID_DEVICE_STATE);
  Configure(&config, kIntWithDpc);
  config.InterruptRaw = Raw;
  MUST(Create(Device, &config, 0) == STATUS_INVALID_DEVICE_STATE);
  config.InterruptTranslated = Translated;
  config.ShareVector = WdfTrue;
  MUST(Create(Device, &config, 0) == STATUS_INVALID_DEVICE_STATE);

  Configure(&config, kIntWithDpc);
  config.InterruptRaw = Raw;
  config.InterruptTranslated = Translated;
  config.CanWakeDevice = TRUE;  // without PassiveHandling
  MUST(Create(Device, &config, 0) == STATUS_INVALID_PARAMETER);
  Configure(&config, kIntPassive);
  config.InterruptRaw = Raw;
  config.InterruptTranslated = Translated;
  config.CanWakeDevice = TRUE;
  MUST(Create(Device, &config, 1) == (hint && owner ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER));
}

static NTSTATUS NTAPI OnPrepareHardware(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  DEVICE_CONTEXT* context = ContextOf(Device);
  PU32 variant = VariantOf(context), made = 0;
  WriteDown(context->Number, PuppetPrepareHardware, 0);
  for (ULONG i = 0; i < WdfCmResourceListGetCount(Translated); ++i) {
    PCM_PARTIAL_RESOURCE_DESCRIPTOR raw = WdfCmResourceListGetDescriptor(Raw, i);
    PCM_PARTIAL_RESOURCE_DESCRIPTOR each = WdfCmResourceListGetDescriptor(Translated, i);
    if (each->Type == CmResourceTypeMemory && !context->Registers) {
      context->RegisterBytes = each->u.Memory.Length;
      context->Registers = MmMapIoSpace(each->u.Memory.Start, each->u.Memory.Length, MmNonCached);
    }
    if (each->Type != CmResourceTypeInterrupt) continue;
    if (variant == kIntChecks) CheckInPrepare(Device, raw, each);
    while (made < OrdersOf(context->Number)->InterruptsInPrepare) {
      WDF_INTERRUPT_CONFIG config;
      CM_PARTIAL_RESOURCE_DESCRIPTOR foreign = *each;
      Configure(&config, variant);
      if (variant == kIntChangedDescriptor) each->ShareDisposition ^= 1;
      config.InterruptRaw = raw;
      config.InterruptTranslated = variant == kIntForeignDescriptor ? &foreign : each;
      Puppet.Seen[SeenSendStatus] = (PU32)Create(Device, &config, ++made);
    }
  }
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI OnReleaseHardware(WDFDEVICE Device, WDFCMRESLIST Translated) {
  DEVICE_CONTEXT* context = ContextOf(Device);
  (void)Translated;
  WriteDown(context->Number, PuppetReleaseHardware, 0);
  if (context->Registers) MmUnmapIoSpace((PVOID)context->Registers, context->RegisterBytes);
  context->Registers = NULL;
  return STATUS_SUCCESS;
}
static NTSTATUS NTAPI OnD0Entry(WDFDEVICE Device, WDF_POWER_DEVICE_STATE PreviousState) {
  WDF_INTERRUPT_CONFIG config;
  WriteDown(ContextOf(Device)->Number, PuppetD0Entry, PreviousState);
  if (VariantOf(ContextOf(Device)) != kIntCreatedInD0Entry) return STATUS_SUCCESS;
  Configure(&config, kIntWithDpc);
  MUST(Create(Device, &config, 0) == STATUS_INVALID_DEVICE_STATE);
  return STATUS_SUCCESS;
}
static VOID Ring(WDFDEVICE Device) {
  DEVICE_CONTEXT* context = ContextOf(Device);
  if (VariantOf(context) == kIntDoorbells) context->Registers[kDoorbell] = 0;
}
static NTSTATUS NTAPI OnPostInt(WDFDEVICE Device, WDF_POWER_DEVICE_STATE PreviousState) {
  WriteDown(ContextOf(Device)->Number, PuppetPostInt, PreviousState);
  return Ring(Device), STATUS_SUCCESS;
}
static NTSTATUS NTAPI OnPreInt(WDFDEVICE Device, WDF_POWER_DEVICE_STATE TargetState) {
  WriteDown(ContextOf(Device)->Number, PuppetPreInt, TargetState);
  return Ring(Device), STATUS_SUCCESS;
}
static NTSTATUS NTAPI OnD0Exit(WDFDEVICE Device, WDF_POWER_DEVICE_STATE TargetState) {
  WriteDown(ContextOf(Device)->Number, PuppetD0Exit, TargetState);
  return Ring(Device), STATUS_SUCCESS;
}

static BOOLEAN NTAPI QueueThrice(WDFINTERRUPT Interrupt, WDFCONTEXT Context) {
  ULONG* answers = Context;
  const KIRQL irql = KeGetCurrentIrql();
  KIRQL before;
  if (irql < DISPATCH_LEVEL) KeRaiseIrql(DISPATCH_LEVEL, &before);  // or the work item runs in between
  for (ULONG i = 0; i < 3; ++i) *answers |= (ULONG)Queue(Interrupt) << i;
  if (irql < DISPATCH_LEVEL) KeLowerIrql(before);
  return TRUE;
}

static VOID NTAPI OnDeviceControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputBufferLength,
                                  size_t InputBufferLength, ULONG IoControlCode) {
  WDFDEVICE device = WdfIoQueueGetDevice(Queue);
  ULONG *input, *output, number;
  (void)InputBufferLength;
  (void)OutputBufferLength;
  NTSTATUS status = WdfRequestRetrieveInputBuffer(Request, sizeof(ULONG), (PVOID*)&input, NULL);
  if (NT_SUCCESS(status)) status = WdfRequestRetrieveOutputBuffer(Request, sizeof(ULONG), (PVOID*)&output, NULL);
  if (!NT_SUCCESS(status)) return WdfRequestComplete(Request, status);
  number = *input & 3;
  *output = 0;
  WDFINTERRUPT interrupt = ContextOf(device)->Interrupts[number];
  switch (IoControlCode) {
    case IOCTL_WDF_INT_DISABLE:
      WdfInterruptDisable(interrupt);
      break;
    case IOCTL_WDF_INT_ENABLE:
      WdfInterruptEnable(interrupt);
      break;
    case IOCTL_WDF_INT_CONNECTED:
      *output = WdfInterruptWdmGetInterrupt(interrupt) != NULL;
      break;
    case IOCTL_WDF_INT_QUEUE:
      WdfInterruptSynchronize(interrupt, QueueThrice, output);
      break;
    case IOCTL_WDF_INT_MESSAGE: {
      WDF_INTERRUPT_INFO info;
      WDF_INTERRUPT_INFO_INIT(&info);
      WdfInterruptGetInfo(interrupt, &info);
      *output = info.Vector == 0 ? ~0u : info.MessageSignaled ? 1 + info.MessageNumber : 0;
      break;
    }
    case IOCTL_WDF_INT_CREATE: {
      WDF_INTERRUPT_CONFIG config;
      Configure(&config, kIntWithDpc);
      *output = (ULONG)Create(device, &config, 0);
      break;
    }
  }
  WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, sizeof(ULONG));
}

static NTSTATUS MakeQueue(WDFDEVICE Device) {
  WDF_IO_QUEUE_CONFIG config;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ExecutionLevel = WdfExecutionLevelPassive;
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
  config.PowerManaged = WdfFalse;
  config.EvtIoDeviceControl = OnDeviceControl;
  return WdfIoQueueCreate(Device, &config, &attributes, WDF_NO_HANDLE);
}

static NTSTATUS NTAPI OnDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  WDF_PNPPOWER_EVENT_CALLBACKS callbacks;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDFDEVICE device;
  PU32 number = ++Puppet.Devices;
  PUPPET_ORDERS* orders = OrdersOf(number);
  (void)Driver;
  WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&callbacks);
  callbacks.EvtDevicePrepareHardware = OnPrepareHardware;
  callbacks.EvtDeviceReleaseHardware = OnReleaseHardware;
  callbacks.EvtDeviceD0Entry = OnD0Entry;
  callbacks.EvtDeviceD0EntryPostInterruptsEnabled = OnPostInt;
  callbacks.EvtDeviceD0ExitPreInterruptsDisabled = OnPreInt;
  callbacks.EvtDeviceD0Exit = OnD0Exit;
  WdfDeviceInitSetPnpPowerEventCallbacks(DeviceInit, &callbacks);
  if (orders->Owner) WdfDeviceInitSetPowerPolicyOwnership(DeviceInit, orders->Owner == 1);
  if (orders->NotPageable) WdfDeviceInitSetPowerNotPageable(DeviceInit);
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, DEVICE_CONTEXT);
  NTSTATUS status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
  if (!NT_SUCCESS(status)) return status;
  ContextOf(device)->Number = number;
  if (orders->Variant == kIntChecks) CheckBeforeStart(device);
  for (PU32 i = 1; i <= orders->Interrupts && NT_SUCCESS(status); ++i) {
    WDF_INTERRUPT_CONFIG config;
    Configure(&config, orders->Variant);
    status = Create(device, &config, i);
  }
  return NT_SUCCESS(status) ? MakeQueue(device) : status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, OnDeviceAdd);
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
