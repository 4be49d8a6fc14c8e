// libs: kmdf:1.33 guest:wdf_orders
// A KMDF driver that writes down every callback it gets, and does in each what the test around it ordered.

#include "wdf_diary.h"

typedef struct _DEVICE_CONTEXT {
  PU32 Number;
  PU32 CallCount[PuppetCallCount];
  volatile ULONG* Registers;
  SIZE_T RegisterBytes;
  WDFDEVICE Device;
  WDFINTERRUPT Interrupt;  // the first
  WDFCMRESLIST Raw, Translated;
  WDFQUEUE Queue;
  WDFREQUEST Kept[8];
  PU32 KeptCount;
#ifndef UMDF_VERSION_MAJOR
  KTIMER Timer;
  KDPC TimerDpc;
#endif
  PWDFDEVICE_INIT Init;  // what the device was made of, for the misuse of it
} DEVICE_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(DEVICE_CONTEXT, ContextOf)

typedef struct _NUMBERED {
  PU32 Number;  // which interrupt, enabler or object
  WDFDEVICE Device;
  PU32 DeviceNumber;
} NUMBERED;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(NUMBERED, NumberOf)

typedef struct _CHILD_ID {
  WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Header;
  PU32 Id;
} CHILD_ID;

static BOOLEAN NTAPI OnIsr(WDFINTERRUPT Interrupt, ULONG MessageID);
static VOID NTAPI OnDpc(WDFINTERRUPT Interrupt, WDFOBJECT AssociatedObject);

#ifdef UMDF_VERSION_MAJOR
#include "wdf_puppet_um.h"
#else

static VOID ReadConfiguration(DEVICE_CONTEXT* Context, PU32 Where) {
  BUS_INTERFACE_STANDARD bus;
  RtlZeroMemory(&bus, sizeof(bus));
  static const GUID kBusInterface = {0x496B8280, 0x6F25, 0x11D0, {0xBE, 0xAF, 0x08, 0x00, 0x2B, 0xE2, 0x09, 0x2F}};
  NTSTATUS status = WdfFdoQueryForInterface(Context->Device, &kBusInterface, (PINTERFACE)&bus, sizeof(bus), 1, NULL);
  Puppet.Seen[Where] = (PU32)status;
  if (!NT_SUCCESS(status)) return;
  ULONG id = 0;
  Puppet.Seen[Where + 2] = bus.GetBusData(bus.Context, 0, &id, 0, sizeof(id));
  Puppet.Seen[Where + 1] = id;
  bus.InterfaceDereference(bus.Context);
}

static VOID MapRegisters(DEVICE_CONTEXT* Context, PHYSICAL_ADDRESS Start) {
  Context->Registers = MmMapIoSpace(Start, Context->RegisterBytes, MmNonCached);
}
static VOID UnmapRegisters(DEVICE_CONTEXT* Context) {
  MmUnmapIoSpace((PVOID)Context->Registers, Context->RegisterBytes);
}
static ULONG ReadRegister(DEVICE_CONTEXT* Context) {
  return Context->Registers[0];
}
static VOID Pause(PU32 Milliseconds) {
  LARGE_INTEGER time = {.QuadPart = WDF_REL_TIMEOUT_IN_MS(Milliseconds)};
  KeDelayExecutionThread(KernelMode, FALSE, &time);
}
static PU32 IsConnected(WDFINTERRUPT Interrupt) {
  return WdfInterruptWdmGetInterrupt(Interrupt) != NULL;
}
static NTSTATUS Misbehave(DEVICE_CONTEXT* Context, PU32 Fault) {
  (void)Context;
  (void)Fault;
  return STATUS_SUCCESS;
}

#endif

static VOID ReadFromBelow(WDFDEVICE Device) {
  UCHAR byte;
  WDF_MEMORY_DESCRIPTOR memory;
  WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&memory, &byte, sizeof(byte));
  Puppet.Seen[SeenSendStatus] =
      (PU32)WdfIoTargetSendReadSynchronously(WdfDeviceGetIoTarget(Device), NULL, &memory, NULL, NULL, NULL);
}
#include "wdf_puppet_deeds.h"

