// Tests that need to look at processors, IRQLs and APCs from inside a driver. See guest_ioctl.h.
#include "guest_check.h"

#define PROCESSORS_MAX 8
#define ROUNDS 1000

// Exported by the kernel, declared by none of its headers.
NTKERNELAPI VOID NTAPI KeGenericCallDpc(PKDEFERRED_ROUTINE Routine, PVOID Context);
NTKERNELAPI VOID NTAPI KeSignalCallDpcDone(PVOID SystemArgument1);
NTKERNELAPI LOGICAL NTAPI KeSignalCallDpcSynchronize(PVOID SystemArgument2);
NTKERNELAPI VOID NTAPI KeInitializeApc(PKAPC Apc, PKTHREAD Thread, ULONG Environment, PKKERNEL_ROUTINE KernelRoutine,
                                       PKRUNDOWN_ROUTINE RundownRoutine, PKNORMAL_ROUTINE NormalRoutine,
                                       KPROCESSOR_MODE Mode, PVOID NormalContext);
NTKERNELAPI BOOLEAN NTAPI KeInsertQueueApc(PKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2,
                                           KPRIORITY Increment);

static ULONG Processors(VOID) {
  return KeQueryActiveProcessorCount(NULL);
}

/// What the routines that run on every processor leave behind.
typedef struct _GATHERING {
  volatile LONG Arrived;
  volatile LONG Seen;  // one bit a processor
  volatile LONG Winners;
  volatile LONG Early;  // got past the barrier before all had arrived
  volatile LONG WrongIrql;
} GATHERING;

// --- KeGenericCallDpc

static VOID NTAPI GatherDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
  GATHERING* gathering = Context;
  UNREFERENCED_PARAMETER(Dpc);
  if (KeGetCurrentIrql() != DISPATCH_LEVEL) InterlockedIncrement(&gathering->WrongIrql);
  InterlockedOr(&gathering->Seen, 1 << KeGetCurrentProcessorNumber());
  InterlockedIncrement(&gathering->Arrived);
  if (KeSignalCallDpcSynchronize(Argument2)) InterlockedIncrement(&gathering->Winners);
  if ((ULONG)gathering->Arrived != Processors()) InterlockedIncrement(&gathering->Early);
  KeSignalCallDpcDone(Argument1);
}

static VOID TestGenericDpc(GUEST_RESULT* Result) {
  for (ULONG round = 0; round < 10; ++round) {
    GATHERING gathering = {0};
    KeGenericCallDpc(GatherDpc, &gathering);
    CHECK(Result, (ULONG)gathering.Arrived == Processors());
    CHECK(Result, (ULONG)gathering.Seen == (1u << Processors()) - 1);
    CHECK(Result, gathering.Winners == 1);
    CHECK(Result, gathering.Early == 0);
    CHECK(Result, gathering.WrongIrql == 0);
    CHECK(Result, KeGetCurrentIrql() == PASSIVE_LEVEL);
  }
}

// --- KeIpiGenericCall

static ULONG_PTR NTAPI GatherIpi(ULONG_PTR Context) {
  GATHERING* gathering = (GATHERING*)Context;
  if (KeGetCurrentIrql() <= DISPATCH_LEVEL) InterlockedIncrement(&gathering->WrongIrql);
  InterlockedOr(&gathering->Seen, 1 << KeGetCurrentProcessorNumber());
  InterlockedIncrement(&gathering->Arrived);
  return 77;
}

static VOID TestIpi(GUEST_RESULT* Result) {
  GATHERING gathering = {0};
  CHECK(Result, KeIpiGenericCall(GatherIpi, (ULONG_PTR)&gathering) == 77);
  CHECK(Result, (ULONG)gathering.Arrived == Processors());
  CHECK(Result, (ULONG)gathering.Seen == (1u << Processors()) - 1);
  CHECK(Result, gathering.WrongIrql == 0);
}

