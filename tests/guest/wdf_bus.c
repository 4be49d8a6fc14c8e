// libs: kmdf:1.33 guest:wdf_orders
// A bus with one child list, all of whose callbacks are registered; wdf_bus.h says what it does. Child n is device 1 + n.

#include "wdf_diary.h"
#include "wdf_bus.h"

typedef struct _CHILD_ID {
  WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Header;
  PU32 Id;
} CHILD_ID;

typedef struct _CHILD_ADDRESS {
  WDF_CHILD_ADDRESS_DESCRIPTION_HEADER Header;
  PU32 Slot;
} CHILD_ADDRESS;

typedef struct _CHILD_CONTEXT {
  PU32 Number;
} CHILD_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(CHILD_CONTEXT, ChildOf)

static VOID NTAPI OnCopy(WDFCHILDLIST List, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER From,
                         PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER To) {
  (void)List;
  WriteDown(1, PuppetNote, kBusCopy);
  *(CHILD_ID*)To = *(CHILD_ID*)From;
}
static NTSTATUS NTAPI OnDuplicate(WDFCHILDLIST List, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER From,
                                  PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER To) {
  (void)List;
  WriteDown(1, PuppetNote, kBusDuplicate);
  *(CHILD_ID*)To = *(CHILD_ID*)From;
  return STATUS_SUCCESS;
}
static BOOLEAN NTAPI OnCompare(WDFCHILDLIST List, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER First,
                               PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Second) {
  (void)List;
  WriteDown(1, PuppetNote, kBusCompare);
  return ((CHILD_ID*)First)->Id == ((CHILD_ID*)Second)->Id;
}
static VOID NTAPI OnCleanup(WDFCHILDLIST List, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Id) {
  (void)List;
  (void)Id;
  WriteDown(1, PuppetNote, kBusCleanup);
}
static VOID NTAPI OnAddressCopy(WDFCHILDLIST List, PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER From,
                                PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER To) {
  (void)List;
  WriteDown(1, PuppetNote, kBusAddressCopy);
  *(CHILD_ADDRESS*)To = *(CHILD_ADDRESS*)From;
}
static NTSTATUS NTAPI OnAddressDuplicate(WDFCHILDLIST List, PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER From,
                                         PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER To) {
  (void)List;
  WriteDown(1, PuppetNote, kBusAddressDuplicate);
  *(CHILD_ADDRESS*)To = *(CHILD_ADDRESS*)From;
  return STATUS_SUCCESS;
}
static VOID NTAPI OnAddressCleanup(WDFCHILDLIST List, PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER Address) {
  (void)List;
  (void)Address;
  WriteDown(1, PuppetNote, kBusAddressCleanup);
}
static BOOLEAN NTAPI OnReenumerated(WDFCHILDLIST List, WDFDEVICE OldDevice,
                                    PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER OldAddress,
                                    PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER NewAddress) {
  (void)List;
  (void)OldAddress;
  (void)NewAddress;
  WriteDown(ChildOf(OldDevice)->Number, PuppetReenumerated, 0);
  return TRUE;
}

static WDFQUEUE BusQueue;

