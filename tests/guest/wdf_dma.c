// libs: kmdf:1.33 guest:wdf_orders
// DMA enablers made early and late, and common buffers; wdf_dma.h says what.

#include "wdf_diary.h"
#include "wdf_dma.h"

typedef struct _DEVICE_CONTEXT {
  WDFDMAENABLER Enablers[6];
  WDFCOMMONBUFFER Buffers[3];
  BOOLEAN WasUp;
} DEVICE_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(DEVICE_CONTEXT, ContextOf)

typedef struct _NUMBERED {
  PU32 Number;
} NUMBERED;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(NUMBERED, NumberOf)

#define ENABLER(name)                                                \
  static NTSTATUS NTAPI On##name(WDFDMAENABLER Enabler) {            \
    WriteDown(1, Puppet##name, NumberOf(Enabler)->Number);           \
    return (NTSTATUS)OrdersOf(1)->Status[Puppet##name];              \
  }
ENABLER(DmaFill)
ENABLER(DmaEnable)
ENABLER(DmaStart)
ENABLER(DmaStop)
ENABLER(DmaDisable)
ENABLER(DmaFlush)

static VOID NTAPI OnBufferCleanup(WDFOBJECT Buffer) {
  WriteDown(1, PuppetChildObjCleanup, NumberOf(Buffer)->Number);
}
static VOID NTAPI OnBufferDestroy(WDFOBJECT Buffer) {
  WriteDown(1, PuppetChildObjDestroy, NumberOf(Buffer)->Number);
}

static VOID MakeEnabler(WDFDEVICE Device, PU32 Number) {
  WDF_DMA_ENABLER_CONFIG config;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_DMA_ENABLER_CONFIG_INIT(&config, WdfDmaProfileScatterGather64, 0x10000);
  if (Number == 1 || OrdersOf(1)->Variant != kDmaBare) {
    config.EvtDmaEnablerFill = OnDmaFill;
    config.EvtDmaEnablerEnable = OnDmaEnable;
    config.EvtDmaEnablerSelfManagedIoStart = OnDmaStart;
    config.EvtDmaEnablerSelfManagedIoStop = OnDmaStop;
    config.EvtDmaEnablerDisable = OnDmaDisable;
    config.EvtDmaEnablerFlush = OnDmaFlush;
  }
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, NUMBERED);
  DEVICE_CONTEXT* context = ContextOf(Device);
  NTSTATUS status = WdfDmaEnablerCreate(Device, &config, &attributes, &context->Enablers[Number]);
  MUST(NT_SUCCESS(status));
  if (NT_SUCCESS(status)) NumberOf(context->Enablers[Number])->Number = Number;
}

static VOID MakeBuffers(WDFDEVICE Device) {
  DEVICE_CONTEXT* context = ContextOf(Device);
  WDF_OBJECT_ATTRIBUTES attributes;
  WDFCOMMONBUFFER buffer;
  MUST(WdfCommonBufferCreate(context->Enablers[1], 0, WDF_NO_OBJECT_ATTRIBUTES, &buffer) == STATUS_INVALID_PARAMETER);
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = Device;
  MUST(WdfCommonBufferCreate(context->Enablers[1], 64, &attributes, &buffer) ==
       STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED);
  for (PU32 i = 1; i <= 2; ++i) {
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, NUMBERED);
    attributes.EvtCleanupCallback = OnBufferCleanup;
    attributes.EvtDestroyCallback = OnBufferDestroy;
    MUST(NT_SUCCESS(WdfCommonBufferCreate(context->Enablers[1], 0x2000, &attributes, &context->Buffers[i])));
    NumberOf(context->Buffers[i])->Number = i;
    RtlFillMemory(WdfCommonBufferGetAlignedVirtualAddress(context->Buffers[i]), 0x2000, (UCHAR)i);
    MUST(WdfCommonBufferGetLength(context->Buffers[i]) == 0x2000);
    MUST(WdfCommonBufferGetAlignedLogicalAddress(context->Buffers[i]).QuadPart != 0);
  }
}

static VOID MaybeLate(WDFDEVICE Device, PU32 Number) {
  if (OrdersOf(1)->Variant == kDmaLate && !ContextOf(Device)->Enablers[Number]) MakeEnabler(Device, Number);
}

