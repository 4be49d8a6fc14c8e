// A function or filter driver, or a bus, that does what the test around it says and writes down what happens to it. The
// routines named Puppet... are called by the tests, on a thread of theirs.
#include "../../drivers/include/reset_interface.h"

#include "reset_puppet.h"

// {C8EBDFB0-B510-11D0-80E5-00A0C92542E3}
static const GUID kPciBus = {0xC8EBDFB0, 0xB510, 0x11D0, {0x80, 0xE5, 0x00, 0xA0, 0xC9, 0x25, 0x42, 0xE3}};

RESET_PUPPET Puppet;
static PDRIVER_OBJECT Driver;

typedef struct _EXTENSION {
  ULONG Instance;
  BOOLEAN IsChild, Holding;
  PDEVICE_OBJECT Self, Pdo, Lower;
  DEVICE_RESET_INTERFACE_STANDARD Reset;
  DEVICE_RESET_INTERFACE_STANDARD Below;  // as a filter: what the lower drivers answered
  PUCHAR Registers;
  SIZE_T RegisterBytes;
  PDEVICE_OBJECT Child[4];
  PIRP Held;
  struct _EXTENSION* Bus;  // of a child
} EXTENSION;

static PUPPET_IRP* Note(EXTENSION* Ext, PIRP Irp) {
  static PUPPET_IRP unread;
  if (Puppet.TakesNoNotes) return &unread;
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(Irp);
  PUPPET_IRP* entry = &Puppet.Irps[Puppet.IrpCount++ % PUPPET_IRPS];
  LARGE_INTEGER now;
  KeQuerySystemTime(&now);
  entry->Major = location->MajorFunction;
  entry->Minor = location->MinorFunction;
  entry->Instance = Ext->Instance;
  entry->Irql = KeGetCurrentIrql();
  entry->Time = (PU64)now.QuadPart;
  entry->State = 0;
  return entry;
}

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status) {
  Irp->IoStatus.Status = Status;
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
  return Status;
}

static NTSTATUS PassDown(EXTENSION* Ext, PIRP Irp) {
  IoSkipCurrentIrpStackLocation(Irp);
  return IoCallDriver(Ext->Lower, Irp);
}