// Writes the call down, does what the orders say happens in it, and gives the status it is to return.
static NTSTATUS Play(DEVICE_CONTEXT* Context, PU32 Call, PU32 Argument) {
  PUPPET_ORDERS* orders = OrdersOf(Context->Number);
  WriteDown(Context->Number, Call, Argument);
  if (orders->ReadsRegisterIn == Call + 1 && Context->Registers) Puppet.Seen[SeenRegister] = ReadRegister(Context);
  if (orders->QueriesConfigIn == Call + 1) ReadConfiguration(Context, SeenConfig);
  if (orders->SetFailedIn == Call + 1)
    WdfDeviceSetFailed(Context->Device, (WDF_DEVICE_FAILED_ACTION)orders->SetFailedAction);
  if (orders->SendsReadIn == Call + 1) ReadFromBelow(Context->Device);
  if (orders->WaitsIn == Call + 1) Pause(orders->WaitMilliseconds);
  if (orders->UmFaultIn == Call + 1) Misbehave(Context, orders->UmFault);
  DoDeeds(Context, orders, Call);
  if (Context->CallCount[Call]++ < orders->FailAfter[Call]) return STATUS_SUCCESS;
  return (NTSTATUS)orders->Status[Call];
}

// ---- Device callbacks ----

static NTSTATUS NTAPI OnD0Entry(WDFDEVICE Device, WDF_POWER_DEVICE_STATE PreviousState) {
  return Play(ContextOf(Device), PuppetD0Entry, PreviousState);
}
static NTSTATUS NTAPI OnPostInt(WDFDEVICE Device, WDF_POWER_DEVICE_STATE PreviousState) {
  return Play(ContextOf(Device), PuppetPostInt, PreviousState);
}
static NTSTATUS NTAPI OnD0Exit(WDFDEVICE Device, WDF_POWER_DEVICE_STATE TargetState) {
  return Play(ContextOf(Device), PuppetD0Exit, TargetState);
}
static NTSTATUS NTAPI OnPreInt(WDFDEVICE Device, WDF_POWER_DEVICE_STATE TargetState) {
  return Play(ContextOf(Device), PuppetPreInt, TargetState);
}

static NTSTATUS MakeInterrupt(WDFDEVICE Device, PU32 Number, PCM_PARTIAL_RESOURCE_DESCRIPTOR Raw,
                              PCM_PARTIAL_RESOURCE_DESCRIPTOR Translated);

// Handle, length and first memory range of a list.
static VOID NoteList(WDFCMRESLIST List, PU32 Where) {
  Puppet.Seen[Where] = (PU32)(ULONG_PTR)List;
  ULONG count = WdfCmResourceListGetCount(List);
  Puppet.Seen[Where + 1] = count;
  Puppet.Seen[Where + 2] = 0;
  for (ULONG i = 0; i < count; ++i) {
    PCM_PARTIAL_RESOURCE_DESCRIPTOR each = WdfCmResourceListGetDescriptor(List, i);
    if (each->Type == CmResourceTypeMemory && !Puppet.Seen[Where + 2]) Puppet.Seen[Where + 2] = each->u.Memory.Start.LowPart;
  }
}

static NTSTATUS NTAPI OnPrepareHardware(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  DEVICE_CONTEXT* context = ContextOf(Device);
  PUPPET_ORDERS* orders = OrdersOf(context->Number);
  ULONG count = WdfCmResourceListGetCount(Translated), made = 0;
  context->Raw = Raw;
  context->Translated = Translated;
  for (ULONG i = 0; i < count; ++i) {
    PCM_PARTIAL_RESOURCE_DESCRIPTOR each = WdfCmResourceListGetDescriptor(Translated, i);
    if (each->Type == CmResourceTypeMemory && orders->MapsBar && !context->Registers) {
      context->RegisterBytes = each->u.Memory.Length;
      MapRegisters(context, each->u.Memory.Start);
    }
    while (each->Type == CmResourceTypeInterrupt && made < orders->InterruptsInPrepare)
      MakeInterrupt(Device, ++made, WdfCmResourceListGetDescriptor(Raw, i), each);
  }
  if (orders->IdleMilliseconds) Puppet.Seen[SeenIdleStatus] = (PU32)AssignIdle(Device, orders);
  Puppet.Seen[SeenRawList] = (PU32)(ULONG_PTR)Raw;
  NoteList(Translated, SeenPrepareList);
  return Play(context, PuppetPrepareHardware, count);
}

