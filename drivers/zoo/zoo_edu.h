// A function driver for the educational device, as small as one can be: it starts, maps its registers, asks for the
// reset interface, and lets its zoo driver do something once it has started (ZooStarted) and when its device has been
// taken away (ZooSurpriseRemoved). Everything else is passed down. It takes no requests.
#pragma once

#include "../include/edu_registers.h"
#include "../medic/device_reset.h"
#include "zoo.h"

typedef struct _ZOO_EDU {
  PDEVICE_OBJECT Device, Physical, Lower;
  DEVICE_RESET_INTERFACE_STANDARD Reset;
  PUCHAR Registers;
  PIO_WORKITEM WorkItem;
} ZOO_EDU;

static VOID ZooStarted(ZOO_EDU* Edu);

/// What the zoo driver does besides, defined where it is wanted.
#ifndef ZOO_SURPRISE_REMOVED
#define ZOO_SURPRISE_REMOVED(Edu)
#endif
#ifndef ZOO_REMOVED
#define ZOO_REMOVED(Edu)
#endif
#ifndef ZOO_QUERY_REMOVE
#define ZOO_QUERY_REMOVE STATUS_SUCCESS  // passed down
#endif
#ifndef ZOO_READ
#define ZOO_READ NULL  // none are taken
#endif
#ifndef ZOO_POWER
#define ZOO_POWER ZooPassDownAny
#endif

static inline ULONG ZooRead(ZOO_EDU* Edu, ULONG Offset) {
  return READ_REGISTER_ULONG((PULONG)(Edu->Registers + Offset));
}
static inline VOID ZooWrite(ZOO_EDU* Edu, ULONG Offset, ULONG Value) {
  WRITE_REGISTER_ULONG((PULONG)(Edu->Registers + Offset), Value);
}

static VOID ZooQueryReset(ZOO_EDU* Edu) {
  KEVENT done;
  IO_STATUS_BLOCK io;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, Edu->Lower, NULL, 0, NULL, &done, &io);
  if (!irp) return;
  irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
  PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
  stack->MinorFunction = IRP_MN_QUERY_INTERFACE;
  stack->Parameters.QueryInterface.InterfaceType = &GUID_DEVICE_RESET_INTERFACE_STANDARD;
  stack->Parameters.QueryInterface.Size = sizeof(Edu->Reset);
  stack->Parameters.QueryInterface.Version = DEVICE_RESET_INTERFACE_VERSION;
  stack->Parameters.QueryInterface.Interface = (PINTERFACE)&Edu->Reset;
  if (IoCallDriver(Edu->Lower, irp) == STATUS_PENDING) KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
}

static inline VOID ZooForgetReset(ZOO_EDU* Edu) {
  if (Edu->Reset.InterfaceDereference) Edu->Reset.InterfaceDereference(Edu->Reset.Context);
  RtlZeroMemory(&Edu->Reset, sizeof(Edu->Reset));
}

static inline NTSTATUS ZooReset(ZOO_EDU* Edu, DEVICE_RESET_TYPE Type) {
  return Edu->Reset.DeviceReset(Edu->Reset.Context, Type, 0, NULL);
}

static NTSTATUS ZooFinish(PIRP Irp, NTSTATUS Status) {
  Irp->IoStatus.Status = Status;
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
  return Status;
}

static NTSTATUS ZooPassDown(ZOO_EDU* Edu, PIRP Irp) {
  IoSkipCurrentIrpStackLocation(Irp);
  return IoCallDriver(Edu->Lower, Irp);
}

static NTSTATUS ZooStart(ZOO_EDU* Edu, PIRP Irp) {
  if (!IoForwardIrpSynchronously(Edu->Lower, Irp) || !NT_SUCCESS(Irp->IoStatus.Status)) return Irp->IoStatus.Status;
  PCM_RESOURCE_LIST translated = IoGetCurrentIrpStackLocation(Irp)->Parameters.StartDevice.AllocatedResourcesTranslated;
  PCM_PARTIAL_RESOURCE_LIST list = &translated->List[0].PartialResourceList;
  for (ULONG i = 0; i < list->Count && !Edu->Registers; ++i)
    if (list->PartialDescriptors[i].Type == CmResourceTypeMemory)
      Edu->Registers = MmMapIoSpace(list->PartialDescriptors[i].u.Memory.Start, EDU_REGISTER_SPACE, MmNonCached);
  if (!Edu->Registers) return STATUS_INSUFFICIENT_RESOURCES;
  ZooQueryReset(Edu);
  ZooStarted(Edu);
  return STATUS_SUCCESS;
}

