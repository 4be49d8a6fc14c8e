#pragma once
// I/O request packets: allocation, sending, completion, cancellation.

#include "nt/irp.h"

namespace drydock::ntos::io {
using namespace nt;

/// IRQL: at most DISPATCH_LEVEL. Null if pool is exhausted. The caller frees it with IoFreeIrp.
IRP* NTAPI IoAllocateIrp(CHAR StackSize, BOOLEAN ChargeQuota);
IRP* NTAPI IoAllocateIrpEx(DEVICE_OBJECT* DeviceObject, CHAR StackSize, BOOLEAN ChargeQuota);
/// Raises MULTIPLE_IRP_COMPLETE_REQUESTS for what is no IRP (freed twice).
void NTAPI IoFreeIrp(IRP* Irp);
/// Makes an IRP that its driver allocated with IoAllocateIrp as good as new.
void NTAPI IoReuseIrp(IRP* Irp, NTSTATUS Iostatus);
/// Lays an IRP over driver memory. Ownership stays the driver's.
void NTAPI IoInitializeIrp(IRP* Irp, USHORT PacketSize, CHAR StackSize);

/// Hands `Irp` to the driver of `DeviceObject`. NO_MORE_IRP_STACK_LOCATIONS if none is left.
NTSTATUS NTAPI IofCallDriver(DEVICE_OBJECT* DeviceObject, IRP* Irp);
/// Walks the completion routines upwards; the last owner may find the IRP freed. IRQL: at most DISPATCH_LEVEL.
void NTAPI IofCompleteRequest(IRP* Irp, CHAR PriorityBoost);
/// Sends and waits. True if the IRP was sent. IRQL: PASSIVE_LEVEL.
BOOLEAN NTAPI IoForwardIrpSynchronously(DEVICE_OBJECT* DeviceObject, IRP* Irp);
BOOLEAN NTAPI IoForwardAndCatchIrp(DEVICE_OBJECT* DeviceObject, IRP* Irp);
NTSTATUS NTAPI IoSetCompletionRoutineEx(DEVICE_OBJECT* DeviceObject, IRP* Irp, PIO_COMPLETION_ROUTINE CompletionRoutine,
                                        PVOID Context, BOOLEAN InvokeOnSuccess, BOOLEAN InvokeOnError,
                                        BOOLEAN InvokeOnCancel);

/// The build calls queue the IRP to the thread; the completion walk frees it and sets status block and event.
IRP* NTAPI IoBuildSynchronousFsdRequest(ULONG MajorFunction, DEVICE_OBJECT* DeviceObject, PVOID Buffer, ULONG Length,
                                        LARGE_INTEGER* StartingOffset, KEVENT* Event, IO_STATUS_BLOCK* IoStatusBlock);
/// Not queued to a thread: the caller's completion routine frees it.
IRP* NTAPI IoBuildAsynchronousFsdRequest(ULONG MajorFunction, DEVICE_OBJECT* DeviceObject, PVOID Buffer, ULONG Length,
                                         LARGE_INTEGER* StartingOffset, IO_STATUS_BLOCK* IoStatusBlock);
IRP* NTAPI IoBuildDeviceIoControlRequest(ULONG IoControlCode, DEVICE_OBJECT* DeviceObject, PVOID InputBuffer,
                                         ULONG InputBufferLength, PVOID OutputBuffer, ULONG OutputBufferLength,
                                         BOOLEAN InternalDeviceIoControl, KEVENT* Event,
                                         IO_STATUS_BLOCK* IoStatusBlock);
IRP* NTAPI IoMakeAssociatedIrp(IRP* Irp, CHAR StackSize);
void NTAPI IoQueueThreadIrp(IRP* Irp);

/// True if a cancel routine was found and called.
BOOLEAN NTAPI IoCancelIrp(IRP* Irp);
void NTAPI IoAcquireCancelSpinLock(KIRQL* Irql);
void NTAPI IoReleaseCancelSpinLock(KIRQL Irql);
PDRIVER_CANCEL NTAPI IoSetCancelRoutine(IRP* Irp, PDRIVER_CANCEL CancelRoutine);

BOOLEAN NTAPI IoIsOperationSynchronous(IRP* Irp);
EPROCESS* NTAPI IoGetRequestorProcess(IRP* Irp);
ULONG NTAPI IoGetRequestorProcessId(IRP* Irp);
NTSTATUS NTAPI IoGetRequestorSessionId(IRP* Irp, ULONG* SessionId);
LONG NTAPI IoGetIoPriorityHint(IRP* Irp);
BOOLEAN NTAPI IoIs32bitProcess(IRP* Irp);

// ---- for our own rooms ----
/// Marks an IRP as the kernel's own, for the account ("sent by ntos").
void mark_kernel_made(IRP* irp);
/// The running thread ends: cancels what it has sent and waits for the end of it, five minutes at most.
/// IRQL: PASSIVE_LEVEL.
void cancel_thread_irps(ETHREAD* thread);

}  // namespace drydock::ntos::io