static NTSTATUS NTAPI OnReleaseHardware(WDFDEVICE Device, WDFCMRESLIST Translated) {
  DEVICE_CONTEXT* context = ContextOf(Device);
  NoteList(Translated, SeenReleaseList);
  if (context->Raw) Puppet.Seen[SeenRawAgain] = WdfCmResourceListGetCount(context->Raw);
  if (context->Interrupt) {
    WDF_INTERRUPT_INFO info;
    WDF_INTERRUPT_INFO_INIT(&info);
    WdfInterruptGetInfo(context->Interrupt, &info);
    Puppet.Seen[SeenReleaseVector] = info.Vector;
    Puppet.Seen[SeenReleaseConnected] = IsConnected(context->Interrupt);
  }
  NTSTATUS status = Play(context, PuppetReleaseHardware, WdfCmResourceListGetCount(Translated));
  if (context->Registers && OrdersOf(context->Number)->MapsBar != 2) {
    UnmapRegisters(context);
    context->Registers = NULL;
  }
  return status;
}

#define QUESTION(name)                                 \
  static NTSTATUS NTAPI On##name(WDFDEVICE Device) {   \
    return Play(ContextOf(Device), Puppet##name, 0);   \
  }
#define NOTICE(name)                            \
  static VOID NTAPI On##name(WDFDEVICE Device) { \
    Play(ContextOf(Device), Puppet##name, 0);   \
  }
QUESTION(SmInit)
QUESTION(SmSuspend)
QUESTION(SmRestart)
NOTICE(SmFlush)
NOTICE(SmCleanup)
NOTICE(SurpriseRemoval)
QUESTION(QueryRemove)
QUESTION(QueryStop)
QUESTION(ArmS0)
NOTICE(DisarmS0)
NOTICE(TriggeredS0)
QUESTION(ArmSx)
NOTICE(DisarmSx)
NOTICE(TriggeredSx)

#ifndef UMDF_VERSION_MAJOR
NOTICE(DisableWakeAtBus)
NOTICE(ReportedMissing)
QUESTION(Eject)

static NTSTATUS NTAPI OnEnableWakeAtBus(WDFDEVICE Device, SYSTEM_POWER_STATE State) {
  return Play(ContextOf(Device), PuppetEnableWakeAtBus, State);
}
static NTSTATUS NTAPI OnSetLock(WDFDEVICE Device, BOOLEAN IsLocked) {
  return Play(ContextOf(Device), PuppetSetLock, IsLocked);
}
static NTSTATUS NTAPI OnRemoveAdded(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  DEVICE_CONTEXT* context = ContextOf(Device);
  context->Raw = Raw;
  context->Translated = Translated;
  const PU32 added = OrdersOf(context->Number)->AddsRequirement;
  for (ULONG i = 0; added && i < WdfCmResourceListGetCount(Translated); ++i)
    if (WdfCmResourceListGetDescriptor(Translated, i)->u.Memory.Length == added) {
      WdfCmResourceListRemove(Raw, i);
      WdfCmResourceListRemove(Translated, i);
    }
  for (ULONG i = 0; OrdersOf(context->Number)->DropsVector && i < WdfCmResourceListGetCount(Translated); ++i)
    if (WdfCmResourceListGetDescriptor(Translated, i)->Type == CmResourceTypeInterrupt) {
      WdfCmResourceListRemove(Raw, i);
      WdfCmResourceListRemove(Translated, i);
      break;
    }
  return Play(context, PuppetRemoveAdded, 0);
}
#endif
static VOID NTAPI OnObjCleanup(WDFOBJECT Object) {
  Play(ContextOf(Object), PuppetObjCleanup, 0);
}
static VOID NTAPI OnObjDestroy(WDFOBJECT Object) {
  Play(ContextOf(Object), PuppetObjDestroy, 0);
}

