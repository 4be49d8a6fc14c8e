// A WDM driver, function driver or filter, that passes everything down, keeps a log, and errs where it is told to. The
// tests load it several times under different names: each copy has a `Puppet` of its own.
#include <ntddk.h>

#include "pnp_puppet.h"

#define TAG 0x7570506E

PNP_PUPPET Puppet;
static const GUID Interface = {0x7A1F0A30, 0x5C1B, 0x4B55, {0x9E, 0x1D, 0x21, 0x0C, 0x51, 0x83, 0x0A, 0x01}};
static UNICODE_STRING Link;
static BOOLEAN Gone;

static void Write(ULONG Code, ULONG Argument) {
  if (Puppet.LineCount == PNP_PUPPET_LINES) return;
  PNP_PUPPET_LINE* line = &Puppet.Lines[Puppet.LineCount++];
  line->Code = Code;
  line->Argument = Argument;
  line->Sequence = Puppet.Clock ? ++*(ULONG*)Puppet.Clock : 0;
  line->Irql = KeGetCurrentIrql();
  line->Attached = Puppet.Lower != 0;
}

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status) {
  Irp->IoStatus.Status = Status;
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
  return Status;
}

static NTSTATUS PassDown(PIRP Irp) {
  IoSkipCurrentIrpStackLocation(Irp);
  return IoCallDriver((PDEVICE_OBJECT)Puppet.Lower, Irp);
}

static void SetInterface(BOOLEAN On) {
  if (Link.Buffer) IoSetDeviceInterfaceState(&Link, On);
}

/// Everything that waits comes back.
static void FailHeld(void) {
  ULONG count = Puppet.HeldCount;
  Puppet.HeldCount = 0;
  for (ULONG i = 0; i < count; i++) {
    PIRP irp = (PIRP)Puppet.Held[i];
    irp->IoStatus.Information = 0;
    Complete(irp, STATUS_DELETE_PENDING);
  }
}

