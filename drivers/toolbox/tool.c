/// One tool: a raw device, of which the toolbox is the only driver.
#include "toolbox.h"

static const GUID InterfaceClass = TOOL_INTERFACE_CLASS;
// {4D36E97D-E325-11CE-BFC1-08002BE10318}, system devices
static const GUID SetupClass = {0x4D36E97D, 0xE325, 0x11CE, {0xBF, 0xC1, 0x08, 0x00, 0x2B, 0xE1, 0x03, 0x18}};

// ---- use, one at a time; all of it under the device's callback lock

static VOID NTAPI ToolUsed(WDFTIMER Timer) {
  TOOL* tool = Tool(WdfTimerGetParentObject(Timer));
  WDFREQUEST request = tool->Current;
  TOOL_STATE* state;
  if (!request) return;  // given back meanwhile
  tool->Current = NULL;
  NTSTATUS status = WdfRequestRetrieveOutputBuffer(request, sizeof(*state), (PVOID*)&state, NULL);
  if (NT_SUCCESS(status)) {
    state->Slot = tool->Slot;
    state->Uses = ++tool->Uses;
  }
  WdfRequestCompleteWithInformation(request, status, NT_SUCCESS(status) ? sizeof(*state) : 0);
}

static VOID NTAPI ToolDeviceControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputLength, size_t InputLength,
                                    ULONG Code) {
  TOOL* tool = Tool(WdfIoQueueGetDevice(Queue));
  UNREFERENCED_PARAMETER(InputLength);
  if (Code != IOCTL_TOOL_USE || OutputLength < sizeof(TOOL_STATE)) {
    WdfRequestComplete(Request, Code == IOCTL_TOOL_USE ? STATUS_BUFFER_TOO_SMALL : STATUS_INVALID_DEVICE_REQUEST);
    return;
  }
  tool->Current = Request;
  WdfTimerStart(tool->Timer, WDF_REL_TIMEOUT_IN_US(TOOL_USE_US));
}

/// The tool is switched off, or goes. What has been begun begins anew, or ends.
static VOID NTAPI ToolIoStop(WDFQUEUE Queue, WDFREQUEST Request, ULONG ActionFlags) {
  TOOL* tool = Tool(WdfIoQueueGetDevice(Queue));
  WdfTimerStop(tool->Timer, FALSE);
  tool->Current = NULL;
  if (ActionFlags & WdfRequestStopActionPurge)
    WdfRequestComplete(Request, STATUS_NO_SUCH_DEVICE);
  else
    WdfRequestStopAcknowledge(Request, TRUE);
}

static ULONG NTAPI ToolGetSlot(PVOID Context) {
  return Tool(Context)->Slot;
}

// ---- its life

static NTSTATUS NTAPI ToolD0Entry(WDFDEVICE Device, WDF_POWER_DEVICE_STATE PreviousState) {
  TOOL* tool = Tool(Device);
  UNREFERENCED_PARAMETER(PreviousState);
  Toolbox(WdfPdoGetParent(Device))->Known[tool->Slot] = tool->Serial;
  return STATUS_SUCCESS;
}

/// It has been let go, and the framework reports it missing. Its slot may have another tool by now.
static NTSTATUS NTAPI ToolEjected(WDFDEVICE Device) {
  TOOL* tool = Tool(Device);
  InterlockedCompareExchange(&Toolbox(WdfPdoGetParent(Device))->Tools[tool->Slot], 0, tool->Serial);
  return STATUS_SUCCESS;
}

#define TOOL_SERIAL_DIGITS 8

/// The serial number in hexadecimal.
static VOID ToolWriteSerial(WCHAR* Text, LONG Serial) {
  for (ULONG i = 0; i < TOOL_SERIAL_DIGITS; ++i)
    Text[i] = L"0123456789ABCDEF"[((ULONG)Serial >> (4 * (TOOL_SERIAL_DIGITS - 1 - i))) & 0xF];
}

static NTSTATUS ToolAssignIds(PWDFDEVICE_INIT Init, LONG Serial) {
  DECLARE_CONST_UNICODE_STRING(id, L"TOOLBOX\\Tool");
  DECLARE_CONST_UNICODE_STRING(name, L"Tool");
  DECLARE_CONST_UNICODE_STRING(place, L"in a slot of a toolbox");
  WCHAR serial[TOOL_SERIAL_DIGITS];
  UNICODE_STRING instance = {sizeof(serial), sizeof(serial), serial};
  ToolWriteSerial(serial, Serial);
  NTSTATUS status = WdfPdoInitAssignDeviceID(Init, &id);
  if (NT_SUCCESS(status)) status = WdfPdoInitAddHardwareID(Init, &id);
  if (NT_SUCCESS(status)) status = WdfPdoInitAssignInstanceID(Init, &instance);
  if (NT_SUCCESS(status)) status = WdfPdoInitAddDeviceText(Init, &name, &place, 0x409);
  if (NT_SUCCESS(status)) status = WdfPdoInitAssignRawDevice(Init, &SetupClass);
  WdfPdoInitSetDefaultLocale(Init, 0x409);
  return status;
}

