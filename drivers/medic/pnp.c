/// Plug and Play.
#include "medic.h"

static NTSTATUS MedicPassDown(PMEDIC_EXTENSION Ext, PIRP Irp) {
  IoSkipCurrentIrpStackLocation(Irp);
  NTSTATUS status = IoCallDriver(Ext->Lower, Irp);
  IoReleaseRemoveLock(&Ext->RemoveLock, Irp);
  return status;
}

static NTSTATUS MedicFinish(PMEDIC_EXTENSION Ext, PIRP Irp, NTSTATUS Status) {
  Irp->IoStatus.Status = Status;
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
  IoReleaseRemoveLock(&Ext->RemoveLock, Irp);
  return Status;
}

/// Sends the IRP down and comes back with it.
static NTSTATUS MedicForward(PMEDIC_EXTENSION Ext, PIRP Irp) {
  return IoForwardIrpSynchronously(Ext->Lower, Irp) ? Irp->IoStatus.Status : STATUS_UNSUCCESSFUL;
}

// ---- start and stop

/// The bus below has powered the device and given it its resources.
static NTSTATUS MedicStart(PMEDIC_EXTENSION Ext, PIRP Irp) {
  NTSTATUS status = MedicForward(Ext, Irp);
  if (!NT_SUCCESS(status)) return status;
  status =
      MedicAcquireHardware(Ext, IoGetCurrentIrpStackLocation(Irp)->Parameters.StartDevice.AllocatedResourcesTranslated);
  if (!NT_SUCCESS(status)) {
    MedicReleaseHardware(Ext);
    MedicReleaseDma(Ext);
    return status;
  }
  if (!Ext->Reset.DeviceReset) MedicQueryReset(Ext);
  MedicEnterGate(Ext);
  MedicProgramOrRecover(Ext);
  MedicLetGo(Ext, MEDIC_HOLD_NOT_STARTED | MEDIC_HOLD_STOP_PENDING);
  MedicLeaveGate(Ext);
  // Should this fail, the device works and nobody finds it: no reason to fail the start.
  IoSetDeviceInterfaceState(&Ext->InterfaceLink, TRUE);
  return STATUS_SUCCESS;
}

static VOID MedicStop(PMEDIC_EXTENSION Ext) {
  MedicHold(Ext, MEDIC_HOLD_NOT_STARTED);
  MedicWaitIdle(Ext);
  MedicEnterGate(Ext);
  MedicSilence(Ext);
  MedicReleaseHardware(Ext);
  MedicReleaseDma(Ext);
  MedicLeaveGate(Ext);
}

// ---- removal

/// Leaves the device and ends all requests, once. The order is that of the documents: the hardware first, then the
/// requests, then the interface.
static VOID MedicWithdraw(PMEDIC_EXTENSION Ext) {
  if (Ext->Holds & MEDIC_HOLD_GONE) return;
  MedicHold(Ext, MEDIC_HOLD_GONE);
  MedicEnterGate(Ext);  // a reset that is under way ends first, one that has yet to begin finds us going
  MedicSilence(Ext);
  MedicReleaseHardware(Ext);
  MedicLeaveGate(Ext);
  MedicRefuse(Ext, STATUS_NO_SUCH_DEVICE);
  IoSetDeviceInterfaceState(&Ext->InterfaceLink, FALSE);
}

static NTSTATUS MedicRemove(PMEDIC_EXTENSION Ext, PIRP Irp) {
  MedicWithdraw(Ext);
  IoReleaseRemoveLockAndWait(&Ext->RemoveLock, Irp);
  MedicForgetReset(Ext);
  KeFlushQueuedDpcs();  // the watchdog's, which holds no lock of ours

  Irp->IoStatus.Status = STATUS_SUCCESS;
  IoSkipCurrentIrpStackLocation(Irp);
  NTSTATUS status = IoCallDriver(Ext->Lower, Irp);
  MedicReleaseDma(Ext);  // not earlier: the bus has now silenced a device that did not obey us
  IoDetachDevice(Ext->Lower);
  RtlFreeUnicodeString(&Ext->InterfaceLink);
  IoFreeWorkItem(Ext->RecoveryItem);
  IoFreeWorkItem(Ext->PowerItem);
  IoDeleteDevice(Ext->Device);
  return status;
}

// ---- queries

/// Which device state each system state allows.
static NTSTATUS MedicQueryCapabilities(PMEDIC_EXTENSION Ext, PIRP Irp) {
  NTSTATUS status = MedicForward(Ext, Irp);
  if (NT_SUCCESS(status)) {
    PDEVICE_CAPABILITIES capabilities = IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceCapabilities.Capabilities;
    for (ULONG state = PowerSystemSleeping1; state < PowerSystemMaximum; ++state)
      if (capabilities->DeviceState[state] != PowerDeviceUnspecified)
        Ext->DeviceStateOf[state] = capabilities->DeviceState[state];
  }
  return status;
}

NTSTATUS NTAPI MedicPnp(PDEVICE_OBJECT Device, PIRP Irp) {
  PMEDIC_EXTENSION ext = Device->DeviceExtension;
  NTSTATUS status = IoAcquireRemoveLock(&ext->RemoveLock, Irp);
  if (!NT_SUCCESS(status)) {
    Irp->IoStatus.Status = status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return status;
  }
  switch (IoGetCurrentIrpStackLocation(Irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
      return MedicFinish(ext, Irp, MedicStart(ext, Irp));

    case IRP_MN_QUERY_STOP_DEVICE:
      MedicHold(ext, MEDIC_HOLD_STOP_PENDING);
      MedicWaitIdle(ext);
      break;
    case IRP_MN_CANCEL_STOP_DEVICE:
      status = MedicForward(ext, Irp);
      MedicLetGo(ext, MEDIC_HOLD_STOP_PENDING);
      return MedicFinish(ext, Irp, status);
    case IRP_MN_STOP_DEVICE:
      MedicStop(ext);
      break;

    case IRP_MN_QUERY_REMOVE_DEVICE:
      // The device cannot be stopped: it does not obey. Nobody below needs to know.
      if (ext->PlatformResetAsked) return MedicFinish(ext, Irp, STATUS_DEVICE_HUNG);
      ext->OpensRefused = TRUE;
      break;
    case IRP_MN_CANCEL_REMOVE_DEVICE:
      status = MedicForward(ext, Irp);
      ext->OpensRefused = FALSE;
      return MedicFinish(ext, Irp, status);
    case IRP_MN_SURPRISE_REMOVAL:
      MedicWithdraw(ext);
      break;
    case IRP_MN_REMOVE_DEVICE:
      return MedicRemove(ext, Irp);

    case IRP_MN_QUERY_CAPABILITIES:
      return MedicFinish(ext, Irp, MedicQueryCapabilities(ext, Irp));
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
      if (ext->Failed) Irp->IoStatus.Information |= PNP_DEVICE_FAILED;
      break;
    default:
      return MedicPassDown(ext, Irp);  // with its status as it is: others may know what to do
  }
  Irp->IoStatus.Status = STATUS_SUCCESS;
  return MedicPassDown(ext, Irp);
}