// ---- What hangs from a device ----

static VOID NTAPI OnChildObjCleanup(WDFOBJECT Object) {
  WriteDown(NumberOf(Object)->DeviceNumber, PuppetChildObjCleanup, NumberOf(Object)->Number);
}
static VOID NTAPI OnChildObjDestroy(WDFOBJECT Object) {
  WriteDown(NumberOf(Object)->DeviceNumber, PuppetChildObjDestroy, NumberOf(Object)->Number);
}

static VOID NumberedAttributes(PWDF_OBJECT_ATTRIBUTES Attributes) {
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(Attributes, NUMBERED);
  Attributes->EvtCleanupCallback = OnChildObjCleanup;
  Attributes->EvtDestroyCallback = OnChildObjDestroy;
}

static VOID SetNumber(WDFOBJECT Object, WDFDEVICE Device, PU32 Number) {
  NUMBERED* numbered = NumberOf(Object);
  numbered->Number = Number;
  numbered->Device = Device;
  numbered->DeviceNumber = ContextOf(Device)->Number;
}

static BOOLEAN NTAPI OnIsr(WDFINTERRUPT Interrupt, ULONG MessageID) {
  (void)MessageID;
  NUMBERED* numbered = NumberOf(Interrupt);
  WriteDown(numbered->DeviceNumber, PuppetIsr, numbered->Number);
  if (OrdersOf(numbered->DeviceNumber)->UmFaultIn == PuppetIsr + 1)
    Misbehave(ContextOf(numbered->Device), OrdersOf(numbered->DeviceNumber)->UmFault);
  if (OrdersOf(numbered->DeviceNumber)->InterruptPassive)
    WdfInterruptQueueWorkItemForIsr(Interrupt);
  else
    WdfInterruptQueueDpcForIsr(Interrupt);
  return TRUE;
}
static VOID NTAPI OnWorkItem(WDFINTERRUPT Interrupt, WDFOBJECT AssociatedObject) {
  (void)AssociatedObject;
  WriteDown(NumberOf(Interrupt)->DeviceNumber, PuppetWorkItem, NumberOf(Interrupt)->Number);
}
static VOID NTAPI OnDpc(WDFINTERRUPT Interrupt, WDFOBJECT AssociatedObject) {
  (void)AssociatedObject;
  Play(ContextOf(NumberOf(Interrupt)->Device), PuppetDpc, NumberOf(Interrupt)->Number);
}
static NTSTATUS NTAPI OnIntEnable(WDFINTERRUPT Interrupt, WDFDEVICE Device) {
  DEVICE_CONTEXT* context = ContextOf(Device);
  NTSTATUS status = Play(context, PuppetIntEnable, NumberOf(Interrupt)->Number);
  PU32 failing = OrdersOf(context->Number)->FailInterrupt;
  return failing && failing != NumberOf(Interrupt)->Number ? STATUS_SUCCESS : status;
}
static NTSTATUS NTAPI OnIntDisable(WDFINTERRUPT Interrupt, WDFDEVICE Device) {
  return Play(ContextOf(Device), PuppetIntDisable, NumberOf(Interrupt)->Number);
}

