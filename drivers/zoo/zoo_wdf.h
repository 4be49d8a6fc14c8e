// A KMDF function driver for the educational device, as small as one can be, for mistakes in the framework's protocol.
// It maps its registers in PrepareHardware, unmaps them in ReleaseHardware and answers reads and writes at once. A
// driver of the zoo defines the hooks it wants (ZOO_...: the name of a function of its own) and includes this; the
// mistake stands behind #ifndef FIXED, and <name>_fixed.c defines that and includes <name>.c.
#pragma once

#include <ntddk.h>
#include <wdf.h>

#include "../include/edu_registers.h"

#define ZOO_TAG 0x206F6F5A  // Zoo

DRIVER_INITIALIZE DriverEntry;

typedef struct _ZOO {
  WDFDEVICE Device;
  WDFQUEUE Queue;  // the default one
  WDFINTERRUPT Interrupt;
  PUCHAR Registers;
  SIZE_T Bytes;
  WDFOBJECT Object;    // the zoo driver's own: something it keeps,
  WDFREQUEST Request;  // a request it holds,
  LONG Count;          // a number
} ZOO;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(ZOO, ZooOf)

static const GUID ZooInterface = {0x2D1F7A90, 0x4E0B, 0x4C7F, {0x8A, 0x51, 0x3B, 0x7C, 0x10, 0x9E, 0x52, 0x02}};

// ---- Hooks, in the order of a device's life ----

#ifdef ZOO_INIT  // before WdfDeviceCreate
static VOID ZOO_INIT(PWDFDEVICE_INIT Init);
#endif
#ifdef ZOO_CALLBACKS  // callbacks that have no hook here
static VOID ZOO_CALLBACKS(PWDF_PNPPOWER_EVENT_CALLBACKS Callbacks);
#endif
#ifndef ZOO_DISPATCH  // of the default queue
#define ZOO_DISPATCH WdfIoQueueDispatchParallel
#endif
#ifdef ZOO_QUEUE  // before the default queue is created
static VOID ZOO_QUEUE(PWDF_IO_QUEUE_CONFIG Config);
#endif
#ifdef ZOO_INTERRUPT  // the device has an interrupt, and this is called in its ISR, with what it acknowledged
static VOID ZOO_INTERRUPT(ZOO* Zoo, ULONG Bits);
#endif
#ifdef ZOO_ADDED  // the device is there
static NTSTATUS ZOO_ADDED(ZOO* Zoo);
#endif
#ifdef ZOO_PREPARE  // registers are mapped
static NTSTATUS ZOO_PREPARE(ZOO* Zoo, WDFCMRESLIST Raw, WDFCMRESLIST Translated);
#endif
#ifdef ZOO_D0_ENTRY
static NTSTATUS ZOO_D0_ENTRY(ZOO* Zoo, WDF_POWER_DEVICE_STATE Previous);
#endif
#ifdef ZOO_INTERRUPTS_ENABLED  // EvtDeviceD0EntryPostInterruptsEnabled
static NTSTATUS ZOO_INTERRUPTS_ENABLED(ZOO* Zoo);
#endif
#ifdef ZOO_QUERY_STOP
static NTSTATUS ZOO_QUERY_STOP(ZOO* Zoo);
#endif
#ifdef ZOO_IO  // instead of completing a read or write
static VOID ZOO_IO(ZOO* Zoo, WDFREQUEST Request);
#endif
#ifdef ZOO_IO_STOP
static VOID ZOO_IO_STOP(ZOO* Zoo, WDFREQUEST Request, ULONG Flags);
#endif
#ifdef ZOO_D0_EXIT
static NTSTATUS ZOO_D0_EXIT(ZOO* Zoo, WDF_POWER_DEVICE_STATE Target);
#endif
#ifdef ZOO_SURPRISE
static VOID ZOO_SURPRISE(ZOO* Zoo);
#endif
#ifdef ZOO_RELEASE  // instead of unmapping the registers
static NTSTATUS ZOO_RELEASE(ZOO* Zoo, WDFCMRESLIST Translated);
#endif
#ifdef ZOO_CLEANUP  // of the device object
static VOID ZOO_CLEANUP(ZOO* Zoo);
#endif
#ifdef ZOO_UNLOAD
static VOID ZOO_UNLOAD(WDFDRIVER Driver);
#endif

// ---- Help ----

static inline ULONG ZooRead(ZOO* Zoo, ULONG Offset) {
  return READ_REGISTER_ULONG((PULONG)(Zoo->Registers + Offset));
}
static inline VOID ZooWrite(ZOO* Zoo, ULONG Offset, ULONG Value) {
  WRITE_REGISTER_ULONG((PULONG)(Zoo->Registers + Offset), Value);
}