static VOID NTAPI OnBusRead(WDFQUEUE Queue, WDFREQUEST Request, size_t Length) {
  (void)Queue;
  WriteDown(1, PuppetIoRead, 0);
  WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, Length);
}
static VOID NTAPI OnChildRead(WDFQUEUE Queue, WDFREQUEST Request, size_t Length) {
  WDF_REQUEST_FORWARD_OPTIONS options;
  (void)Length;
  WriteDown(ChildOf(WdfIoQueueGetDevice(Queue))->Number, PuppetIoRead, 0);
  WDF_REQUEST_FORWARD_OPTIONS_INIT(&options);
  options.Flags = 0;
  MUST(WdfRequestForwardToParentDeviceIoQueue(Request, BusQueue, &options) == STATUS_INVALID_PARAMETER);
  options.Flags = WDF_REQUEST_FORWARD_OPTION_SEND_AND_FORGET;
  MUST(WdfRequestForwardToParentDeviceIoQueue(Request, Queue, &options) == STATUS_INVALID_DEVICE_REQUEST);
  NTSTATUS status = WdfRequestForwardToParentDeviceIoQueue(Request, BusQueue, &options);
  MUST(NT_SUCCESS(status));
  if (!NT_SUCCESS(status)) WdfRequestComplete(Request, status);
}
static NTSTATUS MakeChildQueue(WDFDEVICE Child) {
  WDF_IO_QUEUE_CONFIG config;
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
  config.EvtIoRead = OnChildRead;
  return WdfIoQueueCreate(Child, &config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
}

static NTSTATUS NTAPI OnPrepareHardware(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  (void)Raw;
  (void)Translated;
  WriteDown(ChildOf(Device)->Number, PuppetPrepareHardware, 0);
  if (OrdersOf(1)->Variant != kBusQueues || ChildOf(Device)->Number == 1) return STATUS_SUCCESS;
  WDF_IO_QUEUE_CONFIG config;
  WDFQUEUE queue;
  WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
  NTSTATUS status = WdfIoQueueCreate(Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &queue);
  MUST(NT_SUCCESS(status));
  if (!NT_SUCCESS(status)) return status;
  const ULONG state = (ULONG)WdfIoQueueGetState(queue, NULL, NULL);
  WriteDown(ChildOf(Device)->Number, PuppetNote, state & WdfIoQueuePnpHeld ? kBusQueueHeld : kBusQueueOpen);
  return STATUS_SUCCESS;
}
static VOID NTAPI OnReportedMissing(WDFDEVICE Device) {
  WriteDown(ChildOf(Device)->Number, PuppetReportedMissing, 0);
}
static VOID NTAPI OnObjCleanup(WDFOBJECT Device) {
  WriteDown(ChildOf(Device)->Number, PuppetObjCleanup, 0);
}
static VOID NTAPI OnObjDestroy(WDFOBJECT Device) {
  WriteDown(ChildOf(Device)->Number, PuppetObjDestroy, 0);
}

static NTSTATUS Describe(PWDFDEVICE_INIT Init, PU32 Id) {
  static const GUID kRawClass = {0x7A1F0A31, 0x5C1B, 0x4B55, {0x9E, 0x1D, 0x21, 0x0C, 0x51, 0x83, 0x0A, 0x02}};
  DECLARE_CONST_UNICODE_STRING(device_id, L"PUPPET\\Child");
  DECLARE_UNICODE_STRING_SIZE(instance, 8);
  WDF_PDO_EVENT_CALLBACKS pdo;
  WDF_PNPPOWER_EVENT_CALLBACKS pnp;
  instance.Buffer[0] = (WCHAR)(L'0' + Id);
  instance.Length = sizeof(WCHAR);
  WDF_PDO_EVENT_CALLBACKS_INIT(&pdo);
  pdo.EvtDeviceReportedMissing = OnReportedMissing;
  WdfPdoInitSetEventCallbacks(Init, &pdo);
  WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
  pnp.EvtDevicePrepareHardware = OnPrepareHardware;
  WdfDeviceInitSetPnpPowerEventCallbacks(Init, &pnp);
  WdfPdoInitAllowForwardingRequestToParent(Init);
  NTSTATUS status = WdfPdoInitAssignDeviceID(Init, &device_id);
  if (NT_SUCCESS(status)) status = WdfPdoInitAddHardwareID(Init, &device_id);
  if (NT_SUCCESS(status)) status = WdfPdoInitAssignInstanceID(Init, &instance);
  if (NT_SUCCESS(status)) status = WdfPdoInitAssignRawDevice(Init, &kRawClass);
  return status;
}

static NTSTATUS NTAPI OnCreateChild(WDFCHILDLIST List, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Description,
                                    PWDFDEVICE_INIT Init) {
  static PU32 calls;
  PUPPET_ORDERS* orders = OrdersOf(1);
  PU32 id = ((CHILD_ID*)Description)->Id;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDFDEVICE child;
  (void)List;
  WriteDown(1, PuppetCreateChild, id);
  NTSTATUS fails = calls++ < orders->FailAfter[PuppetCreateChild] ? (NTSTATUS)orders->Status[PuppetCreateChild]
                                                                    : STATUS_SUCCESS;
  if (orders->Variant == kBusMakesNothing) return STATUS_SUCCESS;
  if (!NT_SUCCESS(fails) && orders->Variant == kBusPlain) return fails;
  NTSTATUS status = Describe(Init, id);
  if (!NT_SUCCESS(status)) return status;
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, CHILD_CONTEXT);
  attributes.EvtCleanupCallback = OnObjCleanup;
  attributes.EvtDestroyCallback = OnObjDestroy;
  status = WdfDeviceCreate(&Init, &attributes, &child);
  if (NT_SUCCESS(status)) ChildOf(child)->Number = 1 + id;
  if (NT_SUCCESS(status) && orders->Variant == kBusForwards) status = MakeChildQueue(child);
  return NT_SUCCESS(status) ? fails : status;
}

static VOID NTAPI OnRelationsQuery(WDFDEVICE Device, DEVICE_RELATION_TYPE Type) {
  (void)Device;
  if (Type == BusRelations) WriteDown(1, PuppetNote, kBusRelationsQuery);
}

static VOID ListConfig(PWDF_CHILD_LIST_CONFIG Config) {
  WDF_CHILD_LIST_CONFIG_INIT(Config, sizeof(CHILD_ID), OnCreateChild);
  Config->AddressDescriptionSize = sizeof(CHILD_ADDRESS);
  Config->EvtChildListIdentificationDescriptionCopy = OnCopy;
  Config->EvtChildListIdentificationDescriptionDuplicate = OnDuplicate;
  Config->EvtChildListIdentificationDescriptionCompare = OnCompare;
  Config->EvtChildListIdentificationDescriptionCleanup = OnCleanup;
  Config->EvtChildListAddressDescriptionCopy = OnAddressCopy;
  Config->EvtChildListAddressDescriptionDuplicate = OnAddressDuplicate;
  Config->EvtChildListAddressDescriptionCleanup = OnAddressCleanup;
  if (OrdersOf(1)->ChildrenAsk) Config->EvtChildListDeviceReenumerated = OnReenumerated;
}