static NTSTATUS MakeInterrupt(WDFDEVICE Device, PU32 Number, PCM_PARTIAL_RESOURCE_DESCRIPTOR Raw,
                              PCM_PARTIAL_RESOURCE_DESCRIPTOR Translated) {
  WDF_INTERRUPT_CONFIG config;
  WDF_INTERRUPT_CONFIG_INIT(&config, OnIsr, OnDpc);
  config.EvtInterruptEnable = OnIntEnable;
  config.EvtInterruptDisable = OnIntDisable;
  config.InterruptRaw = Raw;
  config.InterruptTranslated = Translated;
  PUPPET_ORDERS* orders = OrdersOf(ContextOf(Device)->Number);
  if (orders->InterruptPassive) {
    config.PassiveHandling = TRUE;
    config.EvtInterruptDpc = NULL;
    config.EvtInterruptWorkItem = OnWorkItem;
  }
  config.CanWakeDevice = orders->InterruptWakes && Translated && Number == orders->InterruptWakes;
  if (orders->InterruptReportsInactive) config.ReportInactiveOnPowerDown = WdfTrue;
  WDF_OBJECT_ATTRIBUTES attributes;
  NumberedAttributes(&attributes);
  WDFINTERRUPT interrupt;
  NTSTATUS status = WdfInterruptCreate(Device, &config, &attributes, &interrupt);
  if (NT_SUCCESS(status)) SetNumber(interrupt, Device, Number);
#ifndef UMDF_VERSION_MAJOR
  if (NT_SUCCESS(status) && orders->InterruptPolicy)
    WdfInterruptSetPolicy(interrupt, WdfIrqPolicySpecifiedProcessors, WdfIrqPriorityHigh, 1);
#endif
  if (NT_SUCCESS(status) && Number == 1) ContextOf(Device)->Interrupt = interrupt;
  return status;
}

// ---- What user-mode drivers have not: DMA, children ----

static NTSTATUS MakeDevice(PWDFDEVICE_INIT* DeviceInit, PU32 Number, WDFDEVICE* Device);

#ifndef UMDF_VERSION_MAJOR

#define ENABLER(name)                                                                       \
  static NTSTATUS NTAPI On##name(WDFDMAENABLER Enabler) {                                   \
    NUMBERED* numbered = NumberOf(Enabler);                                                 \
    return Play(ContextOf(numbered->Device), Puppet##name, numbered->Number);               \
  }
ENABLER(DmaFill)
ENABLER(DmaEnable)
ENABLER(DmaStart)
ENABLER(DmaStop)
ENABLER(DmaDisable)
ENABLER(DmaFlush)

static NTSTATUS MakeEnabler(WDFDEVICE Device, PU32 Number) {
  WDF_DMA_ENABLER_CONFIG config;
  WDF_DMA_ENABLER_CONFIG_INIT(&config, WdfDmaProfileScatterGather64, 0x10000);
  config.EvtDmaEnablerFill = OnDmaFill;
  config.EvtDmaEnablerEnable = OnDmaEnable;
  config.EvtDmaEnablerSelfManagedIoStart = OnDmaStart;
  config.EvtDmaEnablerSelfManagedIoStop = OnDmaStop;
  config.EvtDmaEnablerDisable = OnDmaDisable;
  config.EvtDmaEnablerFlush = OnDmaFlush;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, NUMBERED);
  WDFDMAENABLER enabler;
  NTSTATUS status = WdfDmaEnablerCreate(Device, &config, &attributes, &enabler);
  if (NT_SUCCESS(status)) SetNumber(enabler, Device, Number);
  return status;
}

// ---- Children ----

static NTSTATUS MakeDevice(PWDFDEVICE_INIT* DeviceInit, PU32 Number, WDFDEVICE* Device);

#include "wdf_puppet_requirements.h"

