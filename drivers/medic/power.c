/// Power: the device follows the system.
#include "medic.h"

static NTSTATUS MedicPassPowerDown(PMEDIC_EXTENSION Ext, PIRP Irp) {
  IoSkipCurrentIrpStackLocation(Irp);
  NTSTATUS status = PoCallDriver(Ext->Lower, Irp);
  IoReleaseRemoveLock(&Ext->RemoveLock, Irp);
  return status;
}

// ---- device power

static VOID MedicPowerDown(PMEDIC_EXTENSION Ext, PIRP Irp) {
  MedicHold(Ext, MEDIC_HOLD_LOW_POWER);
  // The device may hang just now. Then the watchdog sees to it first; that takes its time, but it ends.
  MedicWaitIdle(Ext);
  MedicEnterGate(Ext);
  MedicSilence(Ext);
  MedicLeaveGate(Ext);
  Ext->PowerState = IoGetCurrentIrpStackLocation(Irp)->Parameters.Power.State.DeviceState;
  POWER_STATE state = {.DeviceState = Ext->PowerState};
  PoSetPowerState(Ext->Device, DevicePowerState, state);
  MedicPassPowerDown(Ext, Irp);
}

/// It does not wake up. Without power no reset is possible either, and those who wait must not wait for ever.
static VOID MedicGiveUpSleeper(PMEDIC_EXTENSION Ext) {
  MedicRefuse(Ext, STATUS_NO_SUCH_DEVICE);
  MedicReportFailed(Ext);
}

/// The bus has given the device its power back, or has failed to. Its registers are as new.
static VOID MedicPowerUp(PMEDIC_EXTENSION Ext, PIRP Irp) {
  if (NT_SUCCESS(Irp->IoStatus.Status)) {
    Ext->PowerState = PowerDeviceD0;
    POWER_STATE state = {.DeviceState = PowerDeviceD0};
    PoSetPowerState(Ext->Device, DevicePowerState, state);
    MedicEnterGate(Ext);
    // Unless it was taken away meanwhile. What recovery has given up stays given up.
    if (Ext->Registers && NT_SUCCESS(Ext->Refusal)) MedicProgramOrRecover(Ext);
    MedicLetGo(Ext, MEDIC_HOLD_LOW_POWER);
    MedicLeaveGate(Ext);
  } else {
    MedicGiveUpSleeper(Ext);
  }
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
  IoReleaseRemoveLock(&Ext->RemoveLock, Irp);
}

/// At PASSIVE_LEVEL, where one may wait.
static VOID NTAPI MedicPowerWork(PDEVICE_OBJECT Device, PVOID Context) {
  PMEDIC_EXTENSION ext = Device->DeviceExtension;
  PIRP irp = ext->PowerIrp;
  UNREFERENCED_PARAMETER(Context);
  if (IoGetCurrentIrpStackLocation(irp)->Parameters.Power.State.DeviceState == PowerDeviceD0)
    MedicPowerUp(ext, irp);
  else
    MedicPowerDown(ext, irp);
}

static NTSTATUS NTAPI MedicPoweredUp(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context) {
  PMEDIC_EXTENSION ext = Context;
  UNREFERENCED_PARAMETER(Device);
  UNREFERENCED_PARAMETER(Irp);
  IoQueueWorkItem(ext->PowerItem, MedicPowerWork, DelayedWorkQueue, NULL);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS MedicSetDevicePower(PMEDIC_EXTENSION Ext, PIRP Irp, DEVICE_POWER_STATE State) {
  if (State == Ext->PowerState) return MedicPassPowerDown(Ext, Irp);
  IoMarkIrpPending(Irp);
  Ext->PowerIrp = Irp;
  if (State == PowerDeviceD0) {
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, MedicPoweredUp, Ext, TRUE, TRUE, TRUE);
    PoCallDriver(Ext->Lower, Irp);
  } else {
    IoQueueWorkItem(Ext->PowerItem, MedicPowerWork, DelayedWorkQueue, NULL);
  }
  return STATUS_PENDING;
}

// ---- system power

/// The device has followed, or has not: so the system's IRP ends.
static VOID NTAPI MedicDeviceFollowed(PDEVICE_OBJECT Device, UCHAR Minor, POWER_STATE State, PVOID Context,
                                      PIO_STATUS_BLOCK Io) {
  PIRP irp = Context;
  PMEDIC_EXTENSION ext = IoGetCurrentIrpStackLocation(irp)->DeviceObject->DeviceExtension;
  UNREFERENCED_PARAMETER(Device);
  UNREFERENCED_PARAMETER(Minor);
  UNREFERENCED_PARAMETER(State);
  irp->IoStatus.Status = Io->Status;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  IoReleaseRemoveLock(&ext->RemoveLock, irp);
}

/// The bus knows of the system's new state: now the device, whose power policy is ours.
static NTSTATUS NTAPI MedicSystemPowerPassed(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context) {
  PMEDIC_EXTENSION ext = Context;
  UNREFERENCED_PARAMETER(Device);
  NTSTATUS status = Irp->IoStatus.Status;
  if (NT_SUCCESS(status)) {
    POWER_STATE state;
    state.DeviceState = ext->DeviceStateOf[IoGetCurrentIrpStackLocation(Irp)->Parameters.Power.State.SystemState];
    status = PoRequestPowerIrp(ext->Physical, IRP_MN_SET_POWER, state, MedicDeviceFollowed, Irp, NULL);
    if (status == STATUS_PENDING) return STATUS_MORE_PROCESSING_REQUIRED;
    if (state.DeviceState == PowerDeviceD0) MedicGiveUpSleeper(ext);
    Irp->IoStatus.Status = status;
  }
  IoReleaseRemoveLock(&ext->RemoveLock, Irp);
  return STATUS_CONTINUE_COMPLETION;
}

NTSTATUS NTAPI MedicPower(PDEVICE_OBJECT Device, PIRP Irp) {
  PMEDIC_EXTENSION ext = Device->DeviceExtension;
  NTSTATUS status = IoAcquireRemoveLock(&ext->RemoveLock, Irp);
  if (!NT_SUCCESS(status)) {
    Irp->IoStatus.Status = status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return status;
  }
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
  if (stack->MinorFunction != IRP_MN_SET_POWER) return MedicPassPowerDown(ext, Irp);
  if (stack->Parameters.Power.Type == DevicePowerState)
    return MedicSetDevicePower(ext, Irp, stack->Parameters.Power.State.DeviceState);
  IoMarkIrpPending(Irp);
  IoCopyCurrentIrpStackLocationToNext(Irp);
  IoSetCompletionRoutine(Irp, MedicSystemPowerPassed, ext, TRUE, TRUE, TRUE);
  PoCallDriver(ext->Lower, Irp);
  return STATUS_PENDING;
}

/// WMI is for those below.
NTSTATUS NTAPI MedicSystemControl(PDEVICE_OBJECT Device, PIRP Irp) {
  PMEDIC_EXTENSION ext = Device->DeviceExtension;
  NTSTATUS status = IoAcquireRemoveLock(&ext->RemoveLock, Irp);
  if (!NT_SUCCESS(status)) {
    Irp->IoStatus.Status = status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return status;
  }
  IoSkipCurrentIrpStackLocation(Irp);
  status = IoCallDriver(ext->Lower, Irp);
  IoReleaseRemoveLock(&ext->RemoveLock, Irp);
  return status;
}
