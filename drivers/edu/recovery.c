/// What is done about a device that hangs.
///
/// First a function-level reset: the device alone, which stays on its bus, in its stack, with its resources and its
/// handles; but it has forgotten all that was programmed. If it does not work afterwards, a platform-level reset: the
/// PnP manager takes this stack down, with those of all devices on the same power rail or reset line, and builds them
/// again. Where the bus offers neither, the framework is told that the device has failed.
#include "edu.h"

/// Nothing mends the device. Found anew it may work; one that has not worked since it was found is left alone, or this
/// would go on for ever.
static VOID EduGiveUp(EDU_DEVICE* Edu) {
  WdfDeviceSetFailed(Edu->Device, Edu->Statistics.Hangs ? WdfDeviceFailedAttemptRestart : WdfDeviceFailedNoRestart);
}

#ifdef UMDF_VERSION_MAJOR

// ---- a user-mode driver has no reset interface: a device that hangs has failed

VOID EduQueryReset(EDU_DEVICE* Edu) {
  UNREFERENCED_PARAMETER(Edu);
}

VOID EduForgetReset(EDU_DEVICE* Edu) {
  UNREFERENCED_PARAMETER(Edu);
}

static NTSTATUS EduResetFunction(EDU_DEVICE* Edu) {
  UNREFERENCED_PARAMETER(Edu);
  return STATUS_NOT_SUPPORTED;
}

static VOID EduResetPlatform(EDU_DEVICE* Edu) {
  EduGiveUp(Edu);
}

#else

// ---- the reset interface

VOID EduQueryReset(EDU_DEVICE* Edu) {
  NTSTATUS status = WdfFdoQueryForInterface(Edu->Device, &GUID_DEVICE_RESET_INTERFACE_STANDARD,
                                            (PINTERFACE)&Edu->Reset, sizeof(Edu->Reset),
                                            DEVICE_RESET_INTERFACE_VERSION, NULL);
  // Without it the device works as well; it is only mended less well.
  if (!NT_SUCCESS(status)) RtlZeroMemory(&Edu->Reset, sizeof(Edu->Reset));
}

VOID EduForgetReset(EDU_DEVICE* Edu) {
  if (Edu->Reset.InterfaceDereference) Edu->Reset.InterfaceDereference(Edu->Reset.Context);
  RtlZeroMemory(&Edu->Reset, sizeof(Edu->Reset));
}

static BOOLEAN EduCanReset(EDU_DEVICE* Edu, DEVICE_RESET_TYPE Type) {
  return Edu->Reset.DeviceReset && (Edu->Reset.SupportedResetTypes & (1u << Type));
}

// ---- the two resets

typedef struct _EDU_RESET_RESULT {
  KEVENT Done;
  NTSTATUS Status;
} EDU_RESET_RESULT;

static VOID NTAPI EduResetCompleted(NTSTATUS Status, PVOID Context) {
  EDU_RESET_RESULT* result = Context;
  result->Status = Status;
  KeSetEvent(&result->Done, IO_NO_INCREMENT, FALSE);
}

static NTSTATUS EduResetOnce(EDU_DEVICE* Edu) {
  EDU_RESET_RESULT result;
  KeInitializeEvent(&result.Done, NotificationEvent, FALSE);
  FUNCTION_LEVEL_DEVICE_RESET_PARAMETERS parameters = {sizeof(parameters), EduResetCompleted, &result};
  NTSTATUS status = Edu->Reset.DeviceReset(Edu->Reset.Context, FunctionLevelDeviceReset, 0, &parameters);
  if (status == STATUS_PENDING) {
    KeWaitForSingleObject(&result.Done, Executive, KernelMode, FALSE, NULL);
    status = result.Status;
  }
  return status;
}