static NTSTATUS DescribeChild(PWDFDEVICE_INIT ChildInit, PU32 Id) {
  DECLARE_CONST_UNICODE_STRING(device_id, L"PUPPET\\Child");
  DECLARE_UNICODE_STRING_SIZE(instance, 8);
  instance.Buffer[0] = (WCHAR)(L'0' + Id);
  instance.Length = sizeof(WCHAR);
  NTSTATUS status = WdfPdoInitAssignDeviceID(ChildInit, &device_id);
  if (NT_SUCCESS(status)) status = WdfPdoInitAddHardwareID(ChildInit, &device_id);
  if (NT_SUCCESS(status)) status = WdfPdoInitAssignInstanceID(ChildInit, &instance);
  static const GUID kRawClass = {0x7A1F0A31, 0x5C1B, 0x4B55, {0x9E, 0x1D, 0x21, 0x0C, 0x51, 0x83, 0x0A, 0x02}};
  if (NT_SUCCESS(status) && OrdersOf(1)->ChildrenRaw) status = WdfPdoInitAssignRawDevice(ChildInit, &kRawClass);
#if KMDF_VERSION_MINOR >= 33
  if (OrdersOf(Puppet.Devices)->NoParentPower) WdfPdoInitRemovePowerDependencyOnParent(ChildInit);
#endif
  WDF_PDO_EVENT_CALLBACKS callbacks;
  WDF_PDO_EVENT_CALLBACKS_INIT(&callbacks);
  if (OrdersOf(Puppet.Devices)->Resource) callbacks.EvtDeviceResourcesQuery = OnResourcesQuery;
  if (OrdersOf(Puppet.Devices)->Requirement) callbacks.EvtDeviceResourceRequirementsQuery = OnRequirementsQuery;
  callbacks.EvtDeviceEject = OnEject;
  callbacks.EvtDeviceSetLock = OnSetLock;
  callbacks.EvtDeviceEnableWakeAtBus = OnEnableWakeAtBus;
  callbacks.EvtDeviceDisableWakeAtBus = OnDisableWakeAtBus;
  callbacks.EvtDeviceReportedMissing = OnReportedMissing;
  WdfPdoInitSetEventCallbacks(ChildInit, &callbacks);
  return status;
}

static BOOLEAN NTAPI OnReenumerated(WDFCHILDLIST ChildList, WDFDEVICE OldDevice,
                                    PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER OldAddress,
                                    PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER NewAddress) {
  (void)ChildList;
  (void)OldAddress;
  (void)NewAddress;
  return NT_SUCCESS(Play(ContextOf(OldDevice), PuppetReenumerated, 0));
}
static VOID NTAPI OnScan(WDFCHILDLIST List) {
  DEVICE_CONTEXT* context = ContextOf(WdfChildListGetDevice(List));
  Play(context, PuppetScan, 0);
  WdfChildListBeginScan(List);
  for (PU32 id = 1; id <= OrdersOf(context->Number)->Children; ++id) {
    CHILD_ID child;
    WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&child.Header, sizeof(child));
    child.Id = id + 2 * (context->Number - 1);  // several buses may report to one devnode
    WdfChildListAddOrUpdateChildDescriptionAsPresent(List, &child.Header, NULL);
  }
  WdfChildListEndScan(List);
}

static NTSTATUS NTAPI OnCreateChild(WDFCHILDLIST List, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Description,
                                    PWDFDEVICE_INIT ChildInit) {
  PU32 id = ((CHILD_ID*)Description)->Id;
  NTSTATUS status = Play(ContextOf(WdfChildListGetDevice(List)), PuppetCreateChild, id);
  if (!NT_SUCCESS(status)) return status;
  ++Puppet.Devices;
  status = DescribeChild(ChildInit, id);
  WDFDEVICE child;
  return NT_SUCCESS(status) ? MakeDevice(&ChildInit, Puppet.Devices, &child) : status;
}

static NTSTATUS AddStaticChild(WDFDEVICE Parent, PU32 Id) {
  PWDFDEVICE_INIT init = WdfPdoInitAllocate(Parent);
  if (init == NULL) return STATUS_INSUFFICIENT_RESOURCES;
  ++Puppet.Devices;
  NTSTATUS status = DescribeChild(init, Id);
  WDFDEVICE child;
  if (NT_SUCCESS(status)) status = MakeDevice(&init, Puppet.Devices, &child);
  if (!NT_SUCCESS(status)) {
    if (init) WdfDeviceInitFree(init);
    return status;
  }
  return WdfFdoAddStaticChild(Parent, child);
}

#endif  // UMDF_VERSION_MAJOR

// ---- Creation ----

