/// What is done about a device that hangs.
///
/// First a function-level reset: the device alone, which stays on its bus, in its stack, with its resources and its
/// handles; but it has forgotten all that was programmed. If the device does not work afterwards, a platform-level
/// reset: the PnP manager takes this stack down, with those of all devices on the same power rail or reset line, and
/// builds them again. Where the bus offers neither, the device is reported as failed.
#include "medic.h"

// ---- the reset interface

/// Asks the whole stack, so that filters may answer or add to the answer. IRQL: PASSIVE_LEVEL.
VOID MedicQueryReset(PMEDIC_EXTENSION Ext) {
  KEVENT done;
  IO_STATUS_BLOCK io;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  PDEVICE_OBJECT top = IoGetAttachedDeviceReference(Ext->Device);
  PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, top, NULL, 0, NULL, &done, &io);
  NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
  if (irp) {
    RtlZeroMemory(&Ext->Reset, sizeof(Ext->Reset));
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MinorFunction = IRP_MN_QUERY_INTERFACE;
    stack->Parameters.QueryInterface.InterfaceType = &GUID_DEVICE_RESET_INTERFACE_STANDARD;
    stack->Parameters.QueryInterface.Size = sizeof(Ext->Reset);
    stack->Parameters.QueryInterface.Version = DEVICE_RESET_INTERFACE_VERSION;
    stack->Parameters.QueryInterface.Interface = (PINTERFACE)&Ext->Reset;
    stack->Parameters.QueryInterface.InterfaceSpecificData = NULL;
    status = IoCallDriver(top, irp);
    if (status == STATUS_PENDING) {
      KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
      status = io.Status;
    }
  }
  ObDereferenceObject(top);
  // Without it the device works as well; it is only mended less well.
  if (!NT_SUCCESS(status)) RtlZeroMemory(&Ext->Reset, sizeof(Ext->Reset));
}

VOID MedicForgetReset(PMEDIC_EXTENSION Ext) {
  if (Ext->Reset.InterfaceDereference) Ext->Reset.InterfaceDereference(Ext->Reset.Context);
  RtlZeroMemory(&Ext->Reset, sizeof(Ext->Reset));
}

static BOOLEAN MedicCanReset(PMEDIC_EXTENSION Ext, DEVICE_RESET_TYPE Type) {
  return Ext->Reset.DeviceReset && (Ext->Reset.SupportedResetTypes & (1u << Type));
}

// ---- the two resets

/// Nothing helps. The PnP manager asks for the device's state, and removes it.
VOID MedicReportFailed(PMEDIC_EXTENSION Ext) {
  Ext->Failed = TRUE;
  IoInvalidateDeviceState(Ext->Physical);
}

typedef struct _MEDIC_RESET_RESULT {
  KEVENT Done;
  NTSTATUS Status;
} MEDIC_RESET_RESULT;

static VOID NTAPI MedicResetCompleted(NTSTATUS Status, PVOID Context) {
  MEDIC_RESET_RESULT* result = Context;
  result->Status = Status;
  KeSetEvent(&result->Done, IO_NO_INCREMENT, FALSE);
}

static NTSTATUS MedicResetOnce(PMEDIC_EXTENSION Ext) {
  MEDIC_RESET_RESULT result;
  KeInitializeEvent(&result.Done, NotificationEvent, FALSE);
  FUNCTION_LEVEL_DEVICE_RESET_PARAMETERS parameters = {sizeof(parameters), MedicResetCompleted, &result};
  NTSTATUS status = Ext->Reset.DeviceReset(Ext->Reset.Context, FunctionLevelDeviceReset, 0, &parameters);
  if (status == STATUS_PENDING) {
    KeWaitForSingleObject(&result.Done, Executive, KernelMode, FALSE, NULL);
    status = result.Status;
  }
  return status;
}

static NTSTATUS MedicResetFunction(PMEDIC_EXTENSION Ext) {
  LARGE_INTEGER pause;
  pause.QuadPart = -(LONGLONG)MEDIC_RESET_PAUSE_MS * 10000;
  if (!MedicCanReset(Ext, FunctionLevelDeviceReset)) return STATUS_NOT_SUPPORTED;
  Ext->Statistics.FunctionResets += 1;
  for (ULONG attempt = 1;; ++attempt) {
    NTSTATUS status = MedicResetOnce(Ext);
    // Somebody else in the stack is just resetting it, and we do not know when he began.
    if (status != STATUS_DEVICE_BUSY || attempt == MEDIC_RESET_ATTEMPTS_MAX) return status;
    KeDelayExecutionThread(KernelMode, FALSE, &pause);
  }
}