/// The first descriptor of a kind; null if there is none.
static inline PCM_PARTIAL_RESOURCE_DESCRIPTOR ZooFind(WDFCMRESLIST List, UCHAR Type) {
  for (ULONG i = 0; i < WdfCmResourceListGetCount(List); ++i) {
    PCM_PARTIAL_RESOURCE_DESCRIPTOR each = WdfCmResourceListGetDescriptor(List, i);
    if (each && each->Type == Type) return each;
  }
  return NULL;
}

static inline VOID ZooUnmap(ZOO* Zoo) {
  if (Zoo->Registers) MmUnmapIoSpace(Zoo->Registers, Zoo->Bytes);
  Zoo->Registers = NULL;
}

static inline NTSTATUS ZooObject(WDFOBJECT Parent, WDFOBJECT* Object) {
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = Parent;
  return WdfObjectCreate(&attributes, Object);
}

static inline VOID ZooWait(LONG Milliseconds) {
  LARGE_INTEGER time;
  time.QuadPart = -10000ll * Milliseconds;
  KeDelayExecutionThread(KernelMode, FALSE, &time);
}

/// A timer of the framework's for the device, not yet started.
static inline WDFTIMER ZooTimer(ZOO* Zoo, PFN_WDF_TIMER Routine) {
  WDF_TIMER_CONFIG config;
  WDF_TIMER_CONFIG_INIT(&config, Routine);
  config.AutomaticSerialization = FALSE;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = Zoo->Device;
  WDFTIMER timer = NULL;
  WdfTimerCreate(&config, &attributes, &timer);
  return timer;
}

// ---- The driver ----

static NTSTATUS NTAPI ZooPrepareHardware(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  ZOO* zoo = ZooOf(Device);
  PCM_PARTIAL_RESOURCE_DESCRIPTOR memory = ZooFind(Translated, CmResourceTypeMemory);
  if (!memory) return STATUS_DEVICE_CONFIGURATION_ERROR;
  zoo->Bytes = memory->u.Memory.Length;
  zoo->Registers = MmMapIoSpace(memory->u.Memory.Start, zoo->Bytes, MmNonCached);
  if (!zoo->Registers) return STATUS_INSUFFICIENT_RESOURCES;
#ifdef ZOO_PREPARE
  return ZOO_PREPARE(zoo, Raw, Translated);
#else
  UNREFERENCED_PARAMETER(Raw);
  return STATUS_SUCCESS;
#endif
}

static NTSTATUS NTAPI ZooReleaseHardware(WDFDEVICE Device, WDFCMRESLIST Translated) {
#ifdef ZOO_RELEASE
  return ZOO_RELEASE(ZooOf(Device), Translated);
#else
  UNREFERENCED_PARAMETER(Translated);
  ZooUnmap(ZooOf(Device));
  return STATUS_SUCCESS;
#endif
}

#ifdef ZOO_D0_ENTRY
static NTSTATUS NTAPI ZooD0Entry(WDFDEVICE Device, WDF_POWER_DEVICE_STATE Previous) {
  return ZOO_D0_ENTRY(ZooOf(Device), Previous);
}
#endif
#ifdef ZOO_INTERRUPTS_ENABLED
static NTSTATUS NTAPI ZooInterruptsEnabled(WDFDEVICE Device, WDF_POWER_DEVICE_STATE Previous) {
  UNREFERENCED_PARAMETER(Previous);
  return ZOO_INTERRUPTS_ENABLED(ZooOf(Device));
}
#endif
#ifdef ZOO_QUERY_STOP
static NTSTATUS NTAPI ZooQueryStop(WDFDEVICE Device) {
  return ZOO_QUERY_STOP(ZooOf(Device));
}
#endif
#ifdef ZOO_D0_EXIT
static NTSTATUS NTAPI ZooD0Exit(WDFDEVICE Device, WDF_POWER_DEVICE_STATE Target) {
  return ZOO_D0_EXIT(ZooOf(Device), Target);
}
#endif
#ifdef ZOO_SURPRISE
static VOID NTAPI ZooSurpriseRemoval(WDFDEVICE Device) {
  ZOO_SURPRISE(ZooOf(Device));
}
#endif
#ifdef ZOO_CLEANUP
static VOID NTAPI ZooCleanup(WDFOBJECT Device) {
  ZOO_CLEANUP(ZooOf(Device));
}
#endif

static VOID NTAPI ZooIo(WDFQUEUE Queue, WDFREQUEST Request, size_t Length) {
  UNREFERENCED_PARAMETER(Length);
#ifdef ZOO_IO
  ZOO_IO(ZooOf(WdfIoQueueGetDevice(Queue)), Request);
#else
  UNREFERENCED_PARAMETER(Queue);
  WdfRequestComplete(Request, STATUS_SUCCESS);
#endif
}