// --- KeFlushQueuedDpcs

typedef struct _TARGETED {
  KDPC Dpc;
  ULONG Wanted;
  volatile LONG Runs;
  volatile LONG Elsewhere;
} TARGETED;

static VOID NTAPI TargetedDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
  TARGETED* targeted = Context;
  UNREFERENCED_PARAMETER(Dpc);
  UNREFERENCED_PARAMETER(Argument1);
  UNREFERENCED_PARAMETER(Argument2);
  InterlockedIncrement(&targeted->Runs);
  if (KeGetCurrentProcessorNumber() != targeted->Wanted) InterlockedIncrement(&targeted->Elsewhere);
}

static TARGETED targets[PROCESSORS_MAX];

static VOID TestFlushDpcs(GUEST_RESULT* Result) {
  ULONG count = Processors();
  for (ULONG i = 0; i < count; ++i) {
    targets[i].Wanted = i;
    targets[i].Runs = 0;
    targets[i].Elsewhere = 0;
    KeInitializeDpc(&targets[i].Dpc, TargetedDpc, &targets[i]);
    KeSetTargetProcessorDpc(&targets[i].Dpc, (CCHAR)i);
  }
  for (ULONG round = 1; round <= 10; ++round) {
    for (ULONG i = 0; i < count; ++i) CHECK(Result, KeInsertQueueDpc(&targets[i].Dpc, NULL, NULL));
    KeFlushQueuedDpcs();
    for (ULONG i = 0; i < count; ++i) {
      CHECK(Result, (ULONG)targets[i].Runs == round);
      CHECK(Result, targets[i].Elsewhere == 0);
    }
  }
}

// --- APCs

typedef struct _DELIVERY {
  ULONG Kernel;
  ULONG Normal;
  KIRQL KernelIrql;
  KIRQL NormalIrql;
} DELIVERY;

static VOID NTAPI KernelApc(PKAPC Apc, PKNORMAL_ROUTINE* NormalRoutine, PVOID* NormalContext, PVOID* Argument1,
                            PVOID* Argument2) {
  DELIVERY* delivery = *Argument1;
  UNREFERENCED_PARAMETER(Apc);
  UNREFERENCED_PARAMETER(NormalRoutine);
  UNREFERENCED_PARAMETER(NormalContext);
  UNREFERENCED_PARAMETER(Argument2);
  ++delivery->Kernel;
  delivery->KernelIrql = KeGetCurrentIrql();
}

static VOID NTAPI NormalApc(PVOID Context, PVOID Argument1, PVOID Argument2) {
  DELIVERY* delivery = Argument1;
  UNREFERENCED_PARAMETER(Context);
  UNREFERENCED_PARAMETER(Argument2);
  ++delivery->Normal;
  delivery->NormalIrql = KeGetCurrentIrql();
}

/// Queues an APC to this thread. Without a normal routine it is a special kernel APC.
static BOOLEAN QueueApc(PKAPC Apc, DELIVERY* Delivery, BOOLEAN Special) {
  Delivery->Kernel = Delivery->Normal = 0;
  KeInitializeApc(Apc, KeGetCurrentThread(), 0, KernelApc, NULL, Special ? NULL : NormalApc, KernelMode, NULL);
  return KeInsertQueueApc(Apc, Delivery, NULL, 0);
}