static NTSTATUS NTAPI Forwarded(PDEVICE_OBJECT Device, PIRP Irp, PVOID Event) {
  UNREFERENCED_PARAMETER(Device);
  UNREFERENCED_PARAMETER(Irp);
  KeSetEvent((PKEVENT)Event, IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS ForwardAndWait(EXTENSION* Ext, PIRP Irp) {
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  IoCopyCurrentIrpStackLocationToNext(Irp);
  IoSetCompletionRoutine(Irp, Forwarded, &done, TRUE, TRUE, TRUE);
  if (IoCallDriver(Ext->Lower, Irp) == STATUS_PENDING)
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
  return Irp->IoStatus.Status;
}

// ---- The interface ----

/// IRP_MN_QUERY_INTERFACE to `To`, with the buffer as it is; returns the IRP's status and, in Information, its count.
static NTSTATUS Query(PDEVICE_OBJECT To, PVOID Buffer, USHORT Size, USHORT Version, ULONG_PTR* Information) {
  KEVENT done;
  IO_STATUS_BLOCK io;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, To, NULL, 0, NULL, &done, &io);
  if (!irp) return STATUS_INSUFFICIENT_RESOURCES;
  PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(irp);
  location->MinorFunction = IRP_MN_QUERY_INTERFACE;
  location->Parameters.QueryInterface.InterfaceType = &GUID_DEVICE_RESET_INTERFACE_STANDARD;
  location->Parameters.QueryInterface.Size = Size;
  location->Parameters.QueryInterface.Version = Version;
  location->Parameters.QueryInterface.Interface = (PINTERFACE)Buffer;
  location->Parameters.QueryInterface.InterfaceSpecificData = NULL;
  irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
  irp->IoStatus.Information = 77;
  NTSTATUS status = IoCallDriver(To, irp);
  if (status == STATUS_PENDING) {
    ++Puppet.QueriesPended;
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    status = io.Status;
  }
  if (Information) *Information = io.Information;
  return status;
}

NTSTATUS NTAPI PuppetQuery(PDEVICE_OBJECT Device, PVOID Buffer, ULONG Size, ULONG Version, ULONG_PTR* Information) {
  PDEVICE_OBJECT top = IoGetAttachedDeviceReference(Device);
  NTSTATUS status = Query(top, Buffer, (USHORT)Size, (USHORT)Version, Information);
  ObDereferenceObject(top);
  return status;
}

/// The same, but only to what lies below the device.
NTSTATUS NTAPI PuppetQueryBelow(PDEVICE_OBJECT Device, PVOID Buffer, ULONG Size, ULONG Version) {
  return Query(((EXTENSION*)Device->DeviceExtension)->Lower, Buffer, (USHORT)Size, (USHORT)Version, NULL);
}

/// Asks the whole stack, as published clients do: whole structure, version 1, zeroed memory.
NTSTATUS NTAPI PuppetGetInterface(PDEVICE_OBJECT Device) {
  EXTENSION* ext = Device->DeviceExtension;
  RtlZeroMemory(&ext->Reset, sizeof(ext->Reset));
  return PuppetQuery(Device, &ext->Reset, sizeof(ext->Reset), DEVICE_RESET_INTERFACE_VERSION, NULL);
}

DEVICE_RESET_INTERFACE_STANDARD* NTAPI PuppetInterface(PDEVICE_OBJECT Device) {
  return &((EXTENSION*)Device->DeviceExtension)->Reset;
}

VOID NTAPI PuppetReference(PDEVICE_OBJECT Device) {
  EXTENSION* ext = Device->DeviceExtension;
  ext->Reset.InterfaceReference(ext->Reset.Context);
}

VOID NTAPI PuppetDereference(PDEVICE_OBJECT Device) {
  EXTENSION* ext = Device->DeviceExtension;
  ext->Reset.InterfaceDereference(ext->Reset.Context);
}

typedef struct _CALLBACK {
  PUPPET_RESET* Call;
  DEVICE_RESET_INTERFACE_STANDARD* Interface;
  FUNCTION_LEVEL_DEVICE_RESET_PARAMETERS* Parameters;
} CALLBACK;

static VOID NTAPI ResetCompleted(NTSTATUS Status, PVOID Context) {
  CALLBACK* callback = Context;
  PUPPET_RESET* call = callback->Call;
  ++call->Callbacks;
  call->CallbackStatus = (PU32)Status;
  call->CallbackIrql = KeGetCurrentIrql();
  call->CallbackBeforeReturn = !call->Returned;
  if (call->CallbackWrites) RtlFillMemory(callback->Parameters, sizeof(*callback->Parameters), 0xDB);
  if (call->CallbackResets)
    call->InnerStatus = (PU32)callback->Interface->DeviceReset(
        callback->Interface->Context, (DEVICE_RESET_TYPE)(call->CallbackResets - 1), 0, NULL);
  if (call->CallbackRaises) {
    KIRQL old;
    KeRaiseIrql((KIRQL)call->CallbackRaises, &old);
  }
}

static VOID CallReset(DEVICE_RESET_INTERFACE_STANDARD* Interface, PUPPET_RESET* Call) {
  FUNCTION_LEVEL_DEVICE_RESET_PARAMETERS parameters;
  CALLBACK callback = {Call, Interface, &parameters};
  KIRQL old = PASSIVE_LEVEL;
  PVOID given = &parameters;
  parameters.Size = sizeof(parameters);
  parameters.DeviceResetCompletion = ResetCompleted;
  parameters.CompletionContext = &callback;
  switch (Call->Parameters) {
    case PuppetNoParameters: given = NULL; break;
    case PuppetShortParameters: parameters.Size -= 1; break;
    case PuppetNoRoutine: parameters.DeviceResetCompletion = NULL; break;
    case PuppetLongParameters: parameters.Size += 0x20; break;
    case PuppetForeignParameters: given = (PVOID)0x10; break;
  }
  Call->Returned = 0;
  if (Call->Irql) KeRaiseIrql((KIRQL)Call->Irql, &old);
  if (Call->BusSpecific) {
    DEVICE_BUS_SPECIFIC_RESET_TYPE type;
    BUS_SPECIFIC_RESET_FLAGS flags;
    type.AsULONGLONG = Call->Type;
    flags.AsUlonglong = Call->BusFlags;
    Call->Status = (PU32)Interface->DeviceBusSpecificReset(
        Interface->Context, Call->WrongBus ? &GUID_DEVICE_RESET_INTERFACE_STANDARD : &kPciBus, type,
        Call->BusFlags == ~0ull ? NULL : &flags, given);
  } else {
    Call->Status = (PU32)Interface->DeviceReset(Interface->Context, (DEVICE_RESET_TYPE)Call->Type, Call->Flags, given);
  }
  Call->Returned = 1;
  Call->IrqlAfter = KeGetCurrentIrql();
  if (Call->Irql) KeLowerIrql(old);
}

VOID NTAPI PuppetReset(PDEVICE_OBJECT Device, PUPPET_RESET* Call) {
  CallReset(&((EXTENSION*)Device->DeviceExtension)->Reset, Call);
}

/// With an interface that the test has kept, perhaps for too long.
VOID NTAPI PuppetResetBy(DEVICE_RESET_INTERFACE_STANDARD* Interface, PUPPET_RESET* Call) {
  CallReset(Interface, Call);
}

NTSTATUS NTAPI PuppetQueryBusSpecific(PDEVICE_OBJECT Device, ULONG* Count, DEVICE_BUS_SPECIFIC_RESET_INFO* Info) {
  EXTENSION* ext = Device->DeviceExtension;
  return ext->Reset.QueryBusSpecificResetInfo(ext->Reset.Context, Count, Info);
}

VOID NTAPI PuppetGetStatus(DEVICE_RESET_INTERFACE_STANDARD* Interface, PUPPET_STATUS* Seen, ULONG Missing) {
  BOOLEAN resetting = 0xCC;
  DEVICE_BUS_SPECIFIC_RESET_TYPE type;
  DEVICE_RESET_STATUS_FLAGS flags;
  type.AsULONGLONG = flags.AsUlonglong = ~0ull;
  Seen->Status = (PU32)Interface->GetDeviceResetStatus(Interface->Context, Missing == 1 ? NULL : &resetting,
                                                       Missing == 2 ? NULL : &type, Missing == 3 ? NULL : &flags);
  Seen->IsResetting = resetting;
  Seen->Type = type.AsULONGLONG;
  Seen->Flags = flags.AsUlonglong;
}

static VOID During(EXTENSION* Ext, ULONG When) {
  if (Puppet.ResetDuring == When) {
    if (!Ext->Reset.DeviceReset) PuppetGetInterface(Ext->Self);
    if (Ext->Reset.DeviceReset) CallReset(&Ext->Reset, &Puppet.DuringReset);
  }
  if (Puppet.TouchDuring == When && Ext->Registers) Puppet.LastTouch = READ_REGISTER_ULONG((PULONG)Ext->Registers);
}

// ---- Registers ----

static VOID MapRegisters(EXTENSION* Ext, PIRP Irp) {
  PCM_RESOURCE_LIST list = IoGetCurrentIrpStackLocation(Irp)->Parameters.StartDevice.AllocatedResourcesTranslated;
  if (!list || Ext->Registers) return;
  PCM_PARTIAL_RESOURCE_LIST partial = &list->List[0].PartialResourceList;
  for (ULONG i = 0; i < partial->Count; ++i) {
    if (partial->PartialDescriptors[i].Type != CmResourceTypeMemory) continue;
    Ext->RegisterBytes = partial->PartialDescriptors[i].u.Memory.Length;
    Ext->Registers = MmMapIoSpace(partial->PartialDescriptors[i].u.Memory.Start, Ext->RegisterBytes, MmNonCached);
    return;
  }
}

static VOID UnmapRegisters(EXTENSION* Ext) {
  if (Ext->Registers) MmUnmapIoSpace(Ext->Registers, Ext->RegisterBytes);
  Ext->Registers = NULL;
}

ULONG NTAPI PuppetRead(PDEVICE_OBJECT Device) {
  return READ_REGISTER_ULONG((PULONG)((EXTENSION*)Device->DeviceExtension)->Registers);
}

VOID NTAPI PuppetWrite(PDEVICE_OBJECT Device, ULONG Value) {
  WRITE_REGISTER_ULONG((PULONG)((EXTENSION*)Device->DeviceExtension)->Registers, Value);
}

// ---- As a bus ----

static NTSTATUS Text(PIRP Irp, PCWSTR Characters, ULONG Bytes) {
  PVOID block = ExAllocatePoolWithTag(PagedPool, Bytes, 'ppuP');
  if (!block) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  RtlCopyMemory(block, Characters, Bytes);
  Irp->IoStatus.Information = (ULONG_PTR)block;
  return Complete(Irp, STATUS_SUCCESS);
}

static VOID NTAPI DoNothing(PVOID Context) { UNREFERENCED_PARAMETER(Context); }

/// A bus's own platform-level reset: the child goes, and comes back as a new one, inside the call.
static NTSTATUS NTAPI BusReset(PVOID Context, DEVICE_RESET_TYPE Type, ULONG Flags, PVOID Parameters) {
  EXTENSION* child = Context;
  UNREFERENCED_PARAMETER(Flags);
  UNREFERENCED_PARAMETER(Parameters);
  if (Type != PlatformLevelDeviceReset) return STATUS_NOT_SUPPORTED;
  for (ULONG i = 0; i < 4; ++i)
    if (child->Bus->Child[i] == child->Self) child->Bus->Child[i] = NULL;
  ++Puppet.BusResets;
  IoInvalidateDeviceRelations(child->Bus->Pdo, BusRelations);
  return STATUS_SUCCESS;
}

static NTSTATUS ChildInterface(EXTENSION* Ext, PIRP Irp) {
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(Irp);
  DEVICE_RESET_INTERFACE_STANDARD* answer = (PVOID)location->Parameters.QueryInterface.Interface;
  if (RtlCompareMemory(location->Parameters.QueryInterface.InterfaceType, &GUID_DEVICE_RESET_INTERFACE_STANDARD,
                       sizeof(GUID)) != sizeof(GUID) ||
      location->Parameters.QueryInterface.Size < sizeof(*answer))
    return Complete(Irp, Irp->IoStatus.Status);
  RtlZeroMemory(answer, sizeof(*answer));
  answer->Size = sizeof(*answer);
  answer->Version = DEVICE_RESET_INTERFACE_VERSION;
  answer->Context = Ext;
  answer->InterfaceReference = answer->InterfaceDereference = DoNothing;
  answer->DeviceReset = BusReset;
  answer->SupportedResetTypes = 1 << PlatformLevelDeviceReset;
  return Complete(Irp, STATUS_SUCCESS);
}

static BOOLEAN StillReported(EXTENSION* Child) {
  for (ULONG i = 0; i < 4; ++i)
    if (Child->Bus->Child[i] == Child->Self) return TRUE;
  return FALSE;
}

static NTSTATUS ChildPnp(EXTENSION* Ext, PIRP Irp) {
  static const WCHAR id[] = L"PUPPET\\CHILD\0";
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(Irp);
  Note(Ext, Irp);
  switch (location->MinorFunction) {
    case IRP_MN_QUERY_ID: {
      WCHAR instance[2] = {(WCHAR)(L'0' + Ext->Instance % 10), 0};
      switch (location->Parameters.QueryId.IdType) {
        case BusQueryDeviceID:
        case BusQueryHardwareIDs: return Text(Irp, id, sizeof(id));
        case BusQueryInstanceID: return Text(Irp, instance, sizeof(instance));
        default: return Complete(Irp, Irp->IoStatus.Status);
      }
    }
    case IRP_MN_QUERY_CAPABILITIES:
      location->Parameters.DeviceCapabilities.Capabilities->RawDeviceOK = TRUE;
      return Complete(Irp, STATUS_SUCCESS);
    case IRP_MN_QUERY_INTERFACE: return ChildInterface(Ext, Irp);
    case IRP_MN_QUERY_REMOVE_DEVICE: return Complete(Irp, Puppet.ChildHangs ? STATUS_DEVICE_HUNG : STATUS_SUCCESS);
    case IRP_MN_REMOVE_DEVICE:
      if (!StillReported(Ext)) IoDeleteDevice(Ext->Self);
      return Complete(Irp, STATUS_SUCCESS);
    case IRP_MN_START_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE: return Complete(Irp, STATUS_SUCCESS);
    default: return Complete(Irp, Irp->IoStatus.Status);
  }
}

static NTSTATUS ReportDevices(EXTENSION* Ext, PIRP Irp, PDEVICE_OBJECT* Devices, ULONG Count) {
  PDEVICE_RELATIONS relations =
      ExAllocatePoolWithTag(PagedPool, sizeof(DEVICE_RELATIONS) + Count * sizeof(PDEVICE_OBJECT), 'ppuP');
  if (!relations) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  relations->Count = Count;
  for (ULONG i = 0; i < Count; ++i) {
    ObReferenceObject(Devices[i]);
    relations->Objects[i] = Devices[i];
  }
  Irp->IoStatus.Information = (ULONG_PTR)relations;
  Irp->IoStatus.Status = STATUS_SUCCESS;
  return PassDown(Ext, Irp);
}

static NTSTATUS Relations(EXTENSION* Ext, PIRP Irp) {
  switch (IoGetCurrentIrpStackLocation(Irp)->Parameters.QueryDeviceRelations.Type) {
    case BusRelations:
      if (Puppet.Children == 0) break;
      for (ULONG i = 0; i < Puppet.Children; ++i) {
        PDEVICE_OBJECT pdo;
        if (Ext->Child[i]) continue;
        if (!NT_SUCCESS(IoCreateDevice(Driver, sizeof(EXTENSION), NULL, FILE_DEVICE_UNKNOWN,
                                       FILE_AUTOGENERATED_DEVICE_NAME, FALSE, &pdo)))
          continue;
        EXTENSION* child = pdo->DeviceExtension;
        child->IsChild = TRUE;
        child->Instance = 100 + i;
        child->Self = pdo;
        child->Bus = Ext;
        pdo->Flags &= ~DO_DEVICE_INITIALIZING;
        Ext->Child[i] = pdo;
      }
      return ReportDevices(Ext, Irp, Ext->Child, Puppet.Children);
    case RemovalRelations:
      if (!Puppet.Relation) break;
      return ReportDevices(Ext, Irp, (PDEVICE_OBJECT*)&Puppet.Relation, 1);
    default: break;
  }
  return PassDown(Ext, Irp);
}

// ---- As a filter ----

static NTSTATUS NTAPI FilteredReset(PVOID Context, DEVICE_RESET_TYPE Type, ULONG Flags, PVOID Parameters) {
  EXTENSION* ext = Context;
  ++Puppet.FilterCalls;
  if (Puppet.ReplaceReset == 2) return (NTSTATUS)Puppet.FilterStatus;
  NTSTATUS status = ext->Below.DeviceReset(ext->Below.Context, Type, Flags, Parameters);
  ++Puppet.FilterCalls;
  return status;
}

static NTSTATUS FilterQuery(EXTENSION* Ext, PIRP Irp) {
  DEVICE_RESET_INTERFACE_STANDARD* answer =
      (DEVICE_RESET_INTERFACE_STANDARD*)IoGetCurrentIrpStackLocation(Irp)->Parameters.QueryInterface.Interface;
  NTSTATUS status = ForwardAndWait(Ext, Irp);
  if (NT_SUCCESS(status)) {
    RtlCopyMemory(&Ext->Below, answer, answer->Size);
    answer->Context = Ext;
    answer->InterfaceReference = answer->InterfaceDereference = DoNothing;
    answer->DeviceReset = FilteredReset;
  }
  return Complete(Irp, status);
}

// ---- Dispatch ----

static NTSTATUS Remove(EXTENSION* Ext, PIRP Irp) {
  PDEVICE_OBJECT device = Ext->Self, lower = Ext->Lower;
  UnmapRegisters(Ext);
  for (ULONG i = 0; i < 4 && !Puppet.LeaveChildren; ++i)
    if (Ext->Child[i]) IoDeleteDevice(Ext->Child[i]);
  Puppet.Devices[Ext->Instance % PUPPET_DEVICES] = 0;
  Irp->IoStatus.Status = STATUS_SUCCESS;
  NTSTATUS status = PassDown(Ext, Irp);
  IoDetachDevice(lower);
  IoDeleteDevice(device);
  ++Puppet.Deletes;
  return status;
}

static NTSTATUS NTAPI Pnp(PDEVICE_OBJECT Device, PIRP Irp) {
  EXTENSION* ext = Device->DeviceExtension;
  if (ext->IsChild) return ChildPnp(ext, Irp);
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(Irp);
  const UCHAR minor = location->MinorFunction;
  Note(ext, Irp);
  if (minor == IRP_MN_QUERY_REMOVE_DEVICE) During(ext, PuppetAtQueryRemove);
  if (minor < 32 && Puppet.Answers[minor]) return Complete(Irp, (NTSTATUS)Puppet.Answers[minor]);
  switch (minor) {
    case IRP_MN_START_DEVICE: {
      During(ext, PuppetBeforeStart);
      NTSTATUS status = ForwardAndWait(ext, Irp);
      if (NT_SUCCESS(status) && Puppet.StartStatus) status = (NTSTATUS)Puppet.StartStatus;
      if (NT_SUCCESS(status)) MapRegisters(ext, Irp);
      During(ext, PuppetAfterStart);
      return Complete(Irp, status);
    }
    case IRP_MN_STOP_DEVICE:
      During(ext, PuppetAtStop);
      UnmapRegisters(ext);
      break;
    case IRP_MN_SURPRISE_REMOVAL: {
      if (Puppet.HoldRemoval) {
        IoMarkIrpPending(Irp);
        ext->Held = Irp;
        return STATUS_PENDING;
      }
      break;
    }
    case IRP_MN_REMOVE_DEVICE:
      During(ext, PuppetAtRemove);
      During(ext, PuppetAfterSurprise);
      return Remove(ext, Irp);
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
      Irp->IoStatus.Information |= Puppet.DeviceState;
      break;
    case IRP_MN_QUERY_DEVICE_RELATIONS: return Relations(ext, Irp);
    case IRP_MN_QUERY_INTERFACE:
      if (Puppet.ReplaceReset && RtlCompareMemory(location->Parameters.QueryInterface.InterfaceType,
                                                  &GUID_DEVICE_RESET_INTERFACE_STANDARD, sizeof(GUID)) == sizeof(GUID))
        return FilterQuery(ext, Irp);
      return PassDown(ext, Irp);
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE: break;
    default: return PassDown(ext, Irp);
  }
  Irp->IoStatus.Status = STATUS_SUCCESS;
  return PassDown(ext, Irp);
}

/// Lets go of the surprise removal that was held.
VOID NTAPI PuppetRelease(PDEVICE_OBJECT Device) {
  EXTENSION* ext = Device->DeviceExtension;
  PIRP irp = ext->Held;
  ext->Held = NULL;
  irp->IoStatus.Status = STATUS_SUCCESS;
  PassDown(ext, irp);
}

static NTSTATUS NTAPI Power(PDEVICE_OBJECT Device, PIRP Irp) {
  EXTENSION* ext = Device->DeviceExtension;
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(Irp);
  Note(ext, Irp)->State = (PU32)(location->Parameters.Power.Type << 8 | location->Parameters.Power.State.DeviceState);
  PoStartNextPowerIrp(Irp);
  if (ext->IsChild) return Complete(Irp, STATUS_SUCCESS);
  IoSkipCurrentIrpStackLocation(Irp);
  return PoCallDriver(ext->Lower, Irp);
}

/// Sends the device to a power state and waits.
static VOID NTAPI PowerDone(PDEVICE_OBJECT Device, UCHAR Minor, POWER_STATE State, PVOID Context, PIO_STATUS_BLOCK Io) {
  UNREFERENCED_PARAMETER(Device);
  UNREFERENCED_PARAMETER(Minor);
  UNREFERENCED_PARAMETER(State);
  UNREFERENCED_PARAMETER(Io);
  KeSetEvent((PKEVENT)Context, IO_NO_INCREMENT, FALSE);
}

VOID NTAPI PuppetSetPower(PDEVICE_OBJECT Device, ULONG State) {
  KEVENT done;
  POWER_STATE wanted;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  wanted.DeviceState = (DEVICE_POWER_STATE)State;
  if (NT_SUCCESS(PoRequestPowerIrp(((EXTENSION*)Device->DeviceExtension)->Pdo, IRP_MN_SET_POWER, wanted, PowerDone,
                                   &done, NULL)))
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
}

static NTSTATUS NTAPI OpenClose(PDEVICE_OBJECT Device, PIRP Irp) {
  UNREFERENCED_PARAMETER(Device);
  return Complete(Irp, STATUS_SUCCESS);
}

static NTSTATUS NTAPI AddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT Pdo) {
  PDEVICE_OBJECT device;
  const ULONG instance = Puppet.AddDevices++;
  if (Puppet.AddDeviceStatus) return (NTSTATUS)Puppet.AddDeviceStatus;
  NTSTATUS status =
      IoCreateDevice(DriverObject, sizeof(EXTENSION), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  EXTENSION* ext = device->DeviceExtension;
  ext->Instance = instance;
  ext->Self = device;
  ext->Pdo = Pdo;
  ext->Lower = IoAttachDeviceToDeviceStack(device, Pdo);
  Puppet.Devices[instance % PUPPET_DEVICES] = (PU64)(ULONG_PTR)device;
  Puppet.Pdos[instance % PUPPET_DEVICES] = (PU64)(ULONG_PTR)Pdo;
  device->Flags |= DO_POWER_PAGABLE;
  device->Flags &= ~DO_DEVICE_INITIALIZING;
  During(ext, PuppetAtAddDevice);
  return STATUS_SUCCESS;
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject) {
  UNREFERENCED_PARAMETER(DriverObject);
  ++Puppet.Unloads;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  Driver = DriverObject;
  ++Puppet.DriverEntries;
  DriverObject->MajorFunction[IRP_MJ_CREATE] = OpenClose;
  DriverObject->MajorFunction[IRP_MJ_CLEANUP] = OpenClose;
  DriverObject->MajorFunction[IRP_MJ_CLOSE] = OpenClose;
  DriverObject->MajorFunction[IRP_MJ_PNP] = Pnp;
  DriverObject->MajorFunction[IRP_MJ_POWER] = Power;
  DriverObject->DriverExtension->AddDevice = AddDevice;
  DriverObject->DriverUnload = Unload;
  return STATUS_SUCCESS;
}
