// A WDM function driver for any device, in one file, for mistakes in the protocol of PnP and power: a driver of the zoo
// defines WRONG_<routine>, includes this and gives that routine itself, with Right<routine> to fall back on. The
// repaired twin is the same with FIXED, which takes the right routine. It has a device interface; reads wait in a queue
// of the driver's until a timer ends them.
#pragma once

#include "zoo.h"

typedef struct _ZOO_EXTENSION {
  PDEVICE_OBJECT Device, Physical, Lower;
  IO_REMOVE_LOCK RemoveLock;  // held for every read
  UNICODE_STRING Link;
  KSPIN_LOCK Lock;  // of what follows
  LIST_ENTRY Reads;
  BOOLEAN Powered, Gone;
  volatile ULONG* Registers;  // null: the device has none
  SIZE_T RegisterBytes;
  KTIMER Timer;
  KDPC Dpc;
} ZOO_EXTENSION, *PZOO_EXTENSION;

static const GUID ZooInterface = {0x2D1F7A90, 0x4E0B, 0x4C7F, {0x8A, 0x51, 0x3B, 0x7C, 0x10, 0x9E, 0x52, 0x01}};

static inline NTSTATUS ZooComplete(PIRP Irp, NTSTATUS Status) {
  Irp->IoStatus.Status = Status;
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
  return Status;
}

static inline NTSTATUS ZooPassDown(PZOO_EXTENSION Extension, PIRP Irp) {
  IoSkipCurrentIrpStackLocation(Irp);
  return IoCallDriver(Extension->Lower, Irp);
}

/// The first memory range that the device was given.
static inline void ZooMap(PZOO_EXTENSION Extension, PCM_RESOURCE_LIST List) {
  for (ULONG i = 0; List && i < List->List[0].PartialResourceList.Count; i++) {
    PCM_PARTIAL_RESOURCE_DESCRIPTOR each = &List->List[0].PartialResourceList.PartialDescriptors[i];
    if (each->Type != CmResourceTypeMemory) continue;
    Extension->RegisterBytes = each->u.Memory.Length;
    Extension->Registers = MmMapIoSpace(each->u.Memory.Start, each->u.Memory.Length, MmNonCached);
    return;
  }
}

static inline void ZooUnmap(PZOO_EXTENSION Extension) {
  if (Extension->Registers) MmUnmapIoSpace((PVOID)Extension->Registers, Extension->RegisterBytes);
  Extension->Registers = NULL;
}

/// What every request does with the device.
static inline void ZooTouch(PZOO_EXTENSION Extension) {
  if (Extension->Registers) READ_REGISTER_ULONG((PULONG)Extension->Registers);
}