static NTSTATUS NTAPI OnPrepareHardware(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  (void)Raw;
  (void)Translated;
  MaybeLate(Device, 2);
  return STATUS_SUCCESS;
}
static NTSTATUS NTAPI OnReleaseHardware(WDFDEVICE Device, WDFCMRESLIST Translated) {
  DEVICE_CONTEXT* context = ContextOf(Device);
  (void)Translated;
  WriteDown(1, PuppetReleaseHardware, 0);
  if (OrdersOf(1)->Variant != kDmaBuffers) return STATUS_SUCCESS;
  // The first is deleted here, referenced: its memory goes at once. The second is left to the framework.
  UCHAR* first = WdfCommonBufferGetAlignedVirtualAddress(context->Buffers[1]);
  MUST(first[0x1FFF] == 1 && MmIsAddressValid(first));
  WdfObjectReference(context->Buffers[1]);
  WdfObjectDelete(context->Buffers[1]);
  MUST(!MmIsAddressValid(first));
  WriteDown(1, PuppetNote, 1);
  WdfObjectDereference(context->Buffers[1]);
  return STATUS_SUCCESS;
}
static NTSTATUS NTAPI OnD0Entry(WDFDEVICE Device, WDF_POWER_DEVICE_STATE PreviousState) {
  WriteDown(1, PuppetD0Entry, PreviousState);
  MaybeLate(Device, 3);
  return (NTSTATUS)OrdersOf(1)->Status[PuppetD0Entry];
}
static NTSTATUS NTAPI OnPostInt(WDFDEVICE Device, WDF_POWER_DEVICE_STATE PreviousState) {
  WriteDown(1, PuppetPostInt, PreviousState);
  MaybeLate(Device, 4);
  return STATUS_SUCCESS;
}
static NTSTATUS NTAPI OnPreInt(WDFDEVICE Device, WDF_POWER_DEVICE_STATE TargetState) {
  (void)Device;
  WriteDown(1, PuppetPreInt, TargetState);
  return STATUS_SUCCESS;
}
static NTSTATUS NTAPI OnSmInit(WDFDEVICE Device) {
  WriteDown(1, PuppetSmInit, 0);
  MaybeLate(Device, 5);
  return STATUS_SUCCESS;
}
static VOID NTAPI OnSmCleanup(WDFDEVICE Device) {
  DEVICE_CONTEXT* context = ContextOf(Device);
  WriteDown(1, PuppetSmCleanup, 0);
  // WDF-323: the assignment is forgotten by now, and the adapter is still there.
  MUST(WdfDmaEnablerWdmGetDmaAdapter(context->Enablers[1], WdfDmaDirectionReadFromDevice) != NULL);
  if (OrdersOf(1)->Variant != kDmaBuffers) return;
  UCHAR* second = WdfCommonBufferGetAlignedVirtualAddress(context->Buffers[2]);
  MUST(MmIsAddressValid(second) && second[0] == 2 && second[0x1FFF] == 2);
}
static VOID NTAPI OnObjCleanup(WDFOBJECT Device) {
  (void)Device;
  WriteDown(1, PuppetObjCleanup, 0);
}

static NTSTATUS NTAPI OnDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  WDF_PNPPOWER_EVENT_CALLBACKS callbacks;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDFDEVICE device;
  (void)Driver;
  WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&callbacks);
  callbacks.EvtDevicePrepareHardware = OnPrepareHardware;
  callbacks.EvtDeviceReleaseHardware = OnReleaseHardware;
  callbacks.EvtDeviceD0Entry = OnD0Entry;
  callbacks.EvtDeviceD0EntryPostInterruptsEnabled = OnPostInt;
  callbacks.EvtDeviceD0ExitPreInterruptsDisabled = OnPreInt;
  callbacks.EvtDeviceSelfManagedIoInit = OnSmInit;
  callbacks.EvtDeviceSelfManagedIoCleanup = OnSmCleanup;
  WdfDeviceInitSetPnpPowerEventCallbacks(DeviceInit, &callbacks);
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, DEVICE_CONTEXT);
  attributes.EvtCleanupCallback = OnObjCleanup;
  NTSTATUS status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
  if (!NT_SUCCESS(status)) return status;
  const PU32 count = OrdersOf(1)->Variant == kDmaBare ? OrdersOf(1)->Enablers : 1;
  for (PU32 i = 1; i <= count; ++i) MakeEnabler(device, i);
  if (OrdersOf(1)->Variant == kDmaBuffers) MakeBuffers(device);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, OnDeviceAdd);
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
