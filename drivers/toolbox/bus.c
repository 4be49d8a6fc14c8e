/// What is in the slots, and the child list that tells the framework.
#include "toolbox.h"

static TOOL_IDENTIFICATION ToolboxIdentify(ULONG Slot, LONG Serial) {
  TOOL_IDENTIFICATION id;
  WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&id.Header, sizeof(id));
  id.Slot = Slot;
  id.Serial = Serial;
  return id;
}

/// What lies in a toolbox that has just been added.
VOID ToolboxFill(TOOLBOX* Box, ULONG Slots) {
  for (ULONG slot = 0; slot < TOOLBOX_SLOTS; ++slot)
    if (Slots & (1u << slot)) Box->Tools[slot] = InterlockedIncrement(&Box->LastSerial);
}

// ---- the child list

/// On every way to D0: who sleeps does not see what happens in the slots.
static VOID NTAPI ToolboxScan(WDFCHILDLIST ChildList) {
  TOOLBOX* box = Toolbox(WdfChildListGetDevice(ChildList));
  WdfChildListBeginScan(ChildList);
  for (ULONG slot = 0; slot < TOOLBOX_SLOTS; ++slot) {
    LONG serial = box->Tools[slot];
    if (serial == 0) continue;
    TOOL_IDENTIFICATION id = ToolboxIdentify(slot, serial);
    // One that cannot be added now is found by the next scan.
    (VOID) WdfChildListAddOrUpdateChildDescriptionAsPresent(ChildList, &id.Header, NULL);
  }
  WdfChildListEndScan(ChildList);
}

VOID ToolboxSetChildList(PWDFDEVICE_INIT DeviceInit) {
  WDF_CHILD_LIST_CONFIG config;
  WDF_CHILD_LIST_CONFIG_INIT(&config, sizeof(TOOL_IDENTIFICATION), ToolCreate);
  config.EvtChildListScanForChildren = ToolboxScan;
  WdfFdoInitSetDefaultChildListConfig(DeviceInit, &config, WDF_NO_OBJECT_ATTRIBUTES);
}

// ---- requests

static NTSTATUS ToolboxPutIn(WDFDEVICE Device, ULONG Slot) {
  TOOLBOX* box = Toolbox(Device);
  LONG serial = InterlockedIncrement(&box->LastSerial);
  TOOL_IDENTIFICATION id = ToolboxIdentify(Slot, serial);
  if (InterlockedCompareExchange(&box->Tools[Slot], serial, 0) != 0) return STATUS_OBJECT_NAME_COLLISION;
  NTSTATUS status =
      WdfChildListAddOrUpdateChildDescriptionAsPresent(WdfFdoGetDefaultChildList(Device), &id.Header, NULL);
  if (!NT_SUCCESS(status)) InterlockedExchange(&box->Tools[Slot], 0);
  return status;
}

static NTSTATUS ToolboxTakeOut(WDFDEVICE Device, ULONG Slot) {
  LONG serial = InterlockedExchange(&Toolbox(Device)->Tools[Slot], 0);
  if (serial == 0) return STATUS_NOT_FOUND;
  TOOL_IDENTIFICATION id = ToolboxIdentify(Slot, serial);
  // It may be missing already, if its ejection is just ending.
  (VOID) WdfChildListUpdateChildDescriptionAsMissing(WdfFdoGetDefaultChildList(Device), &id.Header);
  return STATUS_SUCCESS;
}

static NTSTATUS ToolboxEject(WDFDEVICE Device, ULONG Slot) {
  LONG serial = Toolbox(Device)->Tools[Slot];
  if (serial == 0) return STATUS_NOT_FOUND;
  // One that the system does not know yet cannot be ejected, and nobody uses it.
  if (Toolbox(Device)->Known[Slot] != serial) return ToolboxTakeOut(Device, Slot);
  TOOL_IDENTIFICATION id = ToolboxIdentify(Slot, serial);
  if (WdfChildListRequestChildEject(WdfFdoGetDefaultChildList(Device), &id.Header)) return STATUS_SUCCESS;
  // An earlier request has just had its effect, or the toolbox itself is gone.
  return Toolbox(Device)->Tools[Slot] == serial ? STATUS_NO_SUCH_DEVICE : STATUS_NOT_FOUND;
}

static NTSTATUS ToolboxQuery(WDFDEVICE Device, WDFREQUEST Request) {
  ULONG* filled;
  NTSTATUS status = WdfRequestRetrieveOutputBuffer(Request, sizeof(ULONG), (PVOID*)&filled, NULL);
  if (!NT_SUCCESS(status)) return status;
  *filled = 0;
  for (ULONG slot = 0; slot < TOOLBOX_SLOTS; ++slot)
    if (Toolbox(Device)->Tools[slot] != 0) *filled |= 1u << slot;
  WdfRequestSetInformation(Request, sizeof(ULONG));
  return STATUS_SUCCESS;
}

static VOID NTAPI ToolboxDeviceControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputLength, size_t InputLength,
                                       ULONG Code) {
  static const struct {
    ULONG Code;
    NTSTATUS (*Act)(WDFDEVICE Device, ULONG Slot);
  } actions[] = {
      {IOCTL_TOOLBOX_PUT_IN, ToolboxPutIn},
      {IOCTL_TOOLBOX_TAKE_OUT, ToolboxTakeOut},
      {IOCTL_TOOLBOX_EJECT, ToolboxEject},
  };
  WDFDEVICE device = WdfIoQueueGetDevice(Queue);
  NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
  ULONG* slot;
  UNREFERENCED_PARAMETER(OutputLength);
  UNREFERENCED_PARAMETER(InputLength);
  if (Code == IOCTL_TOOLBOX_QUERY) status = ToolboxQuery(device, Request);
  for (ULONG i = 0; i < RTL_NUMBER_OF(actions); ++i) {
    if (actions[i].Code != Code) continue;
    status = WdfRequestRetrieveInputBuffer(Request, sizeof(ULONG), (PVOID*)&slot, NULL);
    if (NT_SUCCESS(status)) status = *slot < TOOLBOX_SLOTS ? actions[i].Act(device, *slot) : STATUS_INVALID_PARAMETER;
  }
  WdfRequestComplete(Request, status);
}

/// One after the other, so that slots and child list do not disagree.
NTSTATUS ToolboxCreateQueue(WDFDEVICE Device) {
  WDF_IO_QUEUE_CONFIG config;
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchSequential);
  config.EvtIoDeviceControl = ToolboxDeviceControl;
  return WdfIoQueueCreate(Device, &config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
}