static NTSTATUS NTAPI ZooForwarded(PDEVICE_OBJECT Device, PIRP Irp, PVOID Event) {
  UNREFERENCED_PARAMETER(Device);
  UNREFERENCED_PARAMETER(Irp);
  KeSetEvent(Event, IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

static inline NTSTATUS ZooForwardAndWait(PZOO_EXTENSION Extension, PIRP Irp) {
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  IoCopyCurrentIrpStackLocationToNext(Irp);
  IoSetCompletionRoutine(Irp, ZooForwarded, &done, TRUE, TRUE, TRUE);
  if (IoCallDriver(Extension->Lower, Irp) == STATUS_PENDING)
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
  return Irp->IoStatus.Status;
}

/// Ends every read that waits.
static inline void ZooEndReads(PZOO_EXTENSION Extension, NTSTATUS Status) {
  for (;;) {
    KIRQL irql;
    PIRP irp = NULL;
    KeAcquireSpinLock(&Extension->Lock, &irql);
    while (!irp && !IsListEmpty(&Extension->Reads)) {
      irp = CONTAINING_RECORD(RemoveHeadList(&Extension->Reads), IRP, Tail.Overlay.ListEntry);
      if (!IoSetCancelRoutine(irp, NULL)) {
        InitializeListHead(&irp->Tail.Overlay.ListEntry);  // its cancel routine has it
        irp = NULL;
      }
    }
    KeReleaseSpinLock(&Extension->Lock, irql);
    if (!irp) return;
    irp->IoStatus.Information = 0;
    ZooComplete(irp, Status);
    IoReleaseRemoveLock(&Extension->RemoveLock, irp);
  }
}

static VOID NTAPI ZooTick(PKDPC Dpc, PVOID Context, PVOID A, PVOID B) {
  UNREFERENCED_PARAMETER(Dpc);
  UNREFERENCED_PARAMETER(A);
  UNREFERENCED_PARAMETER(B);
  ZooEndReads(Context, STATUS_SUCCESS);
}

static VOID NTAPI ZooCancelRead(PDEVICE_OBJECT Device, PIRP Irp) {
  PZOO_EXTENSION extension = Device->DeviceExtension;
  KIRQL irql;
  IoReleaseCancelSpinLock(Irp->CancelIrql);
  KeAcquireSpinLock(&extension->Lock, &irql);
  RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
  KeReleaseSpinLock(&extension->Lock, irql);
  Irp->IoStatus.Information = 0;
  ZooComplete(Irp, STATUS_CANCELLED);
  IoReleaseRemoveLock(&extension->RemoveLock, Irp);
}

static inline NTSTATUS NTAPI RightRead(PDEVICE_OBJECT Device, PIRP Irp) {
  PZOO_EXTENSION extension = Device->DeviceExtension;
  NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);
  Irp->IoStatus.Information = 0;
  if (!NT_SUCCESS(status)) return ZooComplete(Irp, status);
  KIRQL irql;
  KeAcquireSpinLock(&extension->Lock, &irql);
  BOOLEAN gone = extension->Gone;
  if (!gone) {
    IoMarkIrpPending(Irp);
    InsertTailList(&extension->Reads, &Irp->Tail.Overlay.ListEntry);
    IoSetCancelRoutine(Irp, ZooCancelRead);
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL)) {
      RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
      KeReleaseSpinLock(&extension->Lock, irql);
      ZooComplete(Irp, STATUS_CANCELLED);
      IoReleaseRemoveLock(&extension->RemoveLock, Irp);
      return STATUS_PENDING;
    }
    LARGE_INTEGER due;
    due.QuadPart = -10000;  // 1 ms
    KeSetTimer(&extension->Timer, due, &extension->Dpc);
    if (extension->Powered) ZooTouch(extension);
  }
  KeReleaseSpinLock(&extension->Lock, irql);
  if (!gone) return STATUS_PENDING;
  ZooComplete(Irp, STATUS_DELETE_PENDING);
  IoReleaseRemoveLock(&extension->RemoveLock, Irp);
  return STATUS_DELETE_PENDING;
}

static inline void ZooGo(PZOO_EXTENSION Extension) {
  KIRQL irql;
  KeAcquireSpinLock(&Extension->Lock, &irql);
  Extension->Gone = TRUE;
  Extension->Powered = FALSE;
  KeReleaseSpinLock(&Extension->Lock, irql);
  if (Extension->Link.Buffer) IoSetDeviceInterfaceState(&Extension->Link, FALSE);
}

static inline NTSTATUS RightStart(PZOO_EXTENSION Extension, PIRP Irp) {
  NTSTATUS status = ZooForwardAndWait(Extension, Irp);
  if (NT_SUCCESS(status)) {
    ZooMap(Extension, IoGetCurrentIrpStackLocation(Irp)->Parameters.StartDevice.AllocatedResourcesTranslated);
    Extension->Powered = TRUE;
    IoSetDeviceInterfaceState(&Extension->Link, TRUE);
  }
  return ZooComplete(Irp, status);
}

static inline NTSTATUS RightSurpriseRemoval(PZOO_EXTENSION Extension, PIRP Irp) {
  ZooGo(Extension);
  ZooEndReads(Extension, STATUS_DELETE_PENDING);
  Irp->IoStatus.Status = STATUS_SUCCESS;
  return ZooPassDown(Extension, Irp);
}

