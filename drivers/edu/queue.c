/// Requests. What the device can answer waits in a sequential, power-managed queue; what needs no device does not wait.
///
/// A request that the device works on can be cancelled: it ends at once, and the device's work is then nobody's. The
/// next request is given to the device when that work has ended.
#include "edu.h"

// ---- the request and the device's work

/// Gives the device what Current wants, if it can take it. Under the callback lock.
VOID EduStartCurrent(EDU_DEVICE* Edu) {
  PVOID data;
  if (!Edu->Current || !Edu->Ready || Edu->OnDevice.Kind != EduNothing) return;
  if (EduHasForgotten(Edu)) {
    EduBeginRecovery(Edu);  // which begins with the request again
    return;
  }
  if (Edu->Wanted.Kind == EduWrite) {
    NTSTATUS status = WdfRequestRetrieveInputBuffer(Edu->Current, Edu->Wanted.Length, &data, NULL);
    if (!NT_SUCCESS(status)) {
      EduEndCurrent(Edu, status, 0);
      return;
    }
    RtlCopyMemory(Edu->Memory, data, Edu->Wanted.Length);
  }
  Edu->OnDevice = Edu->Wanted;
  Edu->CurrentsWork = TRUE;
  EduWatch(Edu);
  EduIssue(Edu, &Edu->OnDevice);
}

/// Completes Current, unless it is being cancelled: then EvtRequestCancel waits for our lock, to do it.
VOID EduEndCurrent(EDU_DEVICE* Edu, NTSTATUS Status, ULONG_PTR Information) {
  WDFREQUEST request = Edu->Current;
  if (!request || WdfRequestUnmarkCancelable(request) == STATUS_CANCELLED) return;
  Edu->Current = NULL;
  WdfRequestCompleteWithInformation(request, Status, Information);
}

/// FALSE if it is gone: somebody else may reset the device between its interrupt and this. No factorial is all ones.
static BOOLEAN EduReadAnswer(EDU_DEVICE* Edu, ULONG* Answer) {
  *Answer = EduReadRegister(Edu, EDU_FACTORIAL);
  return *Answer != EDU_ALL_ONES && !EduHasForgotten(Edu);
}

/// What finished work brings back to its request.
static VOID EduDeliver(EDU_DEVICE* Edu, const EDU_COMMAND* Done) {
  PVOID data = NULL;
  ULONG length = Done->Kind == EduFactorial ? sizeof(ULONG) : Done->Length;
  NTSTATUS status = STATUS_SUCCESS;
  if (Done->Kind != EduWrite) status = WdfRequestRetrieveOutputBuffer(Edu->Current, length, &data, NULL);
  if (NT_SUCCESS(status) && Done->Kind == EduFactorial && !EduReadAnswer(Edu, data)) {
    EduBeginRecovery(Edu);
    return;
  }
  if (NT_SUCCESS(status) && Done->Kind == EduRead) RtlCopyMemory(data, Edu->Memory, length);
  EduEndCurrent(Edu, status, NT_SUCCESS(status) ? length : 0);
}

/// The device has signalled these bits, or the watchdog has found them set. Under the callback lock.
VOID EduWorkEnded(EDU_DEVICE* Edu, ULONG InterruptBits) {
  EDU_COMMAND done = Edu->OnDevice;
  BOOLEAN ours = Edu->CurrentsWork;
  if (!(InterruptBits & EduInterruptOf(&done))) return;
  WdfTimerStop(Edu->Watchdog, FALSE);
  EduForgetWork(Edu);
  Edu->ResetsInVain = 0;
  Edu->Statistics.Completed += 1;
  if (done.Kind == EduWrite) RtlCopyMemory(Edu->Image + done.Offset, Edu->Memory, done.Length);
  if (ours)
    EduDeliver(Edu, &done);
  else
    EduStartCurrent(Edu);
}

/// Whatever the device still does, nobody waits for it. Under the callback lock.
VOID EduForgetWork(EDU_DEVICE* Edu) {
  Edu->OnDevice.Kind = EduNothing;
  Edu->CurrentsWork = FALSE;
}

// ---- callbacks of the queue

static VOID NTAPI EduRequestCancel(WDFREQUEST Request) {
  EDU_DEVICE* edu = EduDevice(WdfIoQueueGetDevice(WdfRequestGetIoQueue(Request)));
  edu->Current = NULL;
  edu->CurrentsWork = FALSE;
  WdfRequestComplete(Request, STATUS_CANCELLED);
}

static VOID EduBegin(WDFQUEUE Queue, WDFREQUEST Request, const EDU_COMMAND* Command) {
  EDU_DEVICE* edu = EduDevice(WdfIoQueueGetDevice(Queue));
  NTSTATUS status = edu->Refusal;
  if (NT_SUCCESS(status)) status = WdfRequestMarkCancelableEx(Request, EduRequestCancel);
  if (!NT_SUCCESS(status)) {
    WdfRequestComplete(Request, status);
    return;
  }
  edu->Current = Request;
  edu->Wanted = *Command;
  EduStartCurrent(edu);
}

