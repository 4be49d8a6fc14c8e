// Filters that look away or mend the matter: EXCEPTION_CONTINUE_SEARCH, EXCEPTION_CONTINUE_EXECUTION, leaving a block
// by return. Reports through DriverEntry's status, see GuestStatus.
#include "seh.h"

static ULONG order;
static VOID Note(ULONG Step) {
  order = order * 10 + Step;
}

static ULONG good = 0x600D;

static LONG MendRcx(PVOID Pointers) {
  EXCEPTION_POINTERS* pointers = (EXCEPTION_POINTERS*)Pointers;
  Note(1);
  if (pointers->ContextRecord->Rcx != (ULONG64)SEH_UNMAPPED) return EXCEPTION_EXECUTE_HANDLER;
  pointers->ContextRecord->Rcx = (ULONG64)&good;
  return EXCEPTION_CONTINUE_EXECUTION;
}

static __attribute__((noinline)) ULONG ReadThroughRcx(PVOID Address) {
  ULONG value;
  __asm__ __volatile__("movl (%%rcx), %%eax" : "=a"(value) : "c"(Address) : "memory");
  return value;
}

/// The instruction runs again with the registers that the filter left.
static VOID TestContinueExecution(GUEST_RESULT* Result) {
  ULONG value = 0;
  order = 0;
  __try {
    value = ReadThroughRcx(SEH_UNMAPPED);
    Note(2);
  } __except (MendRcx(GetExceptionInformation())) {
    Note(9);
  }
  CHECK(Result, order == 12);
  CHECK(Result, value == 0x600D);
}

static LONG LookAway(ULONG Step) {
  Note(Step);
  return EXCEPTION_CONTINUE_SEARCH;
}

static VOID TestContinueSearch(GUEST_RESULT* Result) {
  order = 0;
  __try {
    __try {
      __try {
        ExRaiseStatus(STATUS_DEVICE_DATA_ERROR);
      } __except (LookAway(1)) {
        Note(9);
      }
    } __except (LookAway(2)) {
      Note(9);
    }
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    Note(3);
  }
  CHECK(Result, order == 123);
}

static __attribute__((noinline)) ULONG ReturnFromTry(void) {
  __try {
    Note(1);
    return 7;
  } __finally {
    Note(2);
  }
}

static VOID TestReturnFromTry(GUEST_RESULT* Result) {
  order = 0;
  CHECK(Result, ReturnFromTry() == 7);
  CHECK(Result, order == 12);
}

static __attribute__((noinline)) ULONG Divide(ULONG By) {
  ULONG quotient = 100, rest = 0;
  __asm__ __volatile__("divl %2" : "+a"(quotient), "+d"(rest) : "r"(By) : "cc");
  return quotient;
}

static __attribute__((noinline)) VOID NoInstruction(VOID) {
  __asm__ __volatile__("ud2" ::: "memory");
}

static VOID TestProcessorExceptions(GUEST_RESULT* Result) {
  NTSTATUS code = STATUS_SUCCESS;
  ULONG quotient = 0;
  __try {
    quotient = Divide(0);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    code = GetExceptionCode();
  }
  CHECK(Result, code == STATUS_INTEGER_DIVIDE_BY_ZERO);
  CHECK(Result, quotient == 0);
  __try {
    NoInstruction();
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    code = GetExceptionCode();
  }
  CHECK(Result, code == STATUS_ILLEGAL_INSTRUCTION);
}

/// An address that is not canonical faults without telling which it was.
static VOID TestNotCanonical(GUEST_RESULT* Result) {
  SEH_SEEN seen = {0};
  __try {
    good = ReadThroughRcx((PVOID)0x8000123412341234ull);
  } __except (SEH_FILTER(&seen)) {
    Note(1);
  }
  CHECK(Result, seen.Code == STATUS_ACCESS_VIOLATION);
  CHECK(Result, seen.Information[1] == ~(ULONG_PTR)0);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  GUEST_RESULT result = {0, 0, 0};
  UNREFERENCED_PARAMETER(RegistryPath);
  TestContinueExecution(&result);
  TestContinueSearch(&result);
  TestReturnFromTry(&result);
  TestProcessorExceptions(&result);
  TestNotCanonical(&result);
  DriverObject->DriverUnload = GuestUnload;
  return GuestStatus(&result);
}
