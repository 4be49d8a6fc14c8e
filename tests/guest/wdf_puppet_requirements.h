// Part of wdf_puppet.c: the two resource queries of a PDO.
#pragma once

static NTSTATUS NTAPI OnResourcesQuery(WDFDEVICE Device, WDFCMRESLIST Resources) {
  DEVICE_CONTEXT* context = ContextOf(Device);
  CM_PARTIAL_RESOURCE_DESCRIPTOR memory;
  RtlZeroMemory(&memory, sizeof(memory));
  memory.Type = CmResourceTypeMemory;
  memory.ShareDisposition = CmResourceShareDeviceExclusive;
  memory.u.Memory.Start.LowPart = OrdersOf(context->Number)->Resource;
  memory.u.Memory.Length = 0x1000;
  if (memory.u.Memory.Start.LowPart != 1) WdfCmResourceListAppendDescriptor(Resources, &memory);
  return Play(context, PuppetResourcesQuery, 0);
}

static VOID MemoryRange(PIO_RESOURCE_DESCRIPTOR Range, ULONG Bytes) {
  RtlZeroMemory(Range, sizeof(*Range));
  Range->Type = CmResourceTypeMemory;
  Range->ShareDisposition = CmResourceShareDeviceExclusive;
  Range->u.Memory.Length = Bytes;
  Range->u.Memory.Alignment = Bytes;
  Range->u.Memory.MaximumAddress.QuadPart = 0xFFFFFFFF;
}

static NTSTATUS NTAPI OnRequirementsQuery(WDFDEVICE Device, WDFIORESREQLIST Requirements) {
  DEVICE_CONTEXT* context = ContextOf(Device);
  const PU32 bytes = OrdersOf(context->Number)->Requirement;
  WDFIORESLIST list;
  NTSTATUS status = bytes == 1 ? STATUS_SUCCESS : WdfIoResourceListCreate(Requirements, WDF_NO_OBJECT_ATTRIBUTES, &list);
  if (NT_SUCCESS(status) && bytes != 1) {
    IO_RESOURCE_DESCRIPTOR range;
    MemoryRange(&range, bytes);
    status = WdfIoResourceListAppendDescriptor(list, &range);
    if (NT_SUCCESS(status)) status = WdfIoResourceRequirementsListAppendIoResList(Requirements, list);
  }
  return NT_SUCCESS(status) ? Play(context, PuppetRequirementsQuery, 0) : status;
}

static PU32 DescriptorsOf(WDFIORESREQLIST Requirements) {
  return WdfIoResourceRequirementsListGetCount(Requirements)
             ? WdfIoResourceListGetCount(WdfIoResourceRequirementsListGetIoResList(Requirements, 0))
             : 0;
}

static NTSTATUS NTAPI OnFilterAdd(WDFDEVICE Device, WDFIORESREQLIST Requirements) {
  DEVICE_CONTEXT* context = ContextOf(Device);
  const PU32 bytes = OrdersOf(context->Number)->AddsRequirement;
  if (bytes && WdfIoResourceRequirementsListGetCount(Requirements)) {
    IO_RESOURCE_DESCRIPTOR range;
    MemoryRange(&range, bytes);
    WdfIoResourceListAppendDescriptor(WdfIoResourceRequirementsListGetIoResList(Requirements, 0), &range);
  }
  Puppet.Seen[SeenAddRequirements] = DescriptorsOf(Requirements);
  return Play(context, PuppetFilterAdd, 0);
}

static NTSTATUS NTAPI OnFilterRemove(WDFDEVICE Device, WDFIORESREQLIST Requirements) {
  Puppet.Seen[SeenRemoveRequirements] = DescriptorsOf(Requirements);
  return Play(ContextOf(Device), PuppetFilterRemove, 0);
}