static VOID NTAPI OnIoRead(WDFQUEUE Queue, WDFREQUEST Request, size_t Length) {
  DEVICE_CONTEXT* context = ContextOf(WdfIoQueueGetDevice(Queue));
  const BOOLEAN completes = OrdersOf(context->Number)->CompletesReads != 0;
  if (!completes && context->KeptCount < ARRAYSIZE(context->Kept)) context->Kept[context->KeptCount++] = Request;
  NTSTATUS status = Play(context, PuppetIoRead, 0);
  if (!completes) return;
#ifdef UMDF_VERSION_MAJOR
  PVOID buffer;
  status = WdfRequestRetrieveOutputBuffer(Request, Length, &buffer, NULL);
  if (NT_SUCCESS(status)) RtlFillMemory(buffer, Length, 0x5A);
  WdfRequestCompleteWithInformation(Request, status, NT_SUCCESS(status) ? Length : 0);
#else
  (void)Length;
  WdfRequestComplete(Request, status);
#endif
}
static VOID NTAPI OnIoStop(WDFQUEUE Queue, WDFREQUEST Request, ULONG Flags) {
  DEVICE_CONTEXT* context = ContextOf(WdfIoQueueGetDevice(Queue));
  Play(context, PuppetIoStop, Flags & 3);
  if (OrdersOf(context->Number)->StopUnanswered) return;
  if ((Flags & WdfRequestStopActionPurge) && !OrdersOf(context->Number)->AcknowledgesPurge)
    Finish(context, Request, STATUS_CANCELLED);
  else
    WdfRequestStopAcknowledge(Request, FALSE);
}
static VOID NTAPI OnIoResume(WDFQUEUE Queue, WDFREQUEST Request) {
  (void)Request;
  Play(ContextOf(WdfIoQueueGetDevice(Queue)), PuppetIoResume, 0);
}

static NTSTATUS MakeQueue(WDFDEVICE Device, WDF_TRI_STATE Managed) {
  WDF_IO_QUEUE_CONFIG config;
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
  config.PowerManaged = Managed;
  config.EvtIoRead = OnIoRead;
  config.EvtIoStop = OnIoStop;
  config.EvtIoResume = OnIoResume;
  return WdfIoQueueCreate(Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &ContextOf(Device)->Queue);
}

#include "wdf_puppet_registration.h"

static NTSTATUS MakeDevice(PWDFDEVICE_INIT* DeviceInit, PU32 Number, WDFDEVICE* Device) {
  PUPPET_ORDERS* orders = OrdersOf(Number);
  if (!orders->NoCallbacks) SetCallbacks(*DeviceInit, orders);
  if (orders->Owner) WdfDeviceInitSetPowerPolicyOwnership(*DeviceInit, orders->Owner == 1);
  if (orders->ReleaseLate)
    WdfDeviceInitSetReleaseHardwareOrderOnFailure(*DeviceInit, WdfReleaseHardwareOrderOnFailureAfterDescendants);
#ifndef UMDF_VERSION_MAJOR
  if (orders->NotPageable) WdfDeviceInitSetPowerNotPageable(*DeviceInit);
#endif
  PWDFDEVICE_INIT init = *DeviceInit;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, DEVICE_CONTEXT);
  attributes.EvtCleanupCallback = OnObjCleanup;
  attributes.EvtDestroyCallback = OnObjDestroy;
  NTSTATUS status;
  if (orders->Registration == PuppetRegistersFailedCreate) {
    attributes.ParentObject = WdfGetDriver();  // a device takes no parent
    status = WdfDeviceCreate(DeviceInit, &attributes, Device);
    attributes.ParentObject = NULL;
    Puppet.Seen[SeenFailedCreate] = (PU32)status;
    WdfDeviceInitFree(*DeviceInit);
  }
  status = WdfDeviceCreate(DeviceInit, &attributes, Device);
  Puppet.Seen[SeenInitAfterCreate] = *DeviceInit != NULL;
  if (!NT_SUCCESS(status)) return status;
  DEVICE_CONTEXT* context = ContextOf(*Device);
  context->Number = Number;
  context->Device = *Device;
  context->Init = init;
  if (orders->WakeCapable || orders->Ejectable) SetCapabilities(*Device, orders);
  for (PU32 i = 1; i <= orders->Interrupts && NT_SUCCESS(status); ++i) status = MakeInterrupt(*Device, i, NULL, NULL);