static VOID TestApc(GUEST_RESULT* Result) {
  KAPC apc;
  DELIVERY delivery;
  KIRQL irql;

  // Nothing in the way: delivered at once, the kernel routine at APC_LEVEL, the normal routine at PASSIVE_LEVEL.
  CHECK(Result, !KeAreApcsDisabled());
  CHECK(Result, QueueApc(&apc, &delivery, FALSE));
  CHECK(Result, delivery.Kernel == 1 && delivery.KernelIrql == APC_LEVEL);
  CHECK(Result, delivery.Normal == 1 && delivery.NormalIrql == PASSIVE_LEVEL);

  // A critical region holds back normal kernel APCs, nested ones included, and lets special ones through.
  KeEnterCriticalRegion();
  KeEnterCriticalRegion();
  CHECK(Result, KeAreApcsDisabled());
  CHECK(Result, !KeAreAllApcsDisabled());
  QueueApc(&apc, &delivery, FALSE);
  CHECK(Result, delivery.Normal == 0);
  KeLeaveCriticalRegion();
  CHECK(Result, delivery.Normal == 0);
  KeLeaveCriticalRegion();
  CHECK(Result, delivery.Normal == 1);
  KeEnterCriticalRegion();
  QueueApc(&apc, &delivery, TRUE);
  CHECK(Result, delivery.Kernel == 1);
  KeLeaveCriticalRegion();
  CHECK(Result, delivery.Kernel == 1);

  // A guarded region holds back both.
  KeEnterGuardedRegion();
  CHECK(Result, KeAreAllApcsDisabled());
  QueueApc(&apc, &delivery, TRUE);
  CHECK(Result, delivery.Kernel == 0);
  KeLeaveGuardedRegion();
  CHECK(Result, delivery.Kernel == 1);
  KeEnterGuardedRegion();
  QueueApc(&apc, &delivery, FALSE);
  CHECK(Result, delivery.Kernel == 0 && delivery.Normal == 0);
  KeLeaveGuardedRegion();
  CHECK(Result, delivery.Kernel == 1 && delivery.Normal == 1);

  // So does APC_LEVEL.
  KeRaiseIrql(APC_LEVEL, &irql);
  CHECK(Result, KeAreAllApcsDisabled());
  QueueApc(&apc, &delivery, TRUE);
  CHECK(Result, delivery.Kernel == 0);
  KeLowerIrql(irql);
  CHECK(Result, delivery.Kernel == 1);
}

// --- IRQLs

static VOID TestIrql(GUEST_RESULT* Result) {
  static TARGETED here;
  KSPIN_LOCK outer;
  KSPIN_LOCK inner;
  KIRQL first;
  KIRQL second;

  CHECK(Result, KeGetCurrentIrql() == PASSIVE_LEVEL);
  KeRaiseIrql(APC_LEVEL, &first);
  CHECK(Result, first == PASSIVE_LEVEL && KeGetCurrentIrql() == APC_LEVEL);
  KeRaiseIrql(DISPATCH_LEVEL, &second);
  CHECK(Result, second == APC_LEVEL && KeGetCurrentIrql() == DISPATCH_LEVEL);

  // A DPC of this processor waits until the IRQL is below DISPATCH_LEVEL, and not for PASSIVE_LEVEL.
  here.Wanted = KeGetCurrentProcessorNumber();
  here.Runs = here.Elsewhere = 0;
  KeInitializeDpc(&here.Dpc, TargetedDpc, &here);
  CHECK(Result, KeInsertQueueDpc(&here.Dpc, NULL, NULL));
  CHECK(Result, !KeInsertQueueDpc(&here.Dpc, NULL, NULL));
  CHECK(Result, here.Runs == 0);
  KIRQL third;
  KeRaiseIrql(DISPATCH_LEVEL + 1, &third);
  CHECK(Result, third == DISPATCH_LEVEL && KeGetCurrentIrql() == DISPATCH_LEVEL + 1);
  KeLowerIrql(third);
  CHECK(Result, here.Runs == 0);
  KeLowerIrql(second);
  CHECK(Result, here.Runs == 1 && here.Elsewhere == 0);
  KeLowerIrql(first);
  CHECK(Result, KeGetCurrentIrql() == PASSIVE_LEVEL);

  // Spin locks nest and give back the IRQL they found.
  KeInitializeSpinLock(&outer);
  KeInitializeSpinLock(&inner);
  KeAcquireSpinLock(&outer, &first);
  CHECK(Result, first == PASSIVE_LEVEL && KeGetCurrentIrql() == DISPATCH_LEVEL);
  KeAcquireSpinLock(&inner, &second);
  CHECK(Result, second == DISPATCH_LEVEL);
  KeReleaseSpinLock(&inner, second);
  CHECK(Result, KeGetCurrentIrql() == DISPATCH_LEVEL);
  KeAcquireSpinLockAtDpcLevel(&inner);
  KeReleaseSpinLockFromDpcLevel(&inner);
  KeReleaseSpinLock(&outer, first);
  CHECK(Result, KeGetCurrentIrql() == PASSIVE_LEVEL);
}