static VOID EduBeginTransfer(WDFQUEUE Queue, WDFREQUEST Request, EDU_KIND Kind) {
  WDF_REQUEST_PARAMETERS parameters;
  WDF_REQUEST_PARAMETERS_INIT(&parameters);
  WdfRequestGetParameters(Request, &parameters);  // a write's lie as a read's
  LONGLONG offset = parameters.Parameters.Read.DeviceOffset;
  size_t length = parameters.Parameters.Read.Length;
  if (offset < 0 || offset >= EDU_CAPACITY || length > (size_t)(EDU_CAPACITY - offset)) {
    WdfRequestComplete(Request, STATUS_INVALID_PARAMETER);
    return;
  }
  EDU_COMMAND command = {Kind, 0, (ULONG)offset, (ULONG)length};
  EduBegin(Queue, Request, &command);
}

static VOID NTAPI EduIoRead(WDFQUEUE Queue, WDFREQUEST Request, size_t Length) {
  UNREFERENCED_PARAMETER(Length);
  EduBeginTransfer(Queue, Request, EduRead);
}

static VOID NTAPI EduIoWrite(WDFQUEUE Queue, WDFREQUEST Request, size_t Length) {
  UNREFERENCED_PARAMETER(Length);
  EduBeginTransfer(Queue, Request, EduWrite);
}

static VOID NTAPI EduIoFactorial(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputLength, size_t InputLength,
                                 ULONG Code) {
  ULONG *in, *out;
  UNREFERENCED_PARAMETER(OutputLength);
  UNREFERENCED_PARAMETER(InputLength);
  UNREFERENCED_PARAMETER(Code);
  NTSTATUS status = WdfRequestRetrieveInputBuffer(Request, sizeof(ULONG), (PVOID*)&in, NULL);
  if (NT_SUCCESS(status)) status = WdfRequestRetrieveOutputBuffer(Request, sizeof(ULONG), (PVOID*)&out, NULL);
  if (!NT_SUCCESS(status)) {
    WdfRequestComplete(Request, status);
    return;
  }
  EDU_COMMAND command = {EduFactorial, *in, 0, 0};
  EduBegin(Queue, Request, &command);
}

/// The device leaves D0, or goes away. Its request goes back to the queue, and begins anew when the device is back.
static VOID NTAPI EduIoStop(WDFQUEUE Queue, WDFREQUEST Request, ULONG ActionFlags) {
  EDU_DEVICE* edu = EduDevice(WdfIoQueueGetDevice(Queue));
  // One that is being cancelled ends by itself.
  if (WdfRequestUnmarkCancelable(Request) == STATUS_CANCELLED) return;
  edu->Current = NULL;
  edu->CurrentsWork = FALSE;
  if (ActionFlags & WdfRequestStopActionPurge)
    WdfRequestComplete(Request, STATUS_NO_SUCH_DEVICE);
  else
    WdfRequestStopAcknowledge(Request, TRUE);
}

// ---- what needs no device

static VOID NTAPI EduIoDeviceControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputLength, size_t InputLength,
                                     ULONG Code) {
  EDU_DEVICE* edu = EduDevice(WdfIoQueueGetDevice(Queue));
  PVOID out;
  NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
  UNREFERENCED_PARAMETER(OutputLength);
  UNREFERENCED_PARAMETER(InputLength);
  if (Code == IOCTL_EDU_FACTORIAL) {
    status = WdfRequestForwardToIoQueue(Request, edu->Requests);
    if (NT_SUCCESS(status)) return;
  } else if (Code == IOCTL_EDU_STATISTICS) {
    status = WdfRequestRetrieveOutputBuffer(Request, sizeof(EDU_STATISTICS), &out, NULL);
    if (NT_SUCCESS(status)) RtlCopyMemory(out, &edu->Statistics, sizeof(EDU_STATISTICS));
  }
  WdfRequestCompleteWithInformation(Request, status, NT_SUCCESS(status) ? sizeof(EDU_STATISTICS) : 0);
}

NTSTATUS EduCreateQueues(EDU_DEVICE* Edu) {
  WDF_IO_QUEUE_CONFIG config;
  WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchSequential);
  config.EvtIoRead = EduIoRead;
  config.EvtIoWrite = EduIoWrite;
  config.EvtIoDeviceControl = EduIoFactorial;
  config.EvtIoStop = EduIoStop;
  NTSTATUS status = WdfIoQueueCreate(Edu->Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &Edu->Requests);
  if (NT_SUCCESS(status)) status = WdfDeviceConfigureRequestDispatching(Edu->Device, Edu->Requests, WdfRequestTypeRead);
  if (NT_SUCCESS(status))
    status = WdfDeviceConfigureRequestDispatching(Edu->Device, Edu->Requests, WdfRequestTypeWrite);
  if (!NT_SUCCESS(status)) return status;
  WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
  config.PowerManaged = WdfFalse;
  config.EvtIoDeviceControl = EduIoDeviceControl;
  return WdfIoQueueCreate(Edu->Device, &config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
}
