// Exceptions inside handlers: in a filter, in a __finally that runs because of another one, in an __except block.
// Reports through DriverEntry's status, see GuestStatus.
#include "seh.h"

static ULONG order;
static VOID Note(ULONG Step) {
  order = order * 10 + Step;
}

static volatile BOOLEAN always = TRUE;

/// A raise of which the compiler does not know that it never returns: it would leave out the scopes around it.
static __attribute__((noinline)) VOID RaiseAlways(NTSTATUS Status) {
  if (always) ExRaiseStatus(Status);
}

/// The store keeps the return address off the next call, where clang's scope tables overlap by a byte.
#define Raise(Status)    \
  do {                   \
    RaiseAlways(Status); \
    always = TRUE;       \
  } while (0)

static __attribute__((noinline)) VOID RaiseInFinally(VOID) {
  __try {
    __try {
      Raise(STATUS_DEVICE_DATA_ERROR);
    } __finally {
      Note(1);
      Raise(STATUS_DEVICE_NOT_READY);
    }
  } __finally {
    Note(2);
  }
}

/// The second exception takes the place of the first: each __finally still runs once.
static VOID TestRaiseInFinally(GUEST_RESULT* Result) {
  NTSTATUS code = STATUS_SUCCESS;
  order = 0;
  __try {
    __try {
      RaiseInFinally();
      always = TRUE;
    } __finally {
      Note(3);
    }
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    code = GetExceptionCode();
    Note(4);
  }
  CHECK(Result, order == 1234);
  CHECK(Result, code == STATUS_DEVICE_NOT_READY);
}

/// The same, caught on the way: the first unwind never reaches its own goal.
static VOID TestCaughtHalfway(GUEST_RESULT* Result) {
  NTSTATUS code = STATUS_SUCCESS;
  order = 0;
  __try {
    __try {
      RaiseInFinally();
    } __except (GetExceptionCode() == STATUS_DEVICE_NOT_READY) {
      code = GetExceptionCode();
      Note(3);
    }
    Note(4);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    Note(9);
  }
  CHECK(Result, order == 1234);
  CHECK(Result, code == STATUS_DEVICE_NOT_READY);
}

static __attribute__((noinline)) LONG FilterThatCatches(VOID) {
  LONG verdict = EXCEPTION_CONTINUE_SEARCH;
  __try {
    *(volatile ULONG*)SEH_UNMAPPED = 1;
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    Note(1);
    verdict = EXCEPTION_EXECUTE_HANDLER;
  }
  return verdict;
}

/// A filter may use exceptions of its own.
static VOID TestFilterThatCatches(GUEST_RESULT* Result) {
  NTSTATUS code = STATUS_SUCCESS;
  order = 0;
  __try {
    Raise(STATUS_DEVICE_DATA_ERROR);
  } __except (FilterThatCatches()) {
    code = GetExceptionCode();
    Note(2);
  }
  CHECK(Result, order == 12);
  CHECK(Result, code == STATUS_DEVICE_DATA_ERROR);
}

static VOID TestRaiseInHandler(GUEST_RESULT* Result) {
  NTSTATUS code = STATUS_SUCCESS;
  order = 0;
  __try {
    __try {
      Raise(STATUS_DEVICE_DATA_ERROR);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
      Note(1);
      Raise(STATUS_DEVICE_NOT_READY);
    }
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    Note(2);
    code = GetExceptionCode();
  }
  CHECK(Result, order == 12);
  CHECK(Result, code == STATUS_DEVICE_NOT_READY);
}

/// An exception that begins and ends inside a __finally leaves the unwind that runs it alone.
static VOID TestWholeExceptionInFinally(GUEST_RESULT* Result) {
  NTSTATUS code = STATUS_SUCCESS;
  order = 0;
  __try {
    __try {
      __try {
        Raise(STATUS_DEVICE_DATA_ERROR);
      } __finally {
        Note(1);
        FilterThatCatches();
      }
    } __finally {
      Note(2);
    }
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    Note(3);
    code = GetExceptionCode();
  }
  CHECK(Result, order == 1123);
  CHECK(Result, code == STATUS_DEVICE_DATA_ERROR);
}

static __attribute__((noinline)) VOID RaiseDeep(ULONG Depth) {
  volatile UCHAR frame[256];
  frame[0] = (UCHAR)Depth;
  if (Depth == 0) Raise(STATUS_DEVICE_DATA_ERROR);
  __try {
    RaiseDeep(Depth - 1);
    always = TRUE;
  } __finally {
    order += frame[0];
  }
}

/// Many times, and from a deep stack: nothing may be left behind on either stack.
static VOID TestManyTimes(GUEST_RESULT* Result) {
  ULONG caught = 0;
  for (ULONG i = 0; i < 500; ++i) {
    order = 0;
    __try {
      RaiseDeep(10);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
      caught += order == 55;
    }
  }
  CHECK(Result, caught == 500);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  GUEST_RESULT result = {0, 0, 0};
  UNREFERENCED_PARAMETER(RegistryPath);
  TestRaiseInFinally(&result);
  TestCaughtHalfway(&result);
  TestFilterThatCatches(&result);
  TestRaiseInHandler(&result);
  TestWholeExceptionInFinally(&result);
  TestManyTimes(&result);
  DriverObject->DriverUnload = GuestUnload;
  return GuestStatus(&result);
}