static inline NTSTATUS RightRemove(PZOO_EXTENSION Extension, PIRP Irp) {
  ZooGo(Extension);
  ZooEndReads(Extension, STATUS_DELETE_PENDING);
  KeCancelTimer(&Extension->Timer);
  KeFlushQueuedDpcs();
  IoAcquireRemoveLock(&Extension->RemoveLock, Irp);
  IoReleaseRemoveLockAndWait(&Extension->RemoveLock, Irp);
  Irp->IoStatus.Status = STATUS_SUCCESS;
  ZooUnmap(Extension);
  NTSTATUS status = ZooPassDown(Extension, Irp);
  IoDetachDevice(Extension->Lower);
  RtlFreeUnicodeString(&Extension->Link);
  IoDeleteDevice(Extension->Device);
  return status;
}

static inline NTSTATUS RightOther(PZOO_EXTENSION Extension, PIRP Irp) {
  switch (IoGetCurrentIrpStackLocation(Irp)->MinorFunction) {
    case IRP_MN_STOP_DEVICE:
      Extension->Powered = FALSE;
      ZooUnmap(Extension);
      Irp->IoStatus.Status = STATUS_SUCCESS;
      break;
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
      Irp->IoStatus.Status = STATUS_SUCCESS;
      break;
    default:
      break;
  }
  return ZooPassDown(Extension, Irp);
}

static NTSTATUS NTAPI ZooPoweredUp(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context) {
  UNREFERENCED_PARAMETER(Device);
  if (Irp->PendingReturned) IoMarkIrpPending(Irp);
  if (NT_SUCCESS(Irp->IoStatus.Status)) ((PZOO_EXTENSION)Context)->Powered = TRUE;
  return STATUS_CONTINUE_COMPLETION;
}

/// We own the device's power policy: asleep with the system, awake with it.
static inline NTSTATUS RightPower(PZOO_EXTENSION Extension, PIRP Irp) {
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(Irp);
  PoStartNextPowerIrp(Irp);
  if (location->MinorFunction == IRP_MN_SET_POWER) {
    POWER_STATE state = location->Parameters.Power.State;
    if (location->Parameters.Power.Type == SystemPowerState) {
      state.DeviceState = state.SystemState == PowerSystemWorking ? PowerDeviceD0 : PowerDeviceD3;
      PoRequestPowerIrp(Extension->Device, IRP_MN_SET_POWER, state, NULL, NULL, NULL);
    } else if (state.DeviceState != PowerDeviceD0) {
#if !defined(WRONG_POWERED) || defined(FIXED)
      Extension->Powered = FALSE;
#endif
    } else {
      IoCopyCurrentIrpStackLocationToNext(Irp);
      IoSetCompletionRoutine(Irp, ZooPoweredUp, Extension, TRUE, TRUE, TRUE);
      return PoCallDriver(Extension->Lower, Irp);
    }
  }
  IoSkipCurrentIrpStackLocation(Irp);
  return PoCallDriver(Extension->Lower, Irp);
}

#if defined(WRONG_READ) && !defined(FIXED)
static NTSTATUS NTAPI Read(PDEVICE_OBJECT Device, PIRP Irp);
#else
#define Read RightRead
#endif
#if defined(WRONG_START) && !defined(FIXED)
static NTSTATUS Start(PZOO_EXTENSION Extension, PIRP Irp);
#else
#define Start RightStart
#endif
#if defined(WRONG_SURPRISE_REMOVAL) && !defined(FIXED)
static NTSTATUS SurpriseRemoval(PZOO_EXTENSION Extension, PIRP Irp);
#else
#define SurpriseRemoval RightSurpriseRemoval
#endif
#if defined(WRONG_REMOVE) && !defined(FIXED)
static NTSTATUS Remove(PZOO_EXTENSION Extension, PIRP Irp);
#else
#define Remove RightRemove
#endif
#if defined(WRONG_OTHER) && !defined(FIXED)
static NTSTATUS Other(PZOO_EXTENSION Extension, PIRP Irp);
#else
#define Other RightOther
#endif
#if defined(WRONG_POWER) && !defined(FIXED)
static NTSTATUS Power(PZOO_EXTENSION Extension, PIRP Irp);
#else
#define Power RightPower
#endif