static NTSTATUS NTAPI Forwarded(PDEVICE_OBJECT Device, PIRP Irp, PVOID Event) {
  UNREFERENCED_PARAMETER(Device);
  UNREFERENCED_PARAMETER(Irp);
  KeSetEvent(Event, IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS ForwardAndWait(PIRP Irp) {
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  IoCopyCurrentIrpStackLocationToNext(Irp);
  IoSetCompletionRoutine(Irp, Forwarded, &done, TRUE, TRUE, TRUE);
  if (IoCallDriver((PDEVICE_OBJECT)Puppet.Lower, Irp) == STATUS_PENDING)
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
  return Irp->IoStatus.Status;
}

static NTSTATUS Relations(PIRP Irp, ULONG64 Related) {
  PDEVICE_RELATIONS relations = ExAllocatePoolWithTag(PagedPool, sizeof *relations, TAG);
  if (!relations) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  relations->Count = 1;
  relations->Objects[0] = (PDEVICE_OBJECT)Related;
  ObReferenceObject(relations->Objects[0]);
  Irp->IoStatus.Information = (ULONG_PTR)relations;
  Irp->IoStatus.Status = STATUS_SUCCESS;
  return PassDown(Irp);
}

static NTSTATUS Remove(PDEVICE_OBJECT Device, PIRP Irp) {
  SetInterface(FALSE);
  Gone = TRUE;
  FailHeld();
  Irp->IoStatus.Status = STATUS_SUCCESS;
  NTSTATUS status = PassDown(Irp);
  IoDetachDevice((PDEVICE_OBJECT)Puppet.Lower);
  if (Link.Buffer) RtlFreeUnicodeString(&Link);
  Puppet.Lower = Puppet.Device = 0;
  Puppet.Devices--;
  IoDeleteDevice(Device);
  return status;
}

static NTSTATUS NTAPI Pnp(PDEVICE_OBJECT Device, PIRP Irp) {
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(Irp);
  UCHAR minor = location->MinorFunction;
  ULONG argument = minor == IRP_MN_QUERY_DEVICE_RELATIONS ? location->Parameters.QueryDeviceRelations.Type : 0;
  Write(IRP_MJ_PNP << 8 | minor, argument);
  NTSTATUS refused = minor < 32 ? (NTSTATUS)Puppet.Refuse[minor] : 0;
  if (refused && minor != IRP_MN_START_DEVICE) return Complete(Irp, refused);
  switch (minor) {
    case IRP_MN_START_DEVICE: {
      NTSTATUS status = ForwardAndWait(Irp);
      if (NT_SUCCESS(status) && refused) status = refused;
      if (NT_SUCCESS(status)) {
        Gone = FALSE;
        SetInterface(TRUE);
      }
      return Complete(Irp, status);
    }
    case IRP_MN_SURPRISE_REMOVAL:
      SetInterface(FALSE);
      Gone = TRUE;
      FailHeld();
      Irp->IoStatus.Status = STATUS_SUCCESS;
      return PassDown(Irp);
    case IRP_MN_REMOVE_DEVICE:
      return Remove(Device, Irp);
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
      Irp->IoStatus.Information |= Puppet.DeviceState;
      Irp->IoStatus.Status = STATUS_SUCCESS;
      return PassDown(Irp);
    case IRP_MN_QUERY_DEVICE_RELATIONS:
      if (argument == RemovalRelations && Puppet.RemovalRelation) return Relations(Irp, Puppet.RemovalRelation);
      if (argument == EjectionRelations && Puppet.EjectionRelation) return Relations(Irp, Puppet.EjectionRelation);
      return PassDown(Irp);
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
      Irp->IoStatus.Status = STATUS_SUCCESS;
      return PassDown(Irp);
    default:
      return PassDown(Irp);
  }
}

/// Lets the power IRP go on that it was told to keep. Called by the test.
VOID NTAPI PnpPuppetRelease(void) {
  PIRP irp = (PIRP)Puppet.HeldPower;
  Puppet.HeldPower = 0;
  PoStartNextPowerIrp(irp);
  IoSkipCurrentIrpStackLocation(irp);
  PoCallDriver((PDEVICE_OBJECT)Puppet.Lower, irp);
}

static NTSTATUS NTAPI Power(PDEVICE_OBJECT Device, PIRP Irp) {
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(Irp);
  UCHAR minor = location->MinorFunction;
  BOOLEAN system = minor != IRP_MN_WAIT_WAKE && location->Parameters.Power.Type == SystemPowerState;
  ULONG state = minor == IRP_MN_WAIT_WAKE ? 0 : (ULONG)location->Parameters.Power.State.SystemState;
  Write(IRP_MJ_POWER << 8 | minor, state | (system ? 0x100 : 0));
  PoStartNextPowerIrp(Irp);
  if (minor < 4 && Puppet.RefusePower[minor]) return Complete(Irp, (NTSTATUS)Puppet.RefusePower[minor]);
  if (minor == IRP_MN_SET_POWER && Puppet.HoldsSetPower) {
    Puppet.HoldsSetPower = 0;
    Puppet.HeldPower = (ULONG64)Irp;
    IoMarkIrpPending(Irp);
    return STATUS_PENDING;
  }
  if (system && minor == IRP_MN_SET_POWER && Puppet.OwnsPowerPolicy) {
    POWER_STATE wanted;
    wanted.DeviceState = state == PowerSystemWorking ? PowerDeviceD0 : PowerDeviceD3;
    PoRequestPowerIrp(Device, IRP_MN_SET_POWER, wanted, NULL, NULL, NULL);
  }
  IoSkipCurrentIrpStackLocation(Irp);
  return PoCallDriver((PDEVICE_OBJECT)Puppet.Lower, Irp);
}

static NTSTATUS NTAPI Succeed(PDEVICE_OBJECT Device, PIRP Irp) {
  UNREFERENCED_PARAMETER(Device);
  Write(IoGetCurrentIrpStackLocation(Irp)->MajorFunction << 8, 0);
  if (Gone && IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_CREATE)
    return Complete(Irp, STATUS_DELETE_PENDING);
  return Complete(Irp, STATUS_SUCCESS);
}

static NTSTATUS NTAPI Read(PDEVICE_OBJECT Device, PIRP Irp) {
  UNREFERENCED_PARAMETER(Device);
  Irp->IoStatus.Information = 0;
  if (Gone) return Complete(Irp, STATUS_DELETE_PENDING);
  if (!Puppet.HoldsRequests || Puppet.HeldCount == PNP_PUPPET_HELD) return Complete(Irp, STATUS_SUCCESS);
  IoMarkIrpPending(Irp);
  Puppet.Held[Puppet.HeldCount++] = (ULONG64)Irp;
  return STATUS_PENDING;
}

static NTSTATUS NTAPI AddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT Physical) {
  Write(PNP_PUPPET_ADD_DEVICE, 0);
  if (Puppet.AddDeviceStatus) return (NTSTATUS)Puppet.AddDeviceStatus;
  PDEVICE_OBJECT device;
  NTSTATUS status = IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  Puppet.Lower = (ULONG64)IoAttachDeviceToDeviceStack(device, Physical);
  if (!Puppet.Lower) {
    IoDeleteDevice(device);
    return STATUS_NO_SUCH_DEVICE;
  }
  if (Puppet.UsesInterface) IoRegisterDeviceInterface(Physical, &Interface, NULL, &Link);
  Puppet.Device = (ULONG64)device;
  Puppet.Physical = (ULONG64)Physical;
  Puppet.Devices++;
  device->Flags |= DO_POWER_PAGABLE;
  device->Flags &= ~DO_DEVICE_INITIALIZING;
  return STATUS_SUCCESS;
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject) {
  UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  DriverObject->MajorFunction[IRP_MJ_CREATE] = Succeed;
  DriverObject->MajorFunction[IRP_MJ_CLEANUP] = Succeed;
  DriverObject->MajorFunction[IRP_MJ_CLOSE] = Succeed;
  DriverObject->MajorFunction[IRP_MJ_READ] = Read;
  DriverObject->MajorFunction[IRP_MJ_PNP] = Pnp;
  DriverObject->MajorFunction[IRP_MJ_POWER] = Power;
  DriverObject->DriverExtension->AddDevice = AddDevice;
  DriverObject->DriverUnload = Unload;
  return STATUS_SUCCESS;
}