#ifdef ZOO_IO_STOP
static VOID NTAPI ZooIoStop(WDFQUEUE Queue, WDFREQUEST Request, ULONG Flags) {
  ZOO_IO_STOP(ZooOf(WdfIoQueueGetDevice(Queue)), Request, Flags);
}
#endif

#ifdef ZOO_INTERRUPT
static BOOLEAN NTAPI ZooIsr(WDFINTERRUPT Interrupt, ULONG Message) {
  ZOO* zoo = ZooOf(WdfInterruptGetDevice(Interrupt));
  UNREFERENCED_PARAMETER(Message);
  ULONG bits = ZooRead(zoo, EDU_INTERRUPT_STATUS);
  if (bits == 0 || bits == EDU_ALL_ONES) return FALSE;
  ZooWrite(zoo, EDU_INTERRUPT_ACKNOWLEDGE, bits);
  ZOO_INTERRUPT(zoo, bits);
  return TRUE;
}
#endif

static VOID ZooSetCallbacks(PWDFDEVICE_INIT Init) {
  WDF_PNPPOWER_EVENT_CALLBACKS callbacks;
  WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&callbacks);
  callbacks.EvtDevicePrepareHardware = ZooPrepareHardware;
  callbacks.EvtDeviceReleaseHardware = ZooReleaseHardware;
#ifdef ZOO_D0_ENTRY
  callbacks.EvtDeviceD0Entry = ZooD0Entry;
#endif
#ifdef ZOO_INTERRUPTS_ENABLED
  callbacks.EvtDeviceD0EntryPostInterruptsEnabled = ZooInterruptsEnabled;
#endif
#ifdef ZOO_QUERY_STOP
  callbacks.EvtDeviceQueryStop = ZooQueryStop;
#endif
#ifdef ZOO_D0_EXIT
  callbacks.EvtDeviceD0Exit = ZooD0Exit;
#endif
#ifdef ZOO_SURPRISE
  callbacks.EvtDeviceSurpriseRemoval = ZooSurpriseRemoval;
#endif
#ifdef ZOO_CALLBACKS
  ZOO_CALLBACKS(&callbacks);
#endif
  WdfDeviceInitSetPnpPowerEventCallbacks(Init, &callbacks);
}

static NTSTATUS ZooFurnish(ZOO* Zoo) {
  WDF_IO_QUEUE_CONFIG queue;
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queue, ZOO_DISPATCH);
  queue.EvtIoRead = queue.EvtIoWrite = ZooIo;
#ifdef ZOO_IO_STOP
  queue.EvtIoStop = ZooIoStop;
#endif
#ifdef ZOO_QUEUE
  ZOO_QUEUE(&queue);
#endif
  NTSTATUS status = WdfIoQueueCreate(Zoo->Device, &queue, WDF_NO_OBJECT_ATTRIBUTES, &Zoo->Queue);
#ifdef ZOO_INTERRUPT
  WDF_INTERRUPT_CONFIG interrupt;
  WDF_INTERRUPT_CONFIG_INIT(&interrupt, ZooIsr, NULL);
  if (NT_SUCCESS(status))
    status = WdfInterruptCreate(Zoo->Device, &interrupt, WDF_NO_OBJECT_ATTRIBUTES, &Zoo->Interrupt);
#endif
  if (NT_SUCCESS(status)) status = WdfDeviceCreateDeviceInterface(Zoo->Device, &ZooInterface, NULL);
#ifdef ZOO_ADDED
  if (NT_SUCCESS(status)) status = ZOO_ADDED(Zoo);
#endif
  return status;
}

static NTSTATUS NTAPI ZooDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit) {
  UNREFERENCED_PARAMETER(Driver);
  ZooSetCallbacks(DeviceInit);
#ifdef ZOO_INIT
  ZOO_INIT(DeviceInit);
#endif
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, ZOO);
#ifdef ZOO_CLEANUP
  attributes.EvtCleanupCallback = ZooCleanup;
#endif
  WDFDEVICE device;
  NTSTATUS status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
  if (!NT_SUCCESS(status)) return status;
  ZooOf(device)->Device = device;
  return ZooFurnish(ZooOf(device));
}

#ifdef ZOO_UNLOAD
static VOID NTAPI ZooDriverUnload(WDFDRIVER Driver) {
  ZOO_UNLOAD(Driver);
}
#endif

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, ZooDeviceAdd);
#ifdef ZOO_UNLOAD
  config.EvtDriverUnload = ZooDriverUnload;
#endif
  return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
