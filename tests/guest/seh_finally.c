// A __finally runs once, in its turn and at the IRQL of its __try, however the block is left. Reports through
// DriverEntry's status, see GuestStatus.
#include "seh.h"

static VOID TestOrdinary(GUEST_RESULT* Result) {
  ULONG runs = 0;
  BOOLEAN abnormal = TRUE;
  __try {
    ++runs;
  } __finally {
    ++runs;
    abnormal = (BOOLEAN)AbnormalTermination();
  }
  CHECK(Result, runs == 2);
  CHECK(Result, !abnormal);
}

static VOID TestFault(GUEST_RESULT* Result) {
  ULONG order = 0;
  BOOLEAN abnormal = FALSE;
  SEH_SEEN seen = {0};
  __try {
    __try {
      __try {
        order = *(volatile ULONG*)SEH_UNMAPPED;
      } __finally {
        order = order * 10 + 1;
        abnormal = (BOOLEAN)AbnormalTermination();
      }
    } __finally {
      order = order * 10 + 2;
    }
  } __except (SEH_FILTER(&seen)) {
    order = order * 10 + 3;
  }
  CHECK(Result, order == 123);
  CHECK(Result, abnormal);
  CHECK(Result, seen.Filters == 1);
}

static VOID TestIrql(GUEST_RESULT* Result) {
  FAST_MUTEX mutex;
  KIRQL in_finally = 0xFF;
  KIRQL in_handler = 0xFF;
  SEH_SEEN seen = {0};
  ExInitializeFastMutex(&mutex);
  __try {
    ExAcquireFastMutex(&mutex);
    __try {
      *(volatile ULONG*)SEH_UNMAPPED = 1;
    } __finally {
      in_finally = KeGetCurrentIrql();
      ExReleaseFastMutex(&mutex);
    }
  } __except (SEH_FILTER(&seen)) {
    in_handler = KeGetCurrentIrql();
  }
  CHECK(Result, seen.FilterIrql == APC_LEVEL);  // filters run before anything is unwound
  CHECK(Result, in_finally == APC_LEVEL);
  CHECK(Result, in_handler == PASSIVE_LEVEL);
  CHECK(Result, KeGetCurrentIrql() == PASSIVE_LEVEL);
  CHECK(Result, ExTryToAcquireFastMutex(&mutex));
  ExReleaseFastMutex(&mutex);
}

static __attribute__((noinline)) VOID Inner(ULONG* Order, KSPIN_LOCK* Lock, KIRQL* InFinally) {
  KIRQL irql;
  KeAcquireSpinLock(Lock, &irql);
  __try {
    ExRaiseStatus(STATUS_DEVICE_DATA_ERROR);
  } __finally {
    *Order = *Order * 10 + 1;
    *InFinally = KeGetCurrentIrql();
    KeReleaseSpinLock(Lock, irql);
  }
}

static __attribute__((noinline)) VOID Middle(ULONG* Order, KSPIN_LOCK* Lock, KIRQL* InFinally) {
  __try {
    Inner(Order, Lock, InFinally);
  } __finally {
    *Order = *Order * 10 + 2;
  }
}

/// A raise that leaves two functions, one of which holds a spin lock.
static VOID TestAcrossFunctions(GUEST_RESULT* Result) {
  KSPIN_LOCK lock;
  KIRQL in_finally = 0xFF;
  ULONG order = 0;
  NTSTATUS code = STATUS_SUCCESS;
  KeInitializeSpinLock(&lock);
  __try {
    Middle(&order, &lock, &in_finally);
    order = 0;
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    order = order * 10 + 3;
    code = GetExceptionCode();
  }
  CHECK(Result, order == 123);
  CHECK(Result, code == STATUS_DEVICE_DATA_ERROR);
  CHECK(Result, in_finally == DISPATCH_LEVEL);
  CHECK(Result, KeGetCurrentIrql() == PASSIVE_LEVEL);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  GUEST_RESULT result = {0, 0, 0};
  UNREFERENCED_PARAMETER(RegistryPath);
  TestOrdinary(&result);
  TestFault(&result);
  TestIrql(&result);
  TestAcrossFunctions(&result);
  DriverObject->DriverUnload = GuestUnload;
  return GuestStatus(&result);
}