static VOID NTAPI OnDeviceControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputBufferLength,
                                  size_t InputBufferLength, ULONG IoControlCode) {
  static WDF_CHILD_LIST_ITERATOR iterator;
  WDFDEVICE device = WdfIoQueueGetDevice(Queue), found;
  WDFCHILDLIST list = WdfFdoGetDefaultChildList(device), other;
  WDF_CHILD_RETRIEVE_INFO info;
  WDF_CHILD_LIST_CONFIG config;
  CHILD_ID child;
  CHILD_ADDRESS address, back;
  ULONG *input, *output;
  (void)InputBufferLength;
  (void)OutputBufferLength;
  NTSTATUS status = WdfRequestRetrieveInputBuffer(Request, sizeof(ULONG), (PVOID*)&input, NULL);
  if (NT_SUCCESS(status)) status = WdfRequestRetrieveOutputBuffer(Request, sizeof(ULONG), (PVOID*)&output, NULL);
  if (!NT_SUCCESS(status)) return WdfRequestComplete(Request, status);
  WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&child.Header, sizeof(child));
  WDF_CHILD_ADDRESS_DESCRIPTION_HEADER_INIT(&address.Header, sizeof(address));
  WDF_CHILD_ADDRESS_DESCRIPTION_HEADER_INIT(&back.Header, sizeof(back));
  child.Id = *input;
  address.Slot = 100 + child.Id;
  WDF_CHILD_RETRIEVE_INFO_INIT(&info, &child.Header);
  info.AddressDescription = &back.Header;
  *output = 0;
  switch (IoControlCode) {
    case IOCTL_WDF_BUS_BEGIN_SCAN:
      WdfChildListBeginScan(list);
      break;
    case IOCTL_WDF_BUS_END_SCAN:
      WdfChildListEndScan(list);
      break;
    case IOCTL_WDF_BUS_ADD:
      status = WdfChildListAddOrUpdateChildDescriptionAsPresent(list, &child.Header, &address.Header);
      break;
    case IOCTL_WDF_BUS_MISSING:
      status = WdfChildListUpdateChildDescriptionAsMissing(list, &child.Header);
      break;
    case IOCTL_WDF_BUS_BEGIN_ITERATION:
      WDF_CHILD_LIST_ITERATOR_INIT(&iterator, WdfRetrieveAllChildren);
      WdfChildListBeginIteration(list, &iterator);
      break;
    case IOCTL_WDF_BUS_END_ITERATION:
      WdfChildListEndIteration(list, &iterator);
      break;
    case IOCTL_WDF_BUS_FIND:
      found = WdfChildListRetrievePdo(list, &info);
      *output = found != NULL;
      if (found) MUST(back.Slot == address.Slot);
      break;
    case IOCTL_WDF_BUS_DELETE_LIST:
      WdfObjectDelete(list);
      break;
    case IOCTL_WDF_BUS_LIST_OF_CHILD:
      ListConfig(&config);
      status = WdfChildListCreate(WdfChildListRetrievePdo(list, &info), &config, WDF_NO_OBJECT_ATTRIBUTES, &other);
      break;
  }
  WdfRequestCompleteWithInformation(Request, NT_SUCCESS(status) ? STATUS_SUCCESS : status, sizeof(ULONG));
}

static NTSTATUS NTAPI OnDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  WDF_CHILD_LIST_CONFIG list;
  WDF_PNPPOWER_EVENT_CALLBACKS pnp;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_IO_QUEUE_CONFIG queue;
  WDFDEVICE device;
  (void)Driver;
  WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
  pnp.EvtDevicePrepareHardware = OnPrepareHardware;
  pnp.EvtDeviceRelationsQuery = OnRelationsQuery;
  WdfDeviceInitSetPnpPowerEventCallbacks(DeviceInit, &pnp);
  ListConfig(&list);
  WdfFdoInitSetDefaultChildListConfig(DeviceInit, &list, WDF_NO_OBJECT_ATTRIBUTES);
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, CHILD_CONTEXT);
  NTSTATUS status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
  if (!NT_SUCCESS(status)) return status;
  ChildOf(device)->Number = 1;
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queue, WdfIoQueueDispatchParallel);
  queue.PowerManaged = WdfFalse;
  queue.EvtIoDeviceControl = OnDeviceControl;
  queue.EvtIoRead = OnBusRead;
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ExecutionLevel = WdfExecutionLevelPassive;
  return WdfIoQueueCreate(device, &queue, &attributes, &BusQueue);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, OnDeviceAdd);
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