static NTSTATUS EduResetFunction(EDU_DEVICE* Edu) {
  LARGE_INTEGER pause;
  pause.QuadPart = WDF_REL_TIMEOUT_IN_MS(EDU_RESET_PAUSE_MS);
  if (!EduCanReset(Edu, FunctionLevelDeviceReset)) return STATUS_NOT_SUPPORTED;
  Edu->Statistics.FunctionResets += 1;
  for (ULONG attempt = 1;; ++attempt) {
    NTSTATUS status = EduResetOnce(Edu);
    // Somebody else in the stack is just resetting it, and we do not know when he began.
    if (status != STATUS_DEVICE_BUSY || attempt == EDU_RESET_ATTEMPTS_MAX) return status;
    KeDelayExecutionThread(KernelMode, FALSE, &pause);
  }
}

/// The call only asks. What follows comes as callbacks, when this driver's work item has long returned.
static VOID EduResetPlatform(EDU_DEVICE* Edu) {
  NTSTATUS status = STATUS_NOT_SUPPORTED;
  if (EduCanReset(Edu, PlatformLevelDeviceReset)) {
    Edu->Statistics.PlatformRequests += 1;
    Edu->PlatformResetAsked = TRUE;  // before the call: query-remove may be quicker than its return
    status = Edu->Reset.DeviceReset(Edu->Reset.Context, PlatformLevelDeviceReset, 0, NULL);
  }
  if (NT_SUCCESS(status)) return;
  Edu->PlatformResetAsked = FALSE;
  EduGiveUp(Edu);
}

#endif

// ---- recovery

/// Under the callback lock.
VOID EduBeginRecovery(EDU_DEVICE* Edu) {
  if (Edu->Recovering || !Edu->PoweredUp) return;
  Edu->Recovering = TRUE;
  Edu->Ready = FALSE;
  EduForgetWork(Edu);
  WdfWorkItemEnqueue(Edu->Recovery);
}

/// The device works again, or is given up. The request it hung on is begun anew, or ends.
static VOID EduRecovered(EDU_DEVICE* Edu, BOOLEAN Works) {
  WdfObjectAcquireLock(Edu->Device);
  Edu->Recovering = FALSE;
  if (Works) {
    Edu->Statistics.Recoveries += 1;
    Edu->Ready = TRUE;
    EduStartCurrent(Edu);
  } else {
    Edu->Refusal = STATUS_DEVICE_HUNG;
    EduEndCurrent(Edu, STATUS_DEVICE_HUNG, 0);
  }
  WdfObjectReleaseLock(Edu->Device);
}

/// IRQL: PASSIVE_LEVEL, as both resets demand. D0Exit waits for its end, so the device stays in D0.
static VOID NTAPI EduRecover(WDFWORKITEM WorkItem) {
  EDU_DEVICE* edu = EduDevice(WdfWorkItemGetParentObject(WorkItem));
  WdfObjectAcquireLock(edu->Device);
  BOOLEAN wanted = edu->PoweredUp;
  if (!wanted) edu->Recovering = FALSE;  // it is programmed when it comes back
  WdfObjectReleaseLock(edu->Device);
  if (!wanted) return;
  EduEnterReset(edu);
  // A device that hangs again before it has done anything has not been helped.
  BOOLEAN works = FALSE;
  while (!works && edu->ResetsInVain++ < EDU_FUNCTION_RESETS_MAX && NT_SUCCESS(EduResetFunction(edu)))
    works = EduProgram(edu);
  if (works) EduLeaveReset(edu);
  EduRecovered(edu, works);
  if (!works) EduResetPlatform(edu);
}

NTSTATUS EduCreateRecovery(EDU_DEVICE* Edu) {
  WDF_WORKITEM_CONFIG config;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_WORKITEM_CONFIG_INIT(&config, EduRecover);
  config.AutomaticSerialization = FALSE;  // the callback lock is held at DISPATCH_LEVEL
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.ParentObject = Edu->Device;
  return WdfWorkItemCreate(&config, &attributes, &Edu->Recovery);
}
