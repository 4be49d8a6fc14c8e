/// Callbacks, each of which takes something or gives it back.
#include "hungry.h"

NTSTATUS HungryTake(WDFDEVICE Device, ULONG Plate) {
  PVOID* plate = &Hungry(Device)->Plates[Plate];
  if (!*plate) *plate = ExAllocatePoolWithTag(NonPagedPoolNx, 16, HUNGRY_TAG);
  return *plate ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

VOID HungryGiveBack(WDFDEVICE Device, ULONG Plate) {
  PVOID* plate = &Hungry(Device)->Plates[Plate];
  if (*plate) ExFreePoolWithTag(*plate, HUNGRY_TAG);
  *plate = NULL;
}

VOID NTAPI HungryCleanup(WDFOBJECT Device) {
  for (ULONG plate = 0; plate < PlateCount; ++plate) HungryGiveBack(Device, plate);
}

// ---- the device

static NTSTATUS NTAPI HungryPrepareHardware(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Raw);
  UNREFERENCED_PARAMETER(Translated);
  return HungryTake(Device, PlateHardware);
}

static NTSTATUS NTAPI HungryReleaseHardware(WDFDEVICE Device, WDFCMRESLIST Translated) {
  UNREFERENCED_PARAMETER(Translated);
  HungryGiveBack(Device, PlateHardware);
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI HungryD0Entry(WDFDEVICE Device, WDF_POWER_DEVICE_STATE PreviousState) {
  UNREFERENCED_PARAMETER(PreviousState);
  return HungryTake(Device, PlateD0);
}

static NTSTATUS NTAPI HungryD0Exit(WDFDEVICE Device, WDF_POWER_DEVICE_STATE TargetState) {
  UNREFERENCED_PARAMETER(TargetState);
  HungryGiveBack(Device, PlateD0);
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI HungryInterruptsEnabled(WDFDEVICE Device, WDF_POWER_DEVICE_STATE PreviousState) {
  UNREFERENCED_PARAMETER(PreviousState);
  return HungryTake(Device, PlateInterruptsEnabled);
}

static NTSTATUS NTAPI HungryInterruptsGo(WDFDEVICE Device, WDF_POWER_DEVICE_STATE TargetState) {
  UNREFERENCED_PARAMETER(TargetState);
  HungryGiveBack(Device, PlateInterruptsEnabled);
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI HungrySelfManagedInit(WDFDEVICE Device) {
  return HungryTake(Device, PlateSelfManaged);
}

static NTSTATUS NTAPI HungrySelfManagedRestart(WDFDEVICE Device) {
  return HungryTake(Device, PlateRestart);
}

static NTSTATUS NTAPI HungrySelfManagedSuspend(WDFDEVICE Device) {
  HungryGiveBack(Device, PlateRestart);
  return STATUS_SUCCESS;
}

static VOID NTAPI HungrySelfManagedFlush(WDFDEVICE Device) {
  HungryGiveBack(Device, PlateRestart);
}

static VOID NTAPI HungrySelfManagedCleanup(WDFDEVICE Device) {
  HungryGiveBack(Device, PlateSelfManaged);
}

VOID HungrySetCallbacks(PWDFDEVICE_INIT DeviceInit) {
  WDF_PNPPOWER_EVENT_CALLBACKS callbacks;
  WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&callbacks);
  callbacks.EvtDevicePrepareHardware = HungryPrepareHardware;
  callbacks.EvtDeviceReleaseHardware = HungryReleaseHardware;
  callbacks.EvtDeviceD0Entry = HungryD0Entry;
  callbacks.EvtDeviceD0EntryPostInterruptsEnabled = HungryInterruptsEnabled;
  callbacks.EvtDeviceD0ExitPreInterruptsDisabled = HungryInterruptsGo;
  callbacks.EvtDeviceD0Exit = HungryD0Exit;
  callbacks.EvtDeviceSelfManagedIoInit = HungrySelfManagedInit;
  callbacks.EvtDeviceSelfManagedIoRestart = HungrySelfManagedRestart;
  callbacks.EvtDeviceSelfManagedIoSuspend = HungrySelfManagedSuspend;
  callbacks.EvtDeviceSelfManagedIoFlush = HungrySelfManagedFlush;
  callbacks.EvtDeviceSelfManagedIoCleanup = HungrySelfManagedCleanup;
  WdfDeviceInitSetPnpPowerEventCallbacks(DeviceInit, &callbacks);
}

// ---- its interrupt, at PASSIVE_LEVEL, where there may be a lack of memory

static BOOLEAN NTAPI HungryIsr(WDFINTERRUPT Interrupt, ULONG MessageID) {
  UNREFERENCED_PARAMETER(Interrupt);
  UNREFERENCED_PARAMETER(MessageID);
  return FALSE;  // the device is never asked for anything
}

static NTSTATUS NTAPI HungryInterruptEnable(WDFINTERRUPT Interrupt, WDFDEVICE Device) {
  UNREFERENCED_PARAMETER(Interrupt);
  return HungryTake(Device, PlateInterrupt);
}

static NTSTATUS NTAPI HungryInterruptDisable(WDFINTERRUPT Interrupt, WDFDEVICE Device) {
  UNREFERENCED_PARAMETER(Interrupt);
  HungryGiveBack(Device, PlateInterrupt);
  return STATUS_SUCCESS;
}

NTSTATUS HungryCreateInterrupt(WDFDEVICE Device) {
  WDF_INTERRUPT_CONFIG config;
  WDFINTERRUPT interrupt;
  WDF_INTERRUPT_CONFIG_INIT(&config, HungryIsr, NULL);
  config.PassiveHandling = TRUE;
  config.EvtInterruptEnable = HungryInterruptEnable;
  config.EvtInterruptDisable = HungryInterruptDisable;
  return WdfInterruptCreate(Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &interrupt);
}

// ---- its two ways to memory

static NTSTATUS NTAPI HungryDmaFill(WDFDMAENABLER Enabler) {
  return HungryTake(HungryEnabler(Enabler)->Device, PlateFill + HungryEnabler(Enabler)->Number);
}

static NTSTATUS NTAPI HungryDmaFlush(WDFDMAENABLER Enabler) {
  HungryGiveBack(HungryEnabler(Enabler)->Device, PlateFill + HungryEnabler(Enabler)->Number);
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI HungryDmaEnable(WDFDMAENABLER Enabler) {
  return HungryTake(HungryEnabler(Enabler)->Device, PlateEnable + HungryEnabler(Enabler)->Number);
}

static NTSTATUS NTAPI HungryDmaDisable(WDFDMAENABLER Enabler) {
  HungryGiveBack(HungryEnabler(Enabler)->Device, PlateEnable + HungryEnabler(Enabler)->Number);
  return STATUS_SUCCESS;
}

static NTSTATUS HungryCreateEnabler(WDFDEVICE Device, ULONG Number) {
  WDF_DMA_ENABLER_CONFIG config;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDFDMAENABLER enabler;
  WDF_DMA_ENABLER_CONFIG_INIT(&config, WdfDmaProfilePacket, PAGE_SIZE);
  config.EvtDmaEnablerFill = HungryDmaFill;
  config.EvtDmaEnablerFlush = HungryDmaFlush;
  config.EvtDmaEnablerEnable = HungryDmaEnable;
  config.EvtDmaEnablerDisable = HungryDmaDisable;
  WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, HUNGRY_ENABLER);
  NTSTATUS status = WdfDmaEnablerCreate(Device, &config, &attributes, &enabler);
  if (!NT_SUCCESS(status)) return status;
  HungryEnabler(enabler)->Device = Device;
  HungryEnabler(enabler)->Number = Number;
  return STATUS_SUCCESS;
}

NTSTATUS HungryCreateEnablers(WDFDEVICE Device) {
  NTSTATUS status = HungryCreateEnabler(Device, 0);
  return NT_SUCCESS(status) ? HungryCreateEnabler(Device, 1) : status;
}