static NTSTATUS NTAPI ZooPnp(PDEVICE_OBJECT Device, PIRP Irp) {
  PZOO_EXTENSION extension = Device->DeviceExtension;
  switch (IoGetCurrentIrpStackLocation(Irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
      return Start(extension, Irp);
    case IRP_MN_SURPRISE_REMOVAL:
      return SurpriseRemoval(extension, Irp);
    case IRP_MN_REMOVE_DEVICE:
      return Remove(extension, Irp);
    default:
      return Other(extension, Irp);
  }
}

static NTSTATUS NTAPI ZooPower(PDEVICE_OBJECT Device, PIRP Irp) {
  return Power(Device->DeviceExtension, Irp);
}

static NTSTATUS NTAPI ZooOpenClose(PDEVICE_OBJECT Device, PIRP Irp) {
  PZOO_EXTENSION extension = Device->DeviceExtension;
#ifdef WRONG_CLOSE
#ifndef FIXED
  if (IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_CLOSE)
#else
  if (IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_CLOSE && extension->Powered)
#endif
    ZooTouch(extension);
#endif
  Irp->IoStatus.Information = 0;
  const BOOLEAN refused = IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_CREATE && extension->Gone;
  return ZooComplete(Irp, refused ? STATUS_DELETE_PENDING : STATUS_SUCCESS);
}

static NTSTATUS NTAPI ZooWrite(PDEVICE_OBJECT Device, PIRP Irp) {
  UNREFERENCED_PARAMETER(Device);
  Irp->IoStatus.Information = 0;
  return ZooComplete(Irp, STATUS_SUCCESS);
}

static NTSTATUS NTAPI ZooAddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT Physical) {
  PDEVICE_OBJECT device;
  NTSTATUS status = IoCreateDevice(DriverObject, sizeof(ZOO_EXTENSION), NULL, FILE_DEVICE_UNKNOWN,
                                   FILE_DEVICE_SECURE_OPEN, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  PZOO_EXTENSION extension = device->DeviceExtension;
  extension->Device = device;
  extension->Physical = Physical;
  IoInitializeRemoveLock(&extension->RemoveLock, ZOO_TAG, 0, 0);
  KeInitializeSpinLock(&extension->Lock);
  InitializeListHead(&extension->Reads);
  KeInitializeTimer(&extension->Timer);
  KeInitializeDpc(&extension->Dpc, ZooTick, extension);
  extension->Lower = IoAttachDeviceToDeviceStack(device, Physical);
  status = extension->Lower ? IoRegisterDeviceInterface(Physical, &ZooInterface, NULL, &extension->Link)
                            : STATUS_NO_SUCH_DEVICE;
  if (!NT_SUCCESS(status)) {
    if (extension->Lower) IoDetachDevice(extension->Lower);
    IoDeleteDevice(device);
    return status;
  }
  device->Flags |= DO_BUFFERED_IO | DO_POWER_PAGABLE;
  device->Flags &= ~DO_DEVICE_INITIALIZING;
  return STATUS_SUCCESS;
}

static VOID NTAPI ZooPnpUnload(PDRIVER_OBJECT DriverObject) {
  UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  DriverObject->MajorFunction[IRP_MJ_CREATE] = ZooOpenClose;
  DriverObject->MajorFunction[IRP_MJ_CLEANUP] = ZooOpenClose;
  DriverObject->MajorFunction[IRP_MJ_CLOSE] = ZooOpenClose;
  DriverObject->MajorFunction[IRP_MJ_READ] = Read;
  DriverObject->MajorFunction[IRP_MJ_WRITE] = ZooWrite;
  DriverObject->MajorFunction[IRP_MJ_PNP] = ZooPnp;
  DriverObject->MajorFunction[IRP_MJ_POWER] = ZooPower;
  DriverObject->DriverExtension->AddDevice = ZooAddDevice;
  DriverObject->DriverUnload = ZooPnpUnload;
  return STATUS_SUCCESS;
}