/// The call only asks. What follows comes as PnP IRPs, when this driver's work item has long returned.
static VOID MedicResetPlatform(PMEDIC_EXTENSION Ext) {
  NTSTATUS status = STATUS_NOT_SUPPORTED;
  if (MedicCanReset(Ext, PlatformLevelDeviceReset)) {
    Ext->Statistics.PlatformRequests += 1;
    Ext->PlatformResetAsked = TRUE;  // before the call: query-remove may be quicker than its return
    status = Ext->Reset.DeviceReset(Ext->Reset.Context, PlatformLevelDeviceReset, 0, NULL);
  }
  if (NT_SUCCESS(status)) return;
  Ext->PlatformResetAsked = FALSE;
  MedicReportFailed(Ext);
}

// ---- recovery

/// Whether there is anything to do. The caller has passed the gate.
static BOOLEAN MedicIsWanted(PMEDIC_EXTENSION Ext) {
  KIRQL irql;
  KeAcquireSpinLock(&Ext->Lock, &irql);
  BOOLEAN wanted = !(Ext->Holds & MEDIC_HOLD_GONE);
  if (wanted && !Ext->Current && (Ext->Holds & (MEDIC_HOLD_LOW_POWER | MEDIC_HOLD_NOT_STARTED))) {
    // It was put to sleep or stopped meanwhile. It is programmed when it comes back.
    Ext->Holds &= ~MEDIC_HOLD_RECOVERY;
    wanted = FALSE;
  }
  KeReleaseSpinLock(&Ext->Lock, irql);
  return wanted;
}

/// The device works again. The request it hung on is begun anew, whatever else holds the others back.
static VOID MedicResume(PMEDIC_EXTENSION Ext) {
  KIRQL irql;
  KeAcquireSpinLock(&Ext->Lock, &irql);
  Ext->Statistics.Recoveries += 1;
  Ext->Holds &= ~MEDIC_HOLD_RECOVERY;
  if (Ext->Current) MedicIssue(Ext, Ext->Current);
  KeReleaseSpinLock(&Ext->Lock, irql);
  MedicStartNext(Ext);
}

/// IRQL: PASSIVE_LEVEL, as both resets demand; no lock is held, and no IRP waits for us.
static VOID NTAPI MedicRecover(PDEVICE_OBJECT Device, PVOID Context) {
  PMEDIC_EXTENSION ext = Device->DeviceExtension;
  UNREFERENCED_PARAMETER(Context);
  MedicEnterGate(ext);
  if (MedicIsWanted(ext)) {
    MedicSilence(ext);
    // A device that hangs again before it has done anything has not been helped.
    BOOLEAN works = FALSE;
    while (!works && ext->ResetsInVain++ < MEDIC_FUNCTION_RESETS_MAX && NT_SUCCESS(MedicResetFunction(ext)))
      works = MedicProgram(ext);
    if (works) {
      MedicResume(ext);
    } else {
      MedicSilence(ext);
      MedicRefuse(ext, STATUS_DEVICE_HUNG);  // the hold stays: there will be no more requests
      MedicResetPlatform(ext);
    }
  }
  MedicLeaveGate(ext);
  IoReleaseRemoveLock(&ext->RemoveLock, ext->RecoveryItem);
}

/// The caller holds Lock.
VOID MedicBeginRecovery(PMEDIC_EXTENSION Ext) {
  if (Ext->Holds & (MEDIC_HOLD_RECOVERY | MEDIC_HOLD_GONE)) return;
  if (!NT_SUCCESS(IoAcquireRemoveLock(&Ext->RemoveLock, Ext->RecoveryItem))) return;
  Ext->Holds |= MEDIC_HOLD_RECOVERY;
  Ext->OnDevice = FALSE;
  // Not the queue of PowerItem, which may wait for us and keep that queue's threads from us meanwhile.
  IoQueueWorkItem(Ext->RecoveryItem, MedicRecover, CriticalWorkQueue, NULL);
}

/// After start and power-up. A device that is there but does not work is treated; requests wait meanwhile.
/// The caller has passed the gate, and holds requests back.
VOID MedicProgramOrRecover(PMEDIC_EXTENSION Ext) {
  if (MedicProgram(Ext)) return;
  KIRQL irql;
  KeAcquireSpinLock(&Ext->Lock, &irql);
  MedicBeginRecovery(Ext);
  KeReleaseSpinLock(&Ext->Lock, irql);
}