static VOID ToolSetCapabilities(WDFDEVICE Device) {
  WDF_DEVICE_PNP_CAPABILITIES capabilities;
  WDF_DEVICE_PNP_CAPABILITIES_INIT(&capabilities);
  capabilities.Removable = WdfTrue;
  capabilities.EjectSupported = WdfTrue;
  capabilities.SurpriseRemovalOK = WdfTrue;
  capabilities.UniqueID = WdfFalse;  // each toolbox counts for itself
  capabilities.Address = Tool(Device)->Slot;
  WdfDeviceSetPnpCapabilities(Device, &capabilities);
}

static NTSTATUS ToolCreateTimer(WDFDEVICE Device) {
  WDF_TIMER_CONFIG config;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_TIMER_CONFIG_INIT(&config, ToolUsed);
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = Device;
  return WdfTimerCreate(&config, &attributes, &Tool(Device)->Timer);
}

static NTSTATUS ToolCreateQueue(WDFDEVICE Device) {
  WDF_IO_QUEUE_CONFIG config;
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchSequential);
  config.EvtIoDeviceControl = ToolDeviceControl;
  config.EvtIoStop = ToolIoStop;
  return WdfIoQueueCreate(Device, &config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
}

static NTSTATUS ToolAddInterface(WDFDEVICE Device) {
  WDF_QUERY_INTERFACE_CONFIG config;
  TOOL_INTERFACE_STANDARD exported;
  RtlZeroMemory(&exported, sizeof(exported));
  exported.Header.Size = sizeof(exported);
  exported.Header.Version = TOOL_INTERFACE_VERSION;
  exported.Header.Context = Device;
  exported.Header.InterfaceReference = WdfDeviceInterfaceReferenceNoOp;
  exported.Header.InterfaceDereference = WdfDeviceInterfaceDereferenceNoOp;
  exported.GetSlot = ToolGetSlot;
  WDF_QUERY_INTERFACE_CONFIG_INIT(&config, &exported.Header, &GUID_TOOL_INTERFACE_STANDARD, NULL);
  return WdfDeviceAddQueryInterface(Device, &config);
}

/// Tools have no hardware of their own: who wants to reset one gets the toolbox's reset.
static NTSTATUS ToolAddReset(WDFDEVICE Device) {
  WDF_QUERY_INTERFACE_CONFIG config;
  DEVICE_RESET_INTERFACE_STANDARD unused;
  RtlZeroMemory(&unused, sizeof(unused));
  unused.Size = sizeof(unused);
  unused.Version = DEVICE_RESET_INTERFACE_VERSION;
  WDF_QUERY_INTERFACE_CONFIG_INIT(&config, (PINTERFACE)&unused, &GUID_DEVICE_RESET_INTERFACE_STANDARD, NULL);
  config.SendQueryToParentStack = TRUE;
  return WdfDeviceAddQueryInterface(Device, &config);
}

NTSTATUS NTAPI ToolCreate(WDFCHILDLIST ChildList, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Identification,
                          PWDFDEVICE_INIT ChildInit) {
  TOOL_IDENTIFICATION* id = CONTAINING_RECORD(Identification, TOOL_IDENTIFICATION, Header);
  WDF_PNPPOWER_EVENT_CALLBACKS power;
  WDF_PDO_EVENT_CALLBACKS callbacks;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDFDEVICE device;
  UNREFERENCED_PARAMETER(ChildList);
  WdfDeviceInitSetDeviceType(ChildInit, FILE_DEVICE_BUS_EXTENDER);
  WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&power);
  power.EvtDeviceD0Entry = ToolD0Entry;
  WdfDeviceInitSetPnpPowerEventCallbacks(ChildInit, &power);
  WDF_PDO_EVENT_CALLBACKS_INIT(&callbacks);
  callbacks.EvtDeviceEject = ToolEjected;
  WdfPdoInitSetEventCallbacks(ChildInit, &callbacks);
  NTSTATUS status = ToolAssignIds(ChildInit, id->Serial);
  if (!NT_SUCCESS(status)) return status;
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, TOOL);
  attributes.SynchronizationScope = WdfSynchronizationScopeDevice;
  status = WdfDeviceCreate(&ChildInit, &attributes, &device);
  if (!NT_SUCCESS(status)) return status;
  Tool(device)->Slot = id->Slot;
  Tool(device)->Serial = id->Serial;
  ToolSetCapabilities(device);
  status = ToolCreateTimer(device);
  if (NT_SUCCESS(status)) status = ToolCreateQueue(device);
  if (NT_SUCCESS(status)) status = ToolAddInterface(device);
  if (NT_SUCCESS(status)) status = ToolAddReset(device);
  if (NT_SUCCESS(status)) status = WdfDeviceCreateDeviceInterface(device, &InterfaceClass, NULL);
  return status;
}