// --- spin locks

typedef struct _CONTEST {
  KSPIN_LOCK Lock;
  volatile ULONG Count;  // only under Lock
  volatile LONG Finished;
  volatile LONG NextProcessor;
  volatile LONG Elsewhere;
} CONTEST;

static VOID NTAPI Contestant(PVOID Context) {
  CONTEST* contest = Context;
  ULONG processor = (ULONG)InterlockedIncrement(&contest->NextProcessor) - 1;
  KeSetSystemAffinityThread((KAFFINITY)1 << processor);
  if (KeGetCurrentProcessorNumber() != processor) InterlockedIncrement(&contest->Elsewhere);
  for (ULONG i = 0; i < ROUNDS; ++i) {
    KIRQL irql;
    KeAcquireSpinLock(&contest->Lock, &irql);
    ULONG count = contest->Count;
    YieldProcessor();
    contest->Count = count + 1;
    KeReleaseSpinLock(&contest->Lock, irql);
  }
  KeRevertToUserAffinityThread();
  InterlockedIncrement(&contest->Finished);
  PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID TestSpinLock(GUEST_RESULT* Result) {
  PVOID threads[PROCESSORS_MAX];
  CONTEST contest = {0};
  KeInitializeSpinLock(&contest.Lock);
  ULONG count = Processors();
  ULONG started = 0;
  for (; started < count; ++started) {
    HANDLE handle;
    NTSTATUS status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, Contestant, &contest);
    CHECK(Result, NT_SUCCESS(status));
    if (!NT_SUCCESS(status)) break;
    status = ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, NULL, KernelMode, &threads[started], NULL);
    CHECK(Result, NT_SUCCESS(status));
    ZwClose(handle);
  }
  for (ULONG i = 0; i < started; ++i) {
    KeWaitForSingleObject(threads[i], Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(threads[i]);
  }
  CHECK(Result, (ULONG)contest.Finished == count);
  CHECK(Result, contest.Count == count * ROUNDS);
  CHECK(Result, contest.Elsewhere == 0);
}

static NTSTATUS NTAPI DeviceControl(PDEVICE_OBJECT Device, PIRP Irp) {
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
  GUEST_RESULT result = {0, 0, 0};
  UNREFERENCED_PARAMETER(Device);
  if (stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(result))
    return GuestComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
  switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_PROCESSORS_GENERIC_DPC:
      TestGenericDpc(&result);
      break;
    case IOCTL_PROCESSORS_IPI:
      TestIpi(&result);
      break;
    case IOCTL_PROCESSORS_FLUSH_DPCS:
      TestFlushDpcs(&result);
      break;
    case IOCTL_PROCESSORS_APC:
      TestApc(&result);
      break;
    case IOCTL_PROCESSORS_IRQL:
      TestIrql(&result);
      break;
    case IOCTL_PROCESSORS_SPIN_LOCK:
      TestSpinLock(&result);
      break;
    default:
      return GuestComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
  }
  *(GUEST_RESULT*)Irp->AssociatedIrp.SystemBuffer = result;
  return GuestComplete(Irp, STATUS_SUCCESS, sizeof(result));
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  return GuestCreateDevice(DriverObject, L"\\Device\\Processors", DeviceControl);
}