static VOID ZooUnmap(ZOO_EDU* Edu) {
  if (Edu->Registers) MmUnmapIoSpace(Edu->Registers, EDU_REGISTER_SPACE);
  Edu->Registers = NULL;
}

static NTSTATUS ZooRemove(ZOO_EDU* Edu, PIRP Irp) {
  ZOO_REMOVED(Edu);
  ZooUnmap(Edu);
  ZooForgetReset(Edu);
  Irp->IoStatus.Status = STATUS_SUCCESS;
  NTSTATUS status = ZooPassDown(Edu, Irp);
  IoDetachDevice(Edu->Lower);
  IoFreeWorkItem(Edu->WorkItem);
  IoDeleteDevice(Edu->Device);
  return status;
}

static NTSTATUS NTAPI ZooPnp(PDEVICE_OBJECT Device, PIRP Irp) {
  ZOO_EDU* edu = Device->DeviceExtension;
#ifdef ZOO_PNP_FIRST
  NTSTATUS first = ZOO_PNP_FIRST(Device, Irp);
  if (first != STATUS_MORE_PROCESSING_REQUIRED) return first;
#endif
  switch (IoGetCurrentIrpStackLocation(Irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
      return ZooFinish(Irp, ZooStart(edu, Irp));
    case IRP_MN_REMOVE_DEVICE:
      return ZooRemove(edu, Irp);
    case IRP_MN_QUERY_REMOVE_DEVICE:
      if (!NT_SUCCESS(ZOO_QUERY_REMOVE)) return ZooFinish(Irp, ZOO_QUERY_REMOVE);
      Irp->IoStatus.Status = STATUS_SUCCESS;
      break;
    case IRP_MN_SURPRISE_REMOVAL:
      ZOO_SURPRISE_REMOVED(edu);
      Irp->IoStatus.Status = STATUS_SUCCESS;
      break;
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
      Irp->IoStatus.Status = STATUS_SUCCESS;
      break;
    case IRP_MN_STOP_DEVICE:
      ZooUnmap(edu);
      ZooForgetReset(edu);
      Irp->IoStatus.Status = STATUS_SUCCESS;
      break;
    default:
      break;
  }
  return ZooPassDown(edu, Irp);
}

/// Below a child of ours is nobody.
static inline NTSTATUS NTAPI ZooPassDownAny(PDEVICE_OBJECT Device, PIRP Irp) {
  ZOO_EDU* edu = Device->DeviceExtension;
  return edu->Lower ? ZooPassDown(edu, Irp) : ZooFinish(Irp, Irp->IoStatus.Status);
}

static NTSTATUS NTAPI ZooSucceed(PDEVICE_OBJECT Device, PIRP Irp) {
  UNREFERENCED_PARAMETER(Device);
  return ZooFinish(Irp, STATUS_SUCCESS);
}

static NTSTATUS NTAPI ZooAddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT Physical) {
  PDEVICE_OBJECT device;
  NTSTATUS status =
      IoCreateDevice(DriverObject, sizeof(ZOO_EDU), NULL, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  ZOO_EDU* edu = device->DeviceExtension;
  edu->Device = device;
  edu->Physical = Physical;
  edu->Lower = IoAttachDeviceToDeviceStack(device, Physical);
  edu->WorkItem = IoAllocateWorkItem(device);
  if (!edu->Lower || !edu->WorkItem) {
    if (edu->Lower) IoDetachDevice(edu->Lower);
    if (edu->WorkItem) IoFreeWorkItem(edu->WorkItem);
    IoDeleteDevice(device);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  device->Flags &= ~DO_DEVICE_INITIALIZING;
  return STATUS_SUCCESS;
}

static VOID NTAPI ZooEduUnload(PDRIVER_OBJECT DriverObject) {
  UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  DriverObject->MajorFunction[IRP_MJ_PNP] = ZooPnp;
  DriverObject->MajorFunction[IRP_MJ_POWER] = ZOO_POWER;
  DriverObject->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = ZooPassDownAny;
  DriverObject->MajorFunction[IRP_MJ_CREATE] = ZooSucceed;
  DriverObject->MajorFunction[IRP_MJ_CLEANUP] = ZooSucceed;
  DriverObject->MajorFunction[IRP_MJ_CLOSE] = ZooSucceed;
  if (ZOO_READ) DriverObject->MajorFunction[IRP_MJ_READ] = ZOO_READ;
  DriverObject->DriverExtension->AddDevice = ZooAddDevice;
  DriverObject->DriverUnload = ZooEduUnload;
  return STATUS_SUCCESS;
}