#ifndef UMDF_VERSION_MAJOR
  for (PU32 i = 1; i <= orders->Enablers && NT_SUCCESS(status); ++i) status = MakeEnabler(*Device, i);
#endif
  if (NT_SUCCESS(status) && orders->Queue) status = MakeQueue(*Device, (const WDF_TRI_STATE[]){WdfFalse, WdfTrue, WdfFalse, WdfUseDefault}[orders->Queue & 3]);
  if (NT_SUCCESS(status) && orders->Interface)
    status = WdfDeviceCreateDeviceInterface(*Device, &kPuppetInterface, NULL);
#ifndef UMDF_VERSION_MAJOR
  if (NT_SUCCESS(status) && orders->Wmi) status = MakeWmiProvider(*Device);
#endif
  return status;
}

static NTSTATUS NTAPI OnDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  (void)Driver;
  PU32 number = ++Puppet.Devices;
  PUPPET_ORDERS* orders = OrdersOf(number);
  WriteDown(number, PuppetDeviceAdd, 0);
  if (orders->Filter) WdfFdoInitSetFilter(DeviceInit);
  if (orders->SkipCreate) return STATUS_SUCCESS;
  if (orders->Status[PuppetDeviceAdd] && !orders->FailsAfterCreate) return (NTSTATUS)orders->Status[PuppetDeviceAdd];
#ifndef UMDF_VERSION_MAJOR
  if (!orders->NoCallbacks) SetFdoCallbacks(DeviceInit, orders);
  if (orders->Children) {
    WDF_CHILD_LIST_CONFIG list;
    WDF_CHILD_LIST_CONFIG_INIT(&list, sizeof(CHILD_ID), OnCreateChild);
    list.EvtChildListScanForChildren = OnScan;
    if (orders->ChildrenAsk) list.EvtChildListDeviceReenumerated = OnReenumerated;
    WdfFdoInitSetDefaultChildListConfig(DeviceInit, &list, WDF_NO_OBJECT_ATTRIBUTES);
  }
#endif
  WDFDEVICE device;
  NTSTATUS status = MakeDevice(&DeviceInit, number, &device);
#ifndef UMDF_VERSION_MAJOR
  for (PU32 id = 1; id <= orders->StaticChildren && NT_SUCCESS(status); ++id) status = AddStaticChild(device, id);
#endif
  if (NT_SUCCESS(status) && orders->FailsAfterCreate) status = (NTSTATUS)orders->Status[PuppetDeviceAdd];
  return status;
}

static VOID NTAPI OnUnload(WDFDRIVER Driver) {
  (void)Driver;
  WriteDown(0, PuppetUnload, 0);
}
static VOID NTAPI OnDriverCleanup(WDFOBJECT Object) {
  (void)Object;
  WriteDown(0, PuppetDriverCleanup, 0);
}
static VOID NTAPI OnDriverDestroy(WDFOBJECT Object) {
  (void)Object;
  WriteDown(0, PuppetDriverDestroy, 0);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WriteDown(0, PuppetDriverEntry, 0);
#ifdef UMDF_VERSION_MAJOR
  Puppet.Seen[SeenLoadContext] = ((PDRIVER_OBJECT_UM)DriverObject)->DriverLoadContext != NULL;
#endif
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, OnDeviceAdd);
  config.EvtDriverUnload = OnUnload;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.EvtCleanupCallback = OnDriverCleanup;
  attributes.EvtDestroyCallback = OnDriverDestroy;
  NTSTATUS status = WdfDriverCreate(DriverObject, RegistryPath, &attributes, &config, WDF_NO_HANDLE);
  return NT_SUCCESS(status) ? (NTSTATUS)Puppet.Orders[0].Status[PuppetDriverEntry] : status;
}
